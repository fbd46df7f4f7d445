import COpenSSL
import Glibc

/// A hash algorithm, fetched from OpenSSL once, and the context that each thread keeps for it: fetching and allocating
/// would cost as much as hashing what Usher hashes.
struct HashAlgorithm: @unchecked Sendable {
    // Sendable although it holds a pointer: a fetched algorithm never changes and may be used by all threads.
    private let algorithm: OpaquePointer
    private let slot: pthread_key_t
    /// Bytes of a digest.
    let length: Int

    static let sha256 = HashAlgorithm("SHA2-256", length: 32)
    static let sha384 = HashAlgorithm("SHA2-384", length: 48)

    private init(_ name: String, length: Int) {
        guard let algorithm = EVP_MD_fetch(nil, name, nil) else { preconditionFailure("OpenSSL has no \(name)") }
        var slot = pthread_key_t()
        let isMade = pthread_key_create(&slot) { EVP_MD_CTX_free(OpaquePointer($0)) } == 0
        precondition(isMade, "the process has too many pthread keys")
        self.algorithm = algorithm
        self.slot = slot
        self.length = length
    }

    /// Hashes what `feed` hands over into `digest`, which has room for `length` bytes.
    func digest(into digest: UnsafeMutablePointer<UInt8>, _ feed: (borrowing HashInput) -> Void) {
        let context = takeContext()
        defer { keep(context) }
        precondition(EVP_DigestInit_ex2(context, algorithm, nil) == 1, "OpenSSL starts no digest")
        feed(HashInput(context: context))
        var written: UInt32 = 0
        let isDone = EVP_DigestFinal_ex(context, digest, &written) == 1
        precondition(isDone && Int(written) == length, "OpenSSL made no digest")
    }

    /// The thread's context. It is taken out of its place, so that a hash inside `feed` gets another one.
    private func takeContext() -> OpaquePointer {
        if let kept = pthread_getspecific(slot) {
            pthread_setspecific(slot, nil)
            return OpaquePointer(kept)
        }
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("OpenSSL has no memory for a digest") }
        return context
    }

    private func keep(_ context: OpaquePointer) {
        if let other = pthread_getspecific(slot) { EVP_MD_CTX_free(OpaquePointer(other)) }
        pthread_setspecific(slot, UnsafeRawPointer(context))
    }
}

/// Takes the pieces of what is hashed, one after the other.
package struct HashInput: ~Copyable {
    fileprivate let context: OpaquePointer

    fileprivate init(context: OpaquePointer) {
        self.context = context
    }

    package func add(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { add($0) }
    }

    package func add(_ bytes: UnsafeBufferPointer<UInt8>) {
        add(UnsafeRawBufferPointer(bytes))
    }

    /// The text's UTF-8.
    package func add(_ text: String) {
        var text = text
        text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }

    /// Plain decimal.
    package func add(_ number: Int64) {
        add(String(number))
    }

    package func add(_ secret: Secret) {
        secret.withBytes { add($0) }
    }

    private func add(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "OpenSSL took no bytes")
    }
}
