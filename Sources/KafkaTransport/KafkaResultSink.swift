import BlockingThreads
package import Logs
package import SessionCore

/// The results topic, written by an idempotent producer that one thread owns.
///
/// Each record has the order id as its key and the headers `result_id`, `generation`, `outcome`, `schema` and, where
/// there is one, `traceparent`. A producer that librdkafka gives up is replaced, and what it had not acknowledged is
/// acknowledged with the failure `producer replaced`.
package final class KafkaResultSink: ResultSink {
    private let exchange = ProducerExchange()
    private let mailbox = Mailbox<PublishAck>()

    /// Starts the producer. `schema` is the text of the `schema` header. Throws `TransportError.setting` for settings
    /// that cannot work.
    package init(_ settings: KafkaSettings, topic: String, schema: String, log: Log) throws(TransportError) {
        guard !topic.isEmpty else {
            throw .setting(name: "kafka.results_topic", reason: "must not be empty; name the results topic")
        }
        let mailbox = mailbox
        // Bounded by what the worker publishes before it waits for acknowledgements.
        try ProducerThread.start(
            "usher-results",
            settings,
            expected: [topic],
            results: ResultTopic(name: topic, schema: schema),
            exchange: exchange,
            log: log
        ) { acks in
            mailbox.send(contentsOf: acks.map { PublishAck(token: $0.id, failure: $0.failure) })
        }
    }

    deinit {
        exchange.beginClose(timeout: .zero)
    }

    package func publish(_ records: [OutboxRecord], areUrgent: Bool) {
        guard !exchange.send(records.map(outgoing), areUrgent: areUrgent) else { return }
        mailbox.send(contentsOf: records.map { PublishAck(token: $0.token, failure: "the sink is closed") })
    }

    package func acks() async -> [PublishAck]? {
        await mailbox.takeAll()
    }

    package func close(timeout: Duration) async {
        exchange.beginClose(timeout: timeout)
        await exchange.closed()
        mailbox.finish()
    }

    /// Makes the producer fail as librdkafka would: for tests of what follows.
    package func failForTest() {
        exchange.failForTest()
    }

    private func outgoing(_ record: OutboxRecord) -> OutgoingRecord {
        OutgoingRecord(
            id: record.token,
            content: .result(record.result, traceparent: record.traceparent)
        )
    }
}
