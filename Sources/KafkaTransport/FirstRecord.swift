import CLibrdkafka
package import SessionCore

/// What comes first from an offset of a partition on.
package enum FirstRecord: Equatable, Sendable {
    /// When it was written; nil where it carries no time that can be.
    case record(writtenAt: Timestamp?)
    /// None up to the partition's end: the offsets may be those of transactions' marks.
    case nothing
    /// Why nobody can tell.
    case unread(TransportError)
}

/// Looks at the first records of partitions, outside any group: takes nobody's partitions and commits nothing. Used on
/// the client's thread.
final class FirstRecordLook {
    /// Whoever writes a record sets its time. From this many milliseconds since 1970 on, it is none.
    private static let timeMsEnd: Int64 = 1 << 50

    private let client: ClientHandle
    private var handles: [String: OpaquePointer] = [:]
    private var started: [TopicPartition] = []

    init(_ client: ClientHandle) {
        self.client = client
    }

    /// `waitMs` is for all partitions together. Throws `TransportError` where one cannot be asked at all.
    func records(
        from offsets: [TopicPartition: Int64],
        waitMs: Int32
    ) throws(TransportError) -> [TopicPartition: FirstRecord] {
        let deadline = ContinuousClock.now + .milliseconds(waitMs)
        // All are asked before the first answer is waited for.
        for (place, offset) in offsets { try start(place, at: offset) }
        var records: [TopicPartition: FirstRecord] = [:]
        for place in started { records[place] = record(of: place, until: deadline) }
        return records
    }

    /// Call it before the client is ended.
    func close() {
        for place in started {
            if let handle = handles[place.topic] { rd_kafka_consume_stop(handle, place.partition) }
        }
        for handle in handles.values { rd_kafka_topic_destroy(handle) }
        (started, handles) = ([], [:])
    }

    private func start(_ place: TopicPartition, at offset: Int64) throws(TransportError) {
        let handle = try topicHandle(of: place.topic)
        guard rd_kafka_consume_start(handle, place.partition, offset) == 0 else {
            throw KafkaFault(rd_kafka_last_error()).transportError(topic: place.topic)
        }
        started.append(place)
    }

    private func topicHandle(of topic: String) throws(TransportError) -> OpaquePointer {
        if let known = handles[topic] { return known }
        guard let made = rd_kafka_topic_new(client.pointer, topic, nil) else {
            throw KafkaFault(rd_kafka_last_error()).transportError(topic: topic)
        }
        handles[topic] = made
        return made
    }

    private func record(of place: TopicPartition, until deadline: ContinuousClock.Instant) -> FirstRecord {
        let rest = max(0, ContinuousClock.now.duration(to: deadline).wholeMilliseconds)
        guard let message = rd_kafka_consume(handles[place.topic], place.partition, Int32(clamping: rest)) else {
            return .unread(KafkaFault(rd_kafka_last_error()).transportError(topic: place.topic))
        }
        defer { rd_kafka_message_destroy(message) }
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            return .record(writtenAt: Self.time(of: UnsafePointer(message)))
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            return .nothing
        default:
            return .unread(KafkaFault(message.pointee.err).transportError(topic: place.topic))
        }
    }

    private static func time(of message: UnsafePointer<rd_kafka_message_t>) -> Timestamp? {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = rd_kafka_message_timestamp(message, &kind)
        guard kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE, (0..<timeMsEnd).contains(milliseconds) else { return nil }
        return Timestamp(microseconds: milliseconds * 1_000)
    }
}
