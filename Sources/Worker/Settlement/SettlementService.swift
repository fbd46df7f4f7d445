import Logs
import SessionCore

/// Writes what became of jobs, in batches that form while the last one commits, and hands results on.
struct SettlementService<Store: JobStore>: Sendable {
    let store: Store
    let writer: SettlementWriter
    let holds: HoldWriter<Store>
    let wait: OutcomeWait
    let slots: CallSlots
    let patience: Patience
    let clock: WorkerClock
    let activity: Activity
    let findings: FindingLog
    let log: Log
    let publish: @Sendable ([OutboxRow]) -> Void

    /// The largest batch of one transaction.
    private let batchMax = 1_000

    /// Ends when the mailbox of decided jobs is finished and empty. May run more than once: one batch is written
    /// while the next is made.
    func run(_ decided: PacedMailbox<DecidedJob>) async throws {
        while let gathered = await decided.takeAll(clock) {
            let batch = wait.began(gathered, at: clock.uptime)
            defer { wait.ended(batch) }
            for start in stride(from: 0, to: gathered.count, by: batchMax) {
                try await settle(gathered[start..<min(start + batchMax, gathered.count)])
                wait.wentOn(batch, at: clock.uptime)
            }
        }
    }

    private func settle(_ jobs: ArraySlice<DecidedJob>) async throws {
        try await holds.write(jobs)
        let settlements = jobs.map { writer.settlement(of: $0) }
        for job in jobs { tell(job) }
        do {
            let report = try await patience.untilDone { try await store.settle(settlements) }
            publish(report.outbox)
            count(settlements, report)
        } catch StoreError.unavailable(let reason) {
            // Shutting down without a database. The leases run out and the outcomes are looked up.
            log.error("outcomes not stored: no database", [.count: .init(jobs.count), .reason: .text(reason)])
        }
        slots.settled(jobs.count)
        activity.update { $0.inFlight = slots.held }
    }
}
