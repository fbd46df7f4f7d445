import CLibcurl

/// What libcurl's error codes are called in answers. Whether something was sent is not read from here.
enum CurlFailure {
    static func name(_ code: CURLcode) -> String {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: "dns"
        case CURLE_COULDNT_CONNECT: "connect"
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_ENGINE_INITFAILED:
            "tls"
        case CURLE_OPERATION_TIMEDOUT: "timeout"
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR: "reset"
        case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND: "eof"
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: "not_http"
        case CURLE_UNSUPPORTED_PROTOCOL: "protocol"
        case CURLE_URL_MALFORMAT: "url_malformed"
        case CURLE_OUT_OF_MEMORY: "memory"
        default: "curl_\(code.rawValue)"
        }
    }

    /// libcurl's own fixed words: no host, no URL.
    static func detail(_ code: CURLcode) -> String {
        curl_easy_strerror(code).map { String(cString: $0) } ?? "libcurl error \(code.rawValue)"
    }
}
