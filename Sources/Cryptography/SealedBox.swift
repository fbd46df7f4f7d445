import COpenSSL

/// A sealed value did not open, or could not be sealed.
package enum SealingError: Error, Equatable, Sendable {
    /// The ring has no key of this id.
    case unknownKey(String)
    /// Wrong key, other row, or changed bytes.
    case notAuthentic
}

/// One key of AES-256-GCM over whole values: 12 bytes of random nonce, the ciphertext, 16 bytes of tag. Safe to share
/// between threads.
final class SealedBox: Sendable {
    static let nonceLength = NonceSource.length
    static let tagLength = 16
    /// By how many bytes a sealed value is longer than a plain one.
    static let overhead = nonceLength + tagLength

    /// Ends the associated data of every value: `|` and the key's id.
    private let ending: [UInt8]
    private let sealing: ContextPool<CipherContext>
    private let opening: ContextPool<CipherContext>

    init(keyID: String, key: [UInt8]) {
        precondition(key.count == 32, "an AES-256 key has 32 bytes, not \(key.count)")
        ending = Array("|\(keyID)".utf8)
        sealing = ContextPool { CipherContext(key: key, seals: true) }
        opening = ContextPool { CipherContext(key: key, seals: false) }
    }

    /// Runs `body` with a sealer of this key that nobody else has meanwhile.
    func withSealer<Result>(_ body: (borrowing Sealer) -> Result) -> Result {
        sealing.withContext { body(Sealer(context: $0, ending: ending)) }
    }

    func open(_ sealed: [UInt8], associated: String) throws(SealingError) -> [UInt8] {
        guard sealed.count >= Self.overhead else { throw .notAuthentic }
        var associated = associated
        let plain = associated.withUTF8 { associated in
            opening.withContext { $0.open(sealed, associated, ending) }
        }
        guard let plain else { throw .notAuthentic }
        return plain
    }
}

/// Seals values one after the other, each where it is wanted.
package struct Sealer: ~Copyable {
    /// By how many bytes a sealed value is longer than a plain one.
    package static let overhead = SealedBox.overhead

    fileprivate let context: CipherContext
    fileprivate let ending: [UInt8]

    /// Seals `plain` so that it opens only with the same `associated` text.
    ///
    /// - Parameter sealed: as long as `plain` and the overhead together.
    package func seal(_ plain: [UInt8], associated: String, into sealed: UnsafeMutableBufferPointer<UInt8>) {
        precondition(sealed.count == plain.count + Self.overhead, "a sealed value has a length of its own")
        var associated = associated
        associated.withUTF8 { context.seal(plain, $0, ending, into: sealed) }
    }
}

/// OpenSSL's context with a key set up: each value only sets its nonce.
private final class CipherContext: @unchecked Sendable {
    // Sendable although nothing in it is: the pool hands it to one thread at a time.
    private let context: OpaquePointer
    private var nonces = NonceSource()

    init(key: [UInt8], seals: Bool) {
        guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("OpenSSL has no memory for a cipher") }
        self.context = context
        let algorithm = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
        defer { EVP_CIPHER_free(algorithm) }
        let isReady = EVP_CipherInit_ex2(context, algorithm, key, nil, seals ? 1 : 0, nil) == 1
        precondition(isReady, "OpenSSL has no AES-256-GCM")
    }

    deinit {
        EVP_CIPHER_CTX_free(context)
    }

    func seal(
        _ plain: [UInt8],
        _ associated: UnsafeBufferPointer<UInt8>,
        _ ending: [UInt8],
        into sealed: UnsafeMutableBufferPointer<UInt8>
    ) {
        guard let nonce = sealed.baseAddress else { return }
        let cipher = nonce + SealedBox.nonceLength
        let tag = cipher + plain.count
        nonces.next(into: nonce)
        var written: Int32 = 0
        var end: Int32 = 0
        let isSealed =
            EVP_CipherInit_ex2(context, nil, nil, nonce, -1, nil) == 1
            && associate(associated, ending)
            && (plain.isEmpty || EVP_CipherUpdate(context, cipher, &written, plain, Int32(plain.count)) == 1)
            && EVP_CipherFinal_ex(context, tag, &end) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(SealedBox.tagLength), tag) == 1
        precondition(isSealed && Int(written) == plain.count, "OpenSSL sealed nothing")
    }

    /// Nil unless everything is as it was sealed.
    func open(_ sealed: [UInt8], _ associated: UnsafeBufferPointer<UInt8>, _ ending: [UInt8]) -> [UInt8]? {
        let size = sealed.count - SealedBox.overhead
        var isOpened = false
        let plain = [UInt8](unsafeUninitializedCapacity: size) { plain, count in
            isOpened = sealed.withUnsafeBufferPointer { sealed in
                guard let nonce = sealed.baseAddress else { return false }
                let cipher = nonce + SealedBox.nonceLength
                let tag = UnsafeMutablePointer(mutating: cipher + size)
                var end: Int32 = 0
                return EVP_CipherInit_ex2(context, nil, nil, nonce, -1, nil) == 1
                    && associate(associated, ending)
                    && (size == 0 || EVP_CipherUpdate(context, plain.baseAddress, &end, cipher, Int32(size)) == 1)
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(SealedBox.tagLength), tag) == 1
                    && EVP_CipherFinal_ex(context, nil, &end) == 1
            }
            count = isOpened ? size : 0
        }
        return isOpened ? plain : nil
    }

    private func associate(_ text: UnsafeBufferPointer<UInt8>, _ ending: [UInt8]) -> Bool {
        var length: Int32 = 0
        return (text.isEmpty || EVP_CipherUpdate(context, nil, &length, text.baseAddress, Int32(text.count)) == 1)
            && EVP_CipherUpdate(context, nil, &length, ending, Int32(ending.count)) == 1
    }
}
