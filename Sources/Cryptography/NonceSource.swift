import COpenSSL
import Glibc
import Synchronization

/// Random 96-bit nonces, fetched many at a time: each call of OpenSSL's generator costs as much as sealing a value.
///
/// This is as good as a call per nonce: the bytes come from the same generator, each is used once and by one owner, and
/// a nonce may be known to anyone, so that holding some in advance gives nothing away. What would repeat them is a copy
/// of the process: after a fork the child throws away what it inherited.
struct NonceSource {
    static let length = 12
    private static let blockLength = 341 * length

    private var block: [UInt8] = []
    private var used = 0
    private var forks = -1

    /// Writes the next nonce to `nonce`, which has room for 12 bytes.
    mutating func next(into nonce: UnsafeMutablePointer<UInt8>) {
        if used == block.count || forks != Forks.count {
            forks = Forks.count
            block = secureRandomBytes(Self.blockLength)
            used = 0
        }
        block.withUnsafeBufferPointer { block in
            guard let start = block.baseAddress else { preconditionFailure("a block has nonces") }
            nonce.update(from: start + used, count: Self.length)
        }
        used += Self.length
    }
}

/// How many forks lie between the first use and this process.
private enum Forks {
    private static let counter = Atomic<Int>(0)
    private static let isCounting: Bool = {
        _ = counter.load(ordering: .relaxed)
        return pthread_atfork(nil, nil, { Forks.note() }) == 0
    }()

    static var count: Int {
        precondition(isCounting, "pthread_atfork has no memory")
        return counter.load(ordering: .relaxed)
    }

    private static func note() {
        counter.add(1, ordering: .relaxed)
    }
}
