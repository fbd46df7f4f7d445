import Cryptography
import SessionCore

/// What each sealed value is bound to, so that it opens in its own row only. The key ring adds the key's id.
enum Seals {
    /// A job's body.
    static func body(of order: Order, generation: Int32) -> String {
        SealText.make("job_body", room: order.account.utf8.count + order.orderID.utf8.count) { text in
            text.add(order.account)
            text.add(order.orderID)
            text.add(Int64(generation))
        }
    }

    /// A result's value. The id is derived from account, order and generation, or from the record answered.
    static func result(_ id: ResultID, orderID: String, generation: Int32) -> String {
        SealText.make("result", room: orderID.utf8.count) { text in
            text.add(orderID)
            text.add(Int64(generation))
            text.add(id)
        }
    }

    /// An event's value. The id is derived from account, order and what was told.
    static func event(_ id: ResultID, orderID: String) -> String {
        SealText.make("event", room: orderID.utf8.count) { text in
            text.add(orderID)
            text.add(id)
        }
    }

    /// A quarantined value.
    static func quarantine(_ record: RecordPosition) -> String {
        SealText.make("quarantine", room: record.topic.utf8.count) { text in
            text.add(record.topic)
            text.add(Int64(record.partition))
            text.add(record.offset)
        }
    }
}

extension Sequence<SealedValue?> {
    /// The ids of the keys that sealed them, for a line of the log; `none` stands for what is not there.
    var keyIDs: String {
        Set(map { $0?.keyID ?? "none" }).sorted().joined(separator: ",")
    }
}

/// Parts with `|` between them, written in one go: there are two such texts a job.
private struct SealText {
    private var next: UnsafeMutablePointer<UInt8>

    /// - Parameters:
    ///   - kind: the first part.
    ///   - room: bytes of the texts that `fill` adds; for two numbers and an id there is room besides.
    static func make(_ kind: StaticString, room: Int, _ fill: (inout SealText) -> Void) -> String {
        let fixed = 2 * (1 + DecimalText.bytesMax) + 1 + ResultID.textBytes
        // Two separators for the texts.
        return String(unsafeUninitializedCapacity: kind.utf8CodeUnitCount + room + 2 + fixed) { output in
            guard let start = output.baseAddress else { return 0 }
            var text = SealText(next: start)
            text.copy(UnsafeBufferPointer(start: kind.utf8Start, count: kind.utf8CodeUnitCount))
            fill(&text)
            precondition(text.next <= start + output.count, "the seal's room was too small")
            return text.next - start
        }
    }

    mutating func add(_ part: String) {
        var part = part
        separate()
        part.withUTF8 { copy($0) }
    }

    mutating func add(_ number: Int64) {
        separate()
        next += DecimalText.write(number, to: next)
    }

    mutating func add(_ id: ResultID) {
        separate()
        id.writeText(to: next)
        next += ResultID.textBytes
    }

    private mutating func separate() {
        next.pointee = UInt8(ascii: "|")
        next += 1
    }

    private mutating func copy(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        next.update(from: start, count: bytes.count)
        next += bytes.count
    }
}
