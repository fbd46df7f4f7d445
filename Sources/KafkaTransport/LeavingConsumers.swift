import CLibrdkafka
import Logs

/// A consumer that leaves its group. Used on its thread.
struct LeavingConsumer {
    let client: ClientHandle
    /// What the group still asks of it.
    private let queue: OpaquePointer

    /// Has it leave; nil where no memory is left.
    init?(_ client: ClientHandle) {
        guard let queue = rd_kafka_queue_new(client.pointer) else { return nil }
        (self.client, self.queue) = (client, queue)
        if let error = rd_kafka_consumer_close_queue(client.pointer, queue) { rd_kafka_error_destroy(error) }
    }

    var hasLeft: Bool { rd_kafka_consumer_closed(client.pointer) != 0 }

    /// Answers one thing that the group asks; false if nothing came within `waitMs`. The answer to a revocation must
    /// come from here: the group waits for it.
    func serve(waitMs: Int32) -> Bool {
        guard let event = rd_kafka_queue_poll(queue, waitMs) else { return false }
        if rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE { rd_kafka_assign(client.pointer, nil) }
        rd_kafka_event_destroy(event)
        return true
    }

    /// Once it has left: ends it. Call it once.
    func end() {
        rd_kafka_queue_destroy(queue)
        client.destroyClosedConsumer()
    }
}

/// Consumers that could not leave their group in time, as no broker answered: each ends once it has. Those that are
/// left when this ends stay until the process does.
final class LeavingConsumers {
    private let log: Log
    private var consumers: [LeavingConsumer] = []

    init(log: Log) {
        self.log = log
    }

    deinit {
        for consumer in consumers { consumer.client.abandon() }
    }

    var isEmpty: Bool { consumers.isEmpty }

    func add(_ consumer: LeavingConsumer) {
        consumers.append(consumer)
    }

    /// Ends those that have left; the others go on, with the password that holds now. Call it at every turn.
    func turn() {
        guard !consumers.isEmpty else { return }
        var left: [LeavingConsumer] = []
        for consumer in consumers {
            consumer.client.renewPassword()
            while consumer.serve(waitMs: 0) {}
            if consumer.hasLeft {
                consumer.end()
                log.info("a consumer that no broker had answered has left its group")
            } else {
                left.append(consumer)
            }
        }
        consumers = left
    }
}
