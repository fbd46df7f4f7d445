import CLibrdkafka
import SessionCore

extension SourceRecord {
    private static let traceparentBytesMax = 64

    /// Copies a message of librdkafka's, which stays the caller's to destroy. nil for one without a topic.
    ///
    /// It must be librdkafka's own pointer: the headers lie beside the struct, where a copy of it has none.
    init?(reading message: UnsafePointer<rd_kafka_message_t>) {
        guard let topic = rd_kafka_topic_name(message.pointee.rkt) else { return nil }
        let position = RecordPosition(
            topic: String(cString: topic),
            partition: message.pointee.partition,
            offset: message.pointee.offset
        )
        self.init(
            position: position,
            key: bytes(message.pointee.key, message.pointee.key_len),
            value: bytes(message.pointee.payload, message.pointee.len),
            traceparent: Self.traceparent(of: message)
        )
    }

    private static func traceparent(of message: UnsafePointer<rd_kafka_message_t>) -> String? {
        var headers: OpaquePointer?
        // The headers stay the message's.
        guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR, let headers else { return nil }
        var value: UnsafeRawPointer?
        var size = 0
        guard rd_kafka_header_get_last(headers, "traceparent", &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let value, (1...traceparentBytesMax).contains(size)
        else { return nil }
        let text = UnsafeRawBufferPointer(start: value, count: size)
        guard text.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return String(decoding: text, as: UTF8.self)
    }
}

/// A copy of a C buffer; nil for none.
func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
    start.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) }
}
