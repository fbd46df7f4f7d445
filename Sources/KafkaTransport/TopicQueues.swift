import CLibrdkafka
import SessionCore

/// What librdkafka has fetched, a queue per topic: a topic that is full is not taken from, and the others flow on.
///
/// Pausing a full topic's partitions instead would throw away what was fetched of them, and reading again begins only
/// when the library next looks, up to a second later.
final class TopicQueues {
    private let client: OpaquePointer
    private let bell: Bell
    let names: [String]
    private var queues: [String: OpaquePointer] = [:]

    init(_ client: OpaquePointer, topics: [String], bell: Bell) {
        self.client = client
        self.bell = bell
        names = topics
        for name in topics {
            guard let queue = rd_kafka_queue_new(client) else { preconditionFailure("librdkafka has no memory") }
            bell.listen(to: queue)
            queues[name] = queue
        }
    }

    /// Has the partitions' records come through their topics' queues. Before they are assigned, so that none comes any
    /// other way: then librdkafka leaves the way as it is. Doing it again changes nothing.
    func route(_ partitions: some Sequence<TopicPartition>) {
        for place in partitions {
            guard let queue = queues[place.topic],
                let own = rd_kafka_queue_get_partition(client, place.topic, place.partition)
            else { continue }
            rd_kafka_queue_forward(own, queue)
            rd_kafka_queue_destroy(own)
        }
    }

    /// The next message of a topic, which the caller destroys; nil when none is there.
    func next(of topic: String) -> UnsafeMutablePointer<rd_kafka_message_t>? {
        queues[topic].flatMap { rd_kafka_consume_queue($0, 0) }
    }

    /// The topics in turn.
    func inTurn(from round: Int) -> [String] {
        guard !names.isEmpty else { return [] }
        let first = round % names.count
        return Array(names[first...] + names[..<first])
    }

    /// Before the client is closed: what is left is nobody's any more.
    func destroy() {
        for queue in queues.values {
            bell.ignore(queue)
            rd_kafka_queue_destroy(queue)
        }
        queues = [:]
    }
}
