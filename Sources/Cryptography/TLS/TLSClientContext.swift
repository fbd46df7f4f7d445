import COpenSSL

/// Which authorities are trusted, and how TLS is spoken: TLS 1.2 or newer, every certificate checked.
package final class TLSClientContext: @unchecked Sendable {
    // `@unchecked`: an SSL_CTX counts its references atomically, and nothing changes it after `init`.
    private let context: OpaquePointer

    /// With a PEM file of authorities, or the system's. Nil when they cannot be read; reads files, so it may block.
    package init?(authorityFile: String?) {
        guard let context = SSL_CTX_new(TLS_client_method()) else { return nil }
        self.context = context
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        usher_tls_move_freely(context)
        usher_tls_forbid_renegotiation(context)
        let protocols = [8] + Array("http/1.1".utf8)
        // Zero is success here.
        guard usher_tls_require_1_2(context) == 1,
            SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count)) == 0
        else { return nil }
        let isTrusting =
            if let authorityFile {
                SSL_CTX_load_verify_locations(context, authorityFile, nil) == 1
            } else {
                SSL_CTX_set_default_verify_paths(context) == 1
            }
        guard isTrusting else { return nil }
    }

    deinit {
        SSL_CTX_free(context)
    }

    /// A connection over `descriptor` to the server of that name or address, which its certificate must be for.
    /// `session` is one of an earlier connection to the same server. Nil when OpenSSL has no memory.
    package func connect(_ descriptor: Int32, host: String, session: TLSClientSession?) -> TLSClientStream? {
        guard let ssl = SSL_new(context) else { return nil }
        let stream = TLSClientStream(ssl: ssl)
        guard SSL_set_fd(ssl, descriptor) == 1, let parameters = SSL_get0_param(ssl) else { return nil }
        SSL_set_connect_state(ssl)
        // An address is no name: it is not sent as one, and is compared with the certificate's addresses.
        if X509_VERIFY_PARAM_set1_ip_asc(parameters, host) != 1 {
            X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            guard X509_VERIFY_PARAM_set1_host(parameters, host, 0) == 1, usher_tls_name_server(ssl, host) == 1 else {
                return nil
            }
        }
        if let session { SSL_set_session(ssl, session.pointer) }
        return stream
    }
}

/// What a later connection to the same server can begin from. Belongs to one thread.
package final class TLSClientSession {
    fileprivate let pointer: OpaquePointer

    /// Nil when the connection has none that can be resumed. A server gives it with its first bytes or after them.
    package init?(of stream: TLSClientStream) {
        guard let pointer = SSL_get1_session(stream.ssl) else { return nil }
        self.pointer = pointer
        guard SSL_SESSION_is_resumable(pointer) == 1 else { return nil }
    }

    deinit {
        SSL_SESSION_free(pointer)
    }
}
