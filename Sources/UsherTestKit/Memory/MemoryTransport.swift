import BlockingThreads
package import SessionCore
import Synchronization

/// A source that delivers what the test hands it; a partition's next batch when the last was committed.
package final class MemorySource: JobSource {
    private struct State {
        var waiting: [RecordBatch] = []
        /// Partitions with a batch that is not accounted for yet.
        var lent: Set<TopicPartition> = []
        var commits: [RecordBatch] = []
        var rewinds: [RecordBatch] = []
        var askedAgain: [TopicPartition] = []
        var accounted: [TopicPartition: Int64] = [:]
        var stopped: [TopicPartition: Int64] = [:]
        var paused: Set<String> = []
        /// By topic, how many records were asked for.
        var recordsMax: [String: [Int]] = [:]
        /// By topic: something may be taken that could not before.
        var changes: [String: Mailbox<Void>] = [:]
        var isMember = true
        var isClosed = false

        mutating func changes(of topic: String) -> Mailbox<Void> {
            if let mailbox = changes[topic] { return mailbox }
            let mailbox = Mailbox<Void>()
            if isClosed { mailbox.finish() }
            changes[topic] = mailbox
            return mailbox
        }
    }

    private let state = Mutex(State())

    package init() {}

    package func deliver(_ batch: RecordBatch) {
        change(batch.topic) { $0.waiting.append(batch) }
    }

    /// Whether a batch of the partition was taken and is not accounted for yet.
    package func isOut(_ partition: TopicPartition) -> Bool {
        state.withLock { $0.lent.contains(partition) }
    }

    package var commits: [RecordBatch] {
        state.withLock { $0.commits }
    }

    /// How many records of a topic were asked for, each time.
    package func recordsMax(of topic: String) -> [Int] {
        state.withLock { $0.recordsMax[topic, default: []] }
    }

    /// Partitions that were to be read again though no batch of theirs was out.
    package var askedAgain: [TopicPartition] {
        state.withLock { $0.askedAgain }
    }

    package var rewinds: [RecordBatch] {
        state.withLock { $0.rewinds }
    }

    /// What was delivered of the topic's partitions that have no batch out, whole batches always.
    package func nextBatches(of topic: String, recordsMax: Int) async throws -> [RecordBatch]? {
        let changes = state.withLock { state in
            state.recordsMax[topic, default: []].append(recordsMax)
            return state.changes(of: topic)
        }
        while true {
            let batches = state.withLock { state in
                var taken: [RecordBatch] = []
                var left: [RecordBatch] = []
                for batch in state.waiting {
                    let mayTake = batch.topic == topic && state.lent.insert(batch.topicPartition).inserted
                    if mayTake { taken.append(batch) } else { left.append(batch) }
                }
                state.waiting = left
                return taken
            }
            if !batches.isEmpty { return batches }
            guard await changes.takeAll() != nil else { return nil }
        }
    }

    package func commit(_ batch: RecordBatch) {
        change(batch.topic) { state in
            state.commits.append(batch)
            state.accounted[batch.topicPartition] = batch.next
            state.lent.remove(batch.topicPartition)
        }
    }

    package func rewind(_ batch: RecordBatch) {
        change(batch.topic) { state in
            state.rewinds.append(batch)
            state.lent.remove(batch.topicPartition)
        }
    }

    package func rewind(_ partition: TopicPartition) {
        change(partition.topic) { state in
            state.askedAgain.append(partition)
            state.accounted[partition] = nil
        }
    }

    package var accounted: [TopicPartition: Int64] {
        state.withLock { $0.accounted }
    }

    package var stopped: [TopicPartition: Int64] {
        state.withLock { $0.stopped }
    }

    /// Makes a partition look as if its next records, from `next`, could not be read.
    package func stop(_ partition: TopicPartition, at next: Int64) {
        state.withLock { $0.stopped[partition] = next }
    }

    package func takeUp(_ partition: TopicPartition) {
        state.withLock { _ = $0.stopped.removeValue(forKey: partition) }
    }

    /// Whether it would get partitions.
    package var isMember: Bool {
        state.withLock { $0.isMember }
    }

    package func leave() {
        state.withLock { $0.isMember = false }
    }

    package func join() {
        state.withLock { $0.isMember = true }
    }

    package func pause(topic: String) {
        state.withLock { _ = $0.paused.insert(topic) }
    }

    package func resume(topic: String) {
        state.withLock { _ = $0.paused.remove(topic) }
    }

    package func close() async {
        let changes = state.withLock { state in
            state.isClosed = true
            return state.changes.values
        }
        for mailbox in changes { mailbox.finish() }
    }

    private func change(_ topic: String, _ body: (inout State) -> Void) {
        let changes = state.withLock { state in
            body(&state)
            return state.changes(of: topic)
        }
        changes.send(())
    }
}

