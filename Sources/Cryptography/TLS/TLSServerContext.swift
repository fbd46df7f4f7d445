import COpenSSL

/// A certificate or its key cannot be used.
package enum TLSFileError: Error, Equatable, Sendable, CustomStringConvertible {
    case certificate(path: String)
    case key(path: String)
    /// The key belongs to another certificate.
    case mismatch(certificate: String, key: String)

    package var description: String {
        switch self {
        case .certificate(let path):
            "\(path): holds no usable certificate; expected PEM, the server's certificate first, then its chain"
        case .key(let path):
            "\(path): holds no usable private key; expected PEM without a password"
        case .mismatch(let certificate, let key):
            "\(key): is not the key of the certificate in \(certificate)"
        }
    }
}

/// What a server shows its TLS clients: TLS 1.2 or newer, no renegotiation.
package final class TLSServerContext: @unchecked Sendable {
    // `@unchecked`: the context is not changed after it was made, and OpenSSL counts references to it atomically.
    private let context: OpaquePointer

    /// - Parameters:
    ///   - certificateFile: PEM: the server's certificate, then those that lead to its authority.
    ///   - keyFile: PEM, without a password.
    package init(certificateFile: String, keyFile: String) throws(TLSFileError) {
        guard let context = SSL_CTX_new(TLS_server_method()) else { preconditionFailure("OpenSSL has no memory") }
        self.context = context
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        // Both are macros with arguments, which Swift does not see: SSL_MODE_RELEASE_BUFFERS, SSL_OP_NO_RENEGOTIATION.
        SSL_CTX_ctrl(context, SSL_CTRL_MODE, 0x10, nil)
        SSL_CTX_set_options(context, 1 << 30)
        defer { ERR_clear_error() }
        guard SSL_CTX_use_certificate_chain_file(context, certificateFile) == 1 else {
            throw .certificate(path: certificateFile)
        }
        // A password would be asked for on the terminal.
        SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in 0 }
        guard SSL_CTX_use_PrivateKey_file(context, keyFile, SSL_FILETYPE_PEM) == 1 else {
            let reason = ERR_peek_last_error() & 0xFFF
            if reason == UInt(X509_R_KEY_VALUES_MISMATCH) {
                throw .mismatch(certificate: certificateFile, key: keyFile)
            }
            throw .key(path: keyFile)
        }
        guard SSL_CTX_check_private_key(context) == 1 else {
            throw .mismatch(certificate: certificateFile, key: keyFile)
        }
    }

    deinit {
        SSL_CTX_free(context)
    }

    /// How long from now on the server's certificate is valid; negative once it has ended.
    package var certificateEndsIn: Duration? {
        guard let certificate = SSL_CTX_get0_certificate(context), let end = X509_get0_notAfter(certificate) else {
            return nil
        }
        var days: Int32 = 0
        var seconds: Int32 = 0
        // Without a first moment it counts from now.
        guard ASN1_TIME_diff(&days, &seconds, nil, end) == 1 else { return nil }
        return .seconds(Int64(days) * 86_400 + Int64(seconds))
    }

    /// The server's end of a new connection; nil when memory is short.
    package func accept() -> TLSChannel? {
        TLSChannel(context)
    }
}

/// The server's end of one TLS connection, without its socket: bytes of the network go in and out by hand. For one
/// thread at a time.
package final class TLSChannel {
    private let session: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer

    fileprivate init?(_ context: OpaquePointer) {
        guard let session = SSL_new(context) else { return nil }
        guard let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem()) else {
            SSL_free(session)
            return nil
        }
        self.session = session
        self.incoming = incoming
        self.outgoing = outgoing
        // The session frees both from here on.
        SSL_set_bio(session, incoming, outgoing)
        SSL_set_accept_state(session)
    }

    deinit {
        SSL_free(session)
    }

    /// What came from the network.
    package func feed(_ bytes: UnsafeRawBufferPointer) {
        let written = BIO_write(incoming, bytes.baseAddress, Int32(bytes.count))
        precondition(written == Int32(bytes.count), "OpenSSL has no memory")
    }

    /// What has to go to the network.
    package func takeOutput() -> [UInt8] {
        let count = BIO_ctrl_pending(outgoing)
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            written = Int(max(0, BIO_read(outgoing, buffer.baseAddress, Int32(count))))
        }
    }

    package enum Reading: Equatable {
        /// So many bytes were written to the buffer.
        case bytes(Int)
        /// Nothing without more from the network; there may be something to send.
        case needsMore
        /// The peer said that it sends no more, or broke the protocol.
        case end
    }

    /// Shakes hands where that is due, then decrypts.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Reading {
        ERR_clear_error()
        let count = SSL_read(session, buffer.baseAddress, Int32(buffer.count))
        if count > 0 { return .bytes(Int(count)) }
        return SSL_get_error(session, count) == SSL_ERROR_WANT_READ ? .needsMore : .end
    }

    /// Encrypts; false when the connection cannot be used any more.
    package func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard !bytes.isEmpty else { return true }
        ERR_clear_error()
        return SSL_write(session, bytes.baseAddress, Int32(bytes.count)) == Int32(bytes.count)
    }

    /// Tells the peer that nothing more will come.
    package func finish() {
        guard SSL_is_init_finished(session) == 1 else { return }
        ERR_clear_error()
        SSL_shutdown(session)
        ERR_clear_error()
    }
}
