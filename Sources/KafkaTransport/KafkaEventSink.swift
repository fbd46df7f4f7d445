import BlockingThreads
package import Logs
package import SessionCore

/// The transactions topic, written by an idempotent producer that one thread owns.
///
/// Each record has the order id as its key and the headers `event_id`, `kind` and `schema`. A producer that librdkafka
/// gives up is replaced, and what it had not acknowledged is acknowledged with the failure `producer replaced`.
package final class KafkaEventSink: EventSink {
    private let topic: String
    private let exchange = ProducerExchange()
    private let mailbox = Mailbox<PublishAck>()

    /// Starts the producer. Throws `TransportError.setting` for settings that cannot work.
    package init(_ settings: KafkaSettings, topic: String, log: Log) throws(TransportError) {
        guard !topic.isEmpty else {
            throw .setting(name: "callbacks.topic", reason: "must not be empty; name the transactions topic")
        }
        self.topic = topic
        let mailbox = mailbox
        // Bounded by what the service publishes before it waits for acknowledgements.
        try ProducerThread.start("usher-events", settings, expected: [topic], exchange: exchange, log: log) { acks in
            mailbox.send(contentsOf: acks.map { PublishAck(token: $0.id, failure: $0.failure) })
        }
    }

    deinit {
        exchange.beginClose(timeout: .zero)
    }

    package func publish(_ records: [EventRecord]) {
        guard !exchange.send(records.map(outgoing)) else { return }
        mailbox.send(contentsOf: records.map { PublishAck(token: $0.outboxID, failure: "the sink is closed") })
    }

    package func acks() async -> [PublishAck]? {
        await mailbox.takeAll()
    }

    package func close(timeout: Duration) async {
        exchange.beginClose(timeout: timeout)
        await exchange.closed()
        mailbox.finish()
    }

    private func outgoing(_ event: EventRecord) -> OutgoingRecord {
        OutgoingRecord(
            id: event.outboxID,
            content: .record(
                NewRecord(
                    topic: topic,
                    key: Array(event.orderID.utf8),
                    value: event.value,
                    headers: [
                        RecordHeader("event_id", event.eventID.text),
                        RecordHeader("kind", event.kind.rawValue),
                        RecordHeader("schema", EventCodec.schema),
                    ]
                )
            )
        )
    }
}
