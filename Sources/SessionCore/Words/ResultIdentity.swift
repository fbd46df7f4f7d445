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
        identify([
            Array("result".utf8), Array(order.account.utf8), Array(order.orderID.utf8), decimal(Int64(generation)),
        ])
    }

    /// The id of the answer to a record that changed no order.
    package func answer(to record: RecordPosition) -> ResultID {
        identify([
            Array("answer".utf8), Array(record.topic.utf8), decimal(Int64(record.partition)), decimal(record.offset),
        ])
    }

    /// UUID version 8 (RFC 9562) over length-prefixed parts, so that no two lists of parts hash alike.
    private func identify(_ parts: [[UInt8]]) -> ResultID {
        var message: [UInt8] = []
        for part in parts {
            withUnsafeBytes(of: UInt32(part.count).bigEndian) { message.append(contentsOf: $0) }
            message.append(contentsOf: part)
        }
        var bytes = Array(sha256(message).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        return ResultID(bytes: bytes)
    }

    private func decimal(_ value: Int64) -> [UInt8] {
        Array(String(value).utf8)
    }
}
