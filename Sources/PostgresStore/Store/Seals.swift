import SessionCore

/// What each sealed value is bound to, so that it opens in its own row only. The key ring adds the key's id.
enum Seals {
    /// A job's body.
    static func body(of order: Order, generation: Int32) -> String {
        joined("job_body", order.account, order.orderID, String(generation))
    }

    /// A result's value. The id is derived from account, order and generation, or from the record answered.
    static func result(_ id: ResultID, orderID: String, generation: Int32) -> String {
        joined("result", orderID, String(generation), id.text)
    }

    /// An event's value. The id is derived from account, order and what was told.
    static func event(_ id: ResultID, orderID: String) -> String {
        "event|\(orderID)|\(id.text)"
    }

    /// A quarantined value.
    static func quarantine(_ record: RecordPosition) -> String {
        joined("quarantine", record.topic, String(record.partition), String(record.offset))
    }

    /// The parts with `|` between them, in one allocation.
    private static func joined(_ first: String, _ second: String, _ third: String, _ fourth: String) -> String {
        var text = ""
        text.reserveCapacity(first.utf8.count + second.utf8.count + third.utf8.count + fourth.utf8.count + 3)
        text += first
        text += "|"
        text += second
        text += "|"
        text += third
        text += "|"
        text += fourth
        return text
    }
}
