import BlockingThreads
import Logs
import SessionCore

/// Takes records in: decide, store with the positions, and only then tell Kafka. What may be sent at once is stored
/// claimed, and called.
struct IntakeService<Store: JobStore, Source: JobSource, Provider: Cashier>: Sendable {
    let store: Store
    let source: Source
    let decider: IntakeDecider
    let admission: Admission
    let rightOfWay: RightOfWay
    let dispatcher: Dispatcher<Provider>
    let slots: CallSlots
    let lease: Duration
    let patience: Patience
    let clock: WorkerClock
    let activity: Activity
    let log: Log
    /// New work, or answers to publish, are in the database.
    let onStored: @Sendable (IngestReport) -> Void

    /// Takes in one topic. Ends when the source was closed and its last batches are stored. May run more than once:
    /// one batch is stored while the next is read.
    func run(_ topic: WorkerTopic) async throws {
        while let batches = try await source.nextBatches(of: topic.name, recordsMax: recordsMax(of: topic)) {
            do {
                // In a topic of both an agent's record may be among them.
                if topic.lane == .campaign { await awaitTurn() }
                let work = try await take(batches)
                if topic.lane == .campaign { rightOfWay.taken(work: work, now: clock.uptime) }
            } catch StoreError.unavailable {
                // Shutting down without a database: the records stay Kafka's.
                return
            }
        }
    }

    private func awaitTurn() async {
        let rest = rightOfWay.turn(now: clock.uptime)
        guard rest > .zero else { return }
        activity.restedForAgents()
        await clock.rest(for: rest)
    }

    private func recordsMax(of topic: WorkerTopic) -> Int {
        topic.lane == .campaign ? rightOfWay.recordsMax(now: clock.uptime) : .max
    }

    /// Returns how long the processors and the database were busy with it.
    private func take(_ batches: [RecordBatch]) async throws -> Duration {
        let began = clock.uptime
        var decided = decider.decide(batches, now: clock.databaseNow, lease: lease)
        if decided.jobs.contains(where: { $0.lane == .interactive }) { rightOfWay.agentsSeen(at: began) }
        let deciding = clock.uptime - began
        let reserved = await admission.admit(&decided)
        let batch = decided
        let answer: (asked: Duration, report: IngestReport)
        do {
            answer = try await patience.untilDone {
                let asked = clock.uptime
                return (asked: asked, report: try await store.ingest(batch))
            }
        } catch let error as StoreError {
            slots.taken(0, of: reserved)
            return try await deciding + readElsewhere(error, batches)
        } catch {
            slots.taken(0, of: reserved)
            throw error
        }
        let (asked, report) = answer
        if let now = report.now { clock.learn(now, asked: asked, receivedAt: clock.uptime) }
        let ofAgents = report.started.count { $0.lane == .interactive }
        slots.taken(report.started.count, ofAgents: ofAgents, of: reserved)
        admission.stored(batch, started: report.started)
        dispatcher.start(report.started, asked: asked)
        activity.stored(report)
        if let failure = report.failure {
            onStored(report)
            return try await deciding + goOn(after: failure, batches)
        }
        for batch in batches { source.commit(batch) }
        tell(batch)
        onStored(report)
        return deciding + (clock.uptime - asked)
    }

    /// A part of what was read is stored, and not the positions. What waiting mends is taken once more: what is stored
    /// by then is known by its place.
    private func goOn(after failure: StoreError, _ batches: [RecordBatch]) async throws -> Duration {
        guard failure.passingReason == nil else { return try await take(batches) }
        return try await readElsewhere(failure, batches)
    }

    /// One partition is read on from where it stands by the store, if that is why nothing was stored; the others are
    /// taken without it. Returns how much work they were. Throws any other reason.
    private func readElsewhere(_ reason: StoreError, _ batches: [RecordBatch]) async throws -> Duration {
        let partition =
            switch reason {
            case .positionMovedBack(let place, _), .positionSetAhead(let place, _): place
            case .unavailable, .notNow, .unsealable, .refused: throw reason
            }
        guard let batch = batches.first(where: { $0.partition == partition.partition }) else { throw reason }
        if case .positionSetAhead(_, let stored) = reason {
            log.setAhead(partition, expected: batch.start, stored: stored)
        } else if case .positionMovedBack(_, let stored) = reason {
            log.lostCommits(partition, expected: batch.start, stored: stored)
        }
        source.rewind(batch)
        let others = batches.filter { $0.partition != partition.partition }
        return others.isEmpty ? .zero : try await take(others)
    }

    private func tell(_ batch: IngestBatch) {
        for record in batch.quarantined {
            log.warning(
                "record quarantined",
                [
                    .topic: .text(batch.topic), .partition: .init(record.partition), .offset: .init(record.offset),
                    .reason: .text(record.reason), .order: .text(record.order?.orderID ?? "unreadable"),
                    .error: .text(record.detail),
                ]
            )
        }
    }
}

extension Log {
    /// - Parameter expected: the offset up to which the database had accounted for the partition.
    func lostCommits(_ partition: TopicPartition, expected: Int64, stored: Int64?) {
        error(
            "the stored position is behind: the database lost commits, or an operator set it; reading on from there",
            [
                .topic: .text(partition.topic), .partition: .init(partition.partition),
                .offset: .init(expected), .position: .init(stored ?? -1),
            ]
        )
    }

    /// - Parameter expected: the offset up to which the database had accounted for the partition.
    func setAhead(_ partition: TopicPartition, expected: Int64, stored: Int64) {
        notice(
            "an operator put the position ahead; nothing before it is taken in",
            [
                .topic: .text(partition.topic), .partition: .init(partition.partition),
                .offset: .init(expected), .position: .init(stored),
            ]
        )
    }
}
