import BlockingThreads
package import Logs
package import SessionCore

/// The jobs topics, read as a member of the consumer group by one thread that does nothing but poll.
///
/// Reading a partition starts at the smaller of what Kafka has committed and what the store holds, but nowhere before
/// where an operator put it. Batches form by themselves: each taking of a topic brings what has come while the last was
/// being stored, at most 500 records or 1 MiB, of several of its partitions. A topic with 4,000 records or 16 MiB
/// waiting is paused until half of that is gone; polling goes on. The loss of brokers or of the store never ends the
/// source: it waits, and says once what for.
package final class KafkaJobSource: JobSource {
    private let exchange: IntakeExchange

    /// Joins the group. `positions` is asked for the stored positions at each assignment and each rewind, again and
    /// again while it throws. Throws `TransportError.setting` for settings that cannot work.
    package convenience init(
        _ settings: KafkaSettings,
        topics: [String],
        log: Log,
        positions: @escaping StoredPositions
    ) throws(TransportError) {
        try self.init(settings, topics: topics, limits: IntakeQueues.Limits(), log: log, positions: positions)
    }

    init(
        _ settings: KafkaSettings,
        topics: [String],
        limits: IntakeQueues.Limits,
        stopsRepeatAfter: Duration = .seconds(60),
        log: Log,
        positions: @escaping StoredPositions
    ) throws(TransportError) {
        guard !topics.isEmpty, topics.allSatisfy({ !$0.isEmpty && !$0.hasPrefix("^") }) else {
            throw .setting(name: "kafka.jobs_topics", reason: "must name at least one topic; patterns are not allowed")
        }
        try settings.check()
        let exchange = IntakeExchange(limits: limits)
        let membership = SourceMembership(
            settings: settings,
            topics: topics,
            positions: positions,
            exchange: exchange,
            stopsRepeatAfter: stopsRepeatAfter,
            log: log
        )
        let started = BlockingQueue<TransportError?>()
        // The thread holds the exchange, not the source: a source that is let go ends its thread.
        _ = NamedThread("usher-jobs") {
            do throws(TransportError) {
                let poller = try membership.makePoller()
                started.send(nil)
                membership.run(poller)
            } catch {
                started.send(error)
            }
        }
        if let failure = started.takeAll()?.first ?? nil { throw failure }
        self.exchange = exchange
    }

    deinit {
        exchange.beginClose()
    }

    package func nextBatches(of topic: String, recordsMax: Int) async throws -> [RecordBatch]? {
        try await exchange.nextBatches(of: topic, recordsMax: recordsMax)
    }

    package func commit(_ batch: RecordBatch) {
        exchange.commit(batch)
    }

    package func rewind(_ batch: RecordBatch) {
        exchange.rewind(batch)
    }

    package func rewind(_ partition: TopicPartition) {
        exchange.rewind(partition)
    }

    package var accounted: [TopicPartition: Int64] { exchange.accounted }

    package var stopped: [TopicPartition: Int64] { exchange.stopped }

    package func takeUp(_ partition: TopicPartition) {
        exchange.send(.takeUp(partition))
    }

    package func leave() {
        exchange.want(false)
    }

    package func join() {
        exchange.want(true)
    }

    package func pause(topic: String) {
        exchange.pause(topic: topic)
    }

    package func resume(topic: String) {
        exchange.resume(topic: topic)
    }

    package func close() async {
        exchange.beginClose()
        await exchange.closed()
    }

    /// How the source is doing at this moment.
    package var health: SourceHealth { exchange.health }
}
