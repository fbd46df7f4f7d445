import BlockingThreads
import Logs
import SessionCore

/// Stores the holds that answers ask for, and ends those whose trial went well. Before the jobs are settled: else they
/// could be claimed once more in between.
struct HoldWriter<Store: JobStore>: Sendable {
    let store: Store
    let accounts: [String: WorkerAccount]
    let guards: AccountGuards
    let causes: Mailbox<DispatchCause>
    let patience: Patience
    let clock: WorkerClock
    let changes: ChangeLog

    private struct Key: Hashable {
        var account: String
        var kind: HoldKind
    }

    func write(_ jobs: ArraySlice<DecidedJob>) async throws {
        var causes: [Key: (cause: HoldCause, count: Int)] = [:]
        for job in jobs where job.hold != nil {
            for case let hold? in [job.hold, job.delay] {
                let key = Key(account: job.job.order.account, kind: hold.kind)
                var entry = causes[key] ?? (hold, 0)
                entry.count += 1
                if let lasts = hold.lasts, lasts > entry.cause.lasts ?? .zero { entry.cause = hold }
                causes[key] = entry
            }
        }
        do {
            for (key, entry) in causes { try await hold(key.account, entry.cause, count: entry.count) }
            for job in jobs where job.endsHold { try await end(job) }
        } catch StoreError.unavailable {
            // Shutting down without a database; the next worker meets the same answer and holds the account then.
            return
        }
    }

    private func hold(_ account: String, _ cause: HoldCause, count: Int) async throws {
        let interval = accounts[account]?.trialInterval ?? .seconds(30)
        try await patience.untilDone {
            // The first trial comes soon: a fault may have been of one moment.
            try await store.hold(account: account, cause, trialAfter: interval / 10)
        }
        guards.holdsStored(account, count: count)
    }

    private func end(_ job: DecidedJob) async throws {
        guard let sent = job.calledAt else { return }
        let account = job.job.order.account
        try await patience.untilDone { try await store.endHold(account: account, trialSent: sent) }
        changes.tell(guards.holdEnded(account).changes, at: clock.uptime)
        causes.send(.workStored)
    }
}
