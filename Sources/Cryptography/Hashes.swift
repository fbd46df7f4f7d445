import COpenSSL

/// Hashes, by OpenSSL.
package enum Hashes {
    /// 32 bytes.
    package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        digest(.sha256) { $0.add(bytes) }
    }

    /// 48 bytes.
    package static func sha384(_ bytes: [UInt8]) -> [UInt8] {
        digest(.sha384) { $0.add(bytes) }
    }

    /// The SHA-384 of what `feed` hands over: 96 lower-case hexadecimal digits.
    package static func sha384Digits(_ feed: (borrowing HashInput) -> Void) -> String {
        withSHA384(feed) { hexDigits($0) }
    }

    /// Whether `digits` are the SHA-384 of what `feed` hands over, in hexadecimal digits of either case. Compares in a
    /// time that depends on the lengths only.
    package static func isSHA384(_ digits: UnsafeRawBufferPointer, of feed: (borrowing HashInput) -> Void) -> Bool {
        withSHA384(feed) { digest in
            guard digits.count == 2 * digest.count else { return false }
            var difference: UInt8 = 0
            for index in digest.indices {
                difference |= hexDigit(digest[index] >> 4) ^ lowercase(digits[2 * index])
                difference |= hexDigit(digest[index] & 15) ^ lowercase(digits[2 * index + 1])
            }
            return difference == 0
        }
    }

    private static func withSHA384<Result>(
        _ feed: (borrowing HashInput) -> Void,
        _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: HashAlgorithm.sha384.length) { digest in
            guard let start = digest.baseAddress else { preconditionFailure("48 bytes have an address") }
            HashAlgorithm.sha384.digest(into: start, feed)
            return body(UnsafeBufferPointer(digest))
        }
    }

    /// HMAC-SHA-256: 32 bytes.
    package static func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        MessageCode(key: key).code(of: bytes)
    }

    private static func digest(_ algorithm: HashAlgorithm, _ feed: (borrowing HashInput) -> Void) -> [UInt8] {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: algorithm.length) { digest in
            guard let start = digest.baseAddress else { return [] }
            algorithm.digest(into: start, feed)
            return Array(UnsafeBufferPointer(digest))
        }
    }
}

extension [UInt8] {
    /// Lower-case hexadecimal digits.
    package var hex: String {
        withUnsafeBufferPointer(hexDigits)
    }
}

private func hexDigits(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
        for index in bytes.indices {
            text[2 * index] = hexDigit(bytes[index] >> 4)
            text[2 * index + 1] = hexDigit(bytes[index] & 15)
        }
        return 2 * bytes.count
    }
}

private func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 + value : 0x61 + value - 10
}

/// Without a branch that would depend on the byte.
@inline(__always)
private func lowercase(_ byte: UInt8) -> UInt8 {
    byte &+ (byte &- 0x41 < 26 ? 0x20 : 0)
}

/// Compares in a time that depends on the lengths only.
package func isEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}

/// Bytes from the system's generator, fit for keys and nonces.
package func secureRandomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    precondition(RAND_bytes(&bytes, Int32(count)) == 1, "OpenSSL has no random bytes")
    return bytes
}
