import SessionCore

/// What each sealed value is bound to, so that it opens in its own row only. The key ring adds the key's id.
enum Seals {
    /// A job's body.
    static func body(of order: Order, generation: Int32) -> String {
        "job_body|\(order.account)|\(order.orderID)|\(generation)"
    }

    /// A result's value. The id is derived from account, order and generation, or from the record answered.
    static func result(_ id: ResultID, orderID: String, generation: Int32) -> String {
        "result|\(orderID)|\(generation)|\(id.text)"
    }

    /// An event's value. The id is derived from account, order and what was told.
    static func event(_ id: ResultID, orderID: String) -> String {
        "event|\(orderID)|\(id.text)"
    }

    /// A quarantined value.
    static func quarantine(_ record: RecordPosition) -> String {
        "quarantine|\(record.topic)|\(record.partition)|\(record.offset)"
    }
}
