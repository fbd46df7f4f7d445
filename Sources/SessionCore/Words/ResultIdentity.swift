/// SHA-256 of bytes, 32 of them. Injected, because this module holds no cryptography.
package typealias SHA256 = @Sendable ([UInt8]) -> [UInt8]

/// Derives result ids, so that whoever writes a result again writes the same id.
package struct ResultIdentity: Sendable {
    private let sha256: SHA256

    package init(sha256: @escaping SHA256) {
        self.sha256 = sha256
    }

    /// The id of the one result of an (order, generation).
    package func result(of order: Order, generation: Int32) -> ResultID {
        identify("result", order.account, order.orderID, String(generation))
    }

    /// The id of the answer to a record that changed no order. A record that was rejected may be read again and be
    /// judged by other settings: its other answer has another id.
    package func answer(_ outcome: ResultOutcome, to record: RecordPosition) -> ResultID {
        identify([
            Array("answer".utf8), Array(record.topic.utf8), Array(String(record.partition).utf8),
            Array(String(record.offset).utf8), Array(outcome.rawValue.utf8),
        ])
    }

    /// The id of what the provider told of a transaction: one a status that the transaction comes to.
    package func event(of order: Order, tid: Int64, status: String) -> ResultID {
        identify([
            Array("transaction".utf8), Array(order.account.utf8), Array(order.orderID.utf8), Array(String(tid).utf8),
            Array(status.utf8),
        ])
    }

    /// The id of what the provider told of a session without a transaction. `token` tells the order's sessions apart,
    /// where the provider names it.
    package func event(of order: Order, session token: [UInt8], status: String) -> ResultID {
        identify([
            Array("session".utf8), Array(order.account.utf8), Array(order.orderID.utf8), token, Array(status.utf8),
        ])
    }

    /// UUID version 8 (RFC 9562) over length-prefixed parts, so that no two lists of parts hash alike.
    private func identify(_ kind: String, _ first: String, _ second: String, _ third: String) -> ResultID {
        var message: [UInt8] = []
        message.reserveCapacity(
            16 + kind.utf8.count + first.utf8.count + second.utf8.count + third.utf8.count
        )
        Self.append(kind, to: &message)
        Self.append(first, to: &message)
        Self.append(second, to: &message)
        Self.append(third, to: &message)
        return identify(hashing: message)
    }

    /// The same of any number of parts.
    private func identify(_ parts: [[UInt8]]) -> ResultID {
        var message: [UInt8] = []
        for part in parts { Self.append(part, to: &message) }
        return identify(hashing: message)
    }

    private func identify(hashing message: [UInt8]) -> ResultID {
        let digest = sha256(message)
        return ResultID(
            high: Self.word(digest, at: 0) & ~0xF000 | 0x8000,
            low: Self.word(digest, at: 8) & ~(0xC0 << 56) | 0x80 << 56
        )
    }

    private static func append(_ part: String, to message: inout [UInt8]) {
        append(part.utf8, to: &message)
    }

    @inline(__always)
    private static func append(_ part: some Collection<UInt8>, to message: inout [UInt8]) {
        let length = UInt32(part.count)
        for shift in [24, 16, 8, 0] as [UInt32] { message.append(UInt8(truncatingIfNeeded: length >> shift)) }
        message.append(contentsOf: part)
    }

    private static func word(_ digest: [UInt8], at offset: Int) -> UInt64 {
        digest[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
