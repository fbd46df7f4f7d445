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
        events.isClosing = true
        if assigning != nil { rd_kafka_assign(client.pointer, nil) }
        let consumer = LeavingConsumer(client)
        let hasLeft = consumer.map { leavesInTime($0) } ?? false
        endQueues()
        if hasLeft {
            consumer?.end()
            return
        }
        // librdkafka waits for the answer to a commit for as long as no broker gives one. The consumer is looked after
        // until then, or until the process ends.
        log.warning("no broker answers, so the group was not left; it will notice by the session timeout")
        if let consumer {
            leaving.add(consumer)
        } else {
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

    private func leavesInTime(_ consumer: LeavingConsumer) -> Bool {
        let deadline = ContinuousClock.now + Self.leavePatience
        while !consumer.hasLeft {
            guard ContinuousClock.now < deadline else { return false }
            _ = consumer.serve(waitMs: 20)
        }
        return true
    }
}
