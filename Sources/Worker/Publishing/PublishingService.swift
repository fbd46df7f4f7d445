import BlockingThreads
import Logs
import SessionCore

/// Sends results, marks what was acknowledged, and re-sends what stayed.
struct PublishingService<Store: JobStore, Sink: ResultSink>: Sendable {
    let store: Store
    let sink: Sink
    let unpublished: Unpublished
    /// Something for the relay to look for.
    let relayCauses: Mailbox<Void>
    let patience: Patience
    let clock: WorkerClock
    let activity: Activity
    let log: Log

    /// Rows that one adoption takes.
    private let adoptMax = 500

    /// Hands committed results to the producer.
    func publish(_ records: [OutboxRecord]) {
        guard !records.isEmpty else { return }
        unpublished.add(records, at: clock.uptime)
        sink.publish(records)
    }

    /// Marks acknowledgements until the sink is closed.
    func runAcknowledging() async throws {
        while let acks = await sink.acks() {
            let good = acks.filter { $0.failure == nil }.map(\.outboxID)
            let bad = acks.filter { $0.failure != nil }
            if !bad.isEmpty {
                log.warning(
                    "results not acknowledged: they will be sent again",
                    [.count: .init(bad.count), .reason: .text(bad[0].failure ?? "")]
                )
                unpublished.failed(bad.map(\.outboxID))
            }
            activity.update {
                $0.published += good.count
                $0.publishFailures += bad.count
            }
            guard !good.isEmpty else { continue }
            do {
                try await patience.untilDone { try await store.acknowledge(good) }
            } catch StoreError.unavailable(let reason) {
                // Published but not marked: another worker publishes the same bytes again under the same result_id.
                log.error("acknowledgements not stored", [.count: .init(good.count), .reason: .text(reason)])
            }
            unpublished.acknowledged(good)
        }
    }

    /// Adopts rows that nobody alive owns, and re-sends failed ones, whenever there is cause.
    func runRelaying() async throws {
        while await relayCauses.takeAll() != nil {
            let failed = unpublished.takeFailed()
            if !failed.isEmpty { sink.publish(failed) }
            do {
                try await adopt()
            } catch StoreError.unavailable {
                // Shutting down without a database.
                return
            }
        }
    }

    private func adopt() async throws {
        while unpublished.count < adoptMax * 20 {
            let adopted = try await patience.untilDone { try await store.adoptOutbox(limit: adoptMax) }
            publish(adopted)
            if adopted.count < adoptMax { return }
        }
    }
}
