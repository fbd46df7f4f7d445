import CLibrdkafka
import Logs
import SessionCore

extension SourcePoller {
    private static let commitPatience: Duration = .seconds(3)
    private static let leavePatience: Duration = .seconds(5)

    /// Tells Kafka what was reported, leaves the group and ends the consumer.
    func close() {
        lookUp.cancelAll()
        commitReported()
        if leaveGroup() {
            endQueues()
            client.destroyClosedConsumer()
        } else {
            // librdkafka waits for the answer to a commit for as long as no broker gives one. Its threads are left to
            // the end of the process; nothing polls them any more, so no callback runs.
            log.warning("no broker answers, so the group was not left; it will notice by the session timeout")
            endQueues()
            client.abandon()
        }
    }

    private func commitReported() {
        let deadline = ContinuousClock.now + Self.commitPatience
        commitsNotBefore = .now
        while exchange.hasCommits, ContinuousClock.now < deadline {
            sendCommits(areLast: true)
            if let message = rd_kafka_consumer_poll(client.pointer, 20) { rd_kafka_message_destroy(message) }
            var ignored: [SourceRecord] = []
            dealWithEvents(&ignored)
        }
        if exchange.hasCommits {
            log.warning("closed before Kafka took the last commit; those records are read again, without effect")
        }
    }

    /// False if it took too long. The answer to a revocation must come from here: the group waits for it.
    private func leaveGroup() -> Bool {
        events.isClosing = true
        if assigning != nil { rd_kafka_assign(client.pointer, nil) }
        guard let queue = rd_kafka_queue_new(client.pointer) else { return false }
        defer { rd_kafka_queue_destroy(queue) }
        if let error = rd_kafka_consumer_close_queue(client.pointer, queue) { rd_kafka_error_destroy(error) }
        let deadline = ContinuousClock.now + Self.leavePatience
        while rd_kafka_consumer_closed(client.pointer) == 0 {
            guard ContinuousClock.now < deadline else { return false }
            guard let event = rd_kafka_queue_poll(queue, 20) else { continue }
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE { rd_kafka_assign(client.pointer, nil) }
            rd_kafka_event_destroy(event)
        }
        return true
    }
}
