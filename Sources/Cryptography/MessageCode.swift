import COpenSSL

/// HMAC-SHA-256 with one key, whose setting up is done once.
struct MessageCode: Sendable {
    static let length = 32
    private let contexts: ContextPool<Context>

    init(key: [UInt8]) {
        contexts = ContextPool { Context(key: key) }
    }

    /// 32 bytes.
    func code(of bytes: [UInt8]) -> [UInt8] {
        contexts.withContext { $0.code(of: bytes) }
    }

    private final class Context: @unchecked Sendable {
        // Sendable although OpenSSL's context is not: the pool hands it to one thread at a time.
        private let context: OpaquePointer

        init(key: [UInt8]) {
            let algorithm = EVP_MAC_fetch(nil, "HMAC", nil)
            defer { EVP_MAC_free(algorithm) }
            guard let context = EVP_MAC_CTX_new(algorithm) else { preconditionFailure("OpenSSL has no HMAC") }
            self.context = context
            var name = Array("SHA2-256".utf8CString)
            let isReady = name.withUnsafeMutableBufferPointer { name in
                let parameters = [
                    OSSL_PARAM_construct_utf8_string("digest", name.baseAddress, 0), OSSL_PARAM_construct_end(),
                ]
                return EVP_MAC_init(context, key, key.count, parameters) == 1
            }
            precondition(isReady, "OpenSSL takes no HMAC key")
        }

        deinit {
            EVP_MAC_CTX_free(context)
        }

        func code(of bytes: [UInt8]) -> [UInt8] {
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: MessageCode.length) { code in
                var count = 0
                // Without a key it starts again with the one it has.
                let isMade =
                    EVP_MAC_init(context, nil, 0, nil) == 1
                    && EVP_MAC_update(context, bytes, bytes.count) == 1
                    && EVP_MAC_final(context, code.baseAddress, &count, MessageCode.length) == 1
                precondition(isMade && count == MessageCode.length, "OpenSSL made no HMAC")
                return Array(UnsafeBufferPointer(code))
            }
        }
    }
}