/// A sink that acknowledges at once, says of the first records that they failed, or keeps them to itself.
package final class MemorySink: ResultSink {
    private struct State {
        var published: [OutboxRecord] = []
        var urgent: [OutboxRecord] = []
        var failuresLeft = 0
        /// What is neither published nor failed; nil while nothing is held back.
        var heldBack: [OutboxRecord]?
        var isClosed = false
    }

    private let state = Mutex(State())
    private let mailbox = Mailbox<PublishAck>()

    package init() {}

    package func failNext(_ records: Int) {
        state.withLock { $0.failuresLeft = records }
    }

    /// From now on what comes is kept, as by a producer that reaches no broker.
    package func holdBack() {
        state.withLock { $0.heldBack = $0.heldBack ?? [] }
    }

    /// Publishes what was held back, and what comes.
    package func letGo() {
        let acks = state.withLock { state in
            let records = state.heldBack ?? []
            state.heldBack = nil
            state.published += records
            return records.map { PublishAck(token: $0.token, failure: nil) }
        }
        mailbox.send(contentsOf: acks)
    }

    /// What is held back.
    package var heldBack: [OutboxRecord] {
        state.withLock { $0.heldBack ?? [] }
    }

    package var published: [OutboxRecord] {
        state.withLock { $0.published }
    }

    /// Those of the published that were urgent.
    package var urgent: [OutboxRecord] {
        state.withLock { $0.urgent }
    }

    package var isClosed: Bool {
        state.withLock { $0.isClosed }
    }

    package func publish(_ records: [OutboxRecord], areUrgent: Bool) {
        let acks: [PublishAck] = state.withLock { state in
            if let heldBack = state.heldBack {
                state.heldBack = heldBack + records
                return []
            }
            return records.map { record in
                guard state.failuresLeft == 0 else {
                    state.failuresLeft -= 1
                    return PublishAck(token: record.token, failure: "the test says so")
                }
                state.published.append(record)
                if areUrgent { state.urgent.append(record) }
                return PublishAck(token: record.token, failure: nil)
            }
        }
        mailbox.send(contentsOf: acks)
    }

    package func acks() async -> [PublishAck]? {
        await mailbox.takeAll()
    }

    package func close(timeout: Duration) async {
        state.withLock { $0.isClosed = true }
        mailbox.finish()
    }
}

/// A provider that answers by a rule of the test's, or keeps silent until the test lets it answer.
package final class ScriptedCashier: Cashier {
    private struct State {
        var calls: [CashierCall] = []
        var open: [CashierCall] = []
        var isSilent = false
    }

    private let state = Mutex(State())
    private let answered = Mailbox<AnsweredCall>()
    private let answer: @Sendable (CashierCall) -> CashierAnswer

    package init(answer: @escaping @Sendable (CashierCall) -> CashierAnswer) {
        self.answer = answer
    }

    package var calls: [CashierCall] {
        state.withLock { $0.calls }
    }

    /// From now on calls stay open until `close`.
    package func fallSilent() {
        state.withLock { $0.isSilent = true }
    }

    package func start(_ calls: [CashierCall]) {
        let isSilent = state.withLock { state in
            state.calls += calls
            if state.isSilent { state.open += calls }
            return state.isSilent
        }
        guard !isSilent else { return }
        answered.send(
            contentsOf: calls.map { AnsweredCall(job: $0.job, answer: answer($0), startedAt: $0.startedAt) }
        )
    }

    package func answers() async -> [AnsweredCall]? {
        await answered.takeAll()
    }

    package func close(timeout: Duration) async {
        let open = state.withLock { state in
            defer { state.open = [] }
            return state.open
        }
        let ended = CashierAnswer(outcome: .unknown, code: "shutdown", message: "ended at shutdown")
        answered.send(contentsOf: open.map { AnsweredCall(job: $0.job, answer: ended, startedAt: $0.startedAt) })
        answered.finish()
    }
}
