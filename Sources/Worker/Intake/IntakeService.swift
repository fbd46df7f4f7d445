import Logs
import SessionCore

/// Takes records in: decide, store with the position, and only then tell Kafka.
struct IntakeService<Store: JobStore, Source: JobSource>: Sendable {
    let store: Store
    let source: Source
    let decider: IntakeDecider
    let patience: Patience
    let clock: WorkerClock
    let activity: Activity
    let log: Log
    /// New work, or answers to publish, are in the database.
    let onStored: @Sendable (IngestReport) -> Void

    /// Ends when the source was closed and its last batch is stored.
    func run() async throws {
        while let batch = try await source.nextBatch() {
            do {
                try await take(batch)
            } catch StoreError.unavailable {
                // Shutting down without a database: the records stay Kafka's.
                return
            }
        }
    }

    private func take(_ batch: RecordBatch) async throws {
        let decided = decider.decide(batch, now: clock.databaseNow)
        do {
            let report = try await patience.untilDone { try await store.ingest(decided) }
            source.commit(batch)
            activity.stored(report)
            tell(decided)
            onStored(report)
        } catch StoreError.positionMovedBack(let partition, let stored) {
            log.error(
                "the stored position is behind: the database lost commits; reading the partition again",
                [
                    .topic: .text(partition.topic), .partition: .init(partition.partition),
                    .offset: .init(batch.start), .position: .init(stored ?? -1),
                ]
            )
            source.rewind(batch)
        }
    }

    private func tell(_ batch: IngestBatch) {
        for record in batch.quarantined {
            log.warning(
                "record quarantined",
                [
                    .topic: .text(batch.topic), .partition: .init(batch.partition), .offset: .init(record.offset),
                    .reason: .text(record.reason), .order: .text(record.order?.orderID ?? "unreadable"),
                    .error: .text(record.detail),
                ]
            )
        }
    }
}
