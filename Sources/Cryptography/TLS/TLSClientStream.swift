import COpenSSL

/// The client's side of TLS over a non-blocking socket. Belongs to one thread, on which SIGPIPE is blocked: OpenSSL
/// writes without MSG_NOSIGNAL.
package final class TLSClientStream {
    /// What a step came to.
    package enum Progress {
        /// This many bytes; of a handshake, none, and it is done.
        case done(Int)
        /// Nothing until the socket is readable or writable again.
        case blocked
        /// The peer said goodbye.
        case ended
        /// The connection ended without a goodbye.
        case cut
        /// The peer does not speak TLS as it should, or is not who it should be; `detail` holds no name.
        case broken(detail: String)
    }

    let ssl: OpaquePointer
    /// Whether an error was met; nothing more may be said then.
    private var isBroken = false

    init(ssl: OpaquePointer) {
        self.ssl = ssl
    }

    deinit {
        SSL_free(ssl)
    }

    /// Goes on with the handshake.
    package func handshake() -> Progress {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        return result == 1 ? .done(0) : failure(result)
    }

    /// Reads what is there, at most the buffer's size.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Progress {
        ERR_clear_error()
        let count = SSL_read(ssl, buffer.baseAddress, Int32(clamping: buffer.count))
        return count > 0 ? .done(Int(count)) : failure(count)
    }

    /// Writes a first part of `bytes`. When it is blocked, the same bytes must come again, from wherever they are then.
    package func write(_ bytes: UnsafeRawBufferPointer) -> Progress {
        ERR_clear_error()
        let count = SSL_write(ssl, bytes.baseAddress, Int32(clamping: bytes.count))
        return count > 0 ? .done(Int(count)) : failure(count)
    }

    /// Bytes that the kernel has accepted from this stream so far, handshake included.
    package var sentBytes: UInt64 {
        BIO_number_written(SSL_get_wbio(ssl))
    }

    /// Says goodbye, without waiting for the peer's.
    package func sayGoodbye() {
        guard !isBroken else { return }
        ERR_clear_error()
        SSL_shutdown(ssl)
    }

    private func failure(_ result: Int32) -> Progress {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE:
            return .blocked
        case SSL_ERROR_ZERO_RETURN:
            return .ended
        case SSL_ERROR_SYSCALL:
            isBroken = true
            return .cut
        case _:
            isBroken = true
            return brokenByError()
        }
    }

    private func brokenByError() -> Progress {
        let error = ERR_peek_error()
        let verdict = SSL_get_verify_result(ssl)
        if verdict != Int(X509_V_OK), let text = X509_verify_cert_error_string(verdict) {
            return .broken(detail: "the server's certificate is refused: \(String(cString: text))")
        }
        if ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING { return .cut }
        guard let text = ERR_reason_error_string(error) else { return .broken(detail: "TLS failed") }
        return .broken(detail: "TLS failed: \(String(cString: text))")
    }
}
