extension JobCodec {
    /// The job of a value that has no record yet: as `decode`, with the key that the record will get.
    package func decode(newValue value: [UInt8]) throws(JobRefusal) -> Job {
        do {
            // Without a key every value is refused, and the refusal tells the order.
            return try decode(key: nil, value: value)
        } catch {
            guard let order = error.order else { throw error }
            return try decode(key: Array(order.orderID.utf8), value: value)
        }
    }
}
