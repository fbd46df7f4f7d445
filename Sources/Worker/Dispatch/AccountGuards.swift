import SessionCore
import Synchronization

/// Per account: breaker, retry budget and calls in flight.
final class AccountGuards: Sendable {
    private struct Guard {
        var breaker: Breaker
        var budget: RetryBudget
        var inFlight = 0
        let concurrencyMax: Int
    }

    /// What may be claimed now.
    struct Permits: Equatable {
        /// Accounts without a restriction.
        var open: [String] = []
        /// Accounts of which one job may be tried, to find out whether the provider answers again.
        var probing: [String] = []
        /// How many calls the fullest open account has room for.
        var room = Int.max
    }

    private let guards: Mutex<[String: Guard]>

    init(accounts: [String: WorkerAccount]) {
        guards = Mutex(
            accounts.mapValues { account in
                Guard(
                    breaker: Breaker(policy: account.breaker),
                    budget: RetryBudget(ratio: account.retryRatioMax, burst: 20, tricklePerSecond: 1),
                    concurrencyMax: account.concurrencyMax
                )
            }
        )
    }

    func permits(at uptime: Duration) -> Permits {
        guards.withLock { guards in
            var permits = Permits()
            for (account, entry) in guards.sorted(by: { $0.key < $1.key }) {
                switch entry.breaker.permit(at: uptime) {
                case .all where entry.inFlight < entry.concurrencyMax:
                    permits.open.append(account)
                    permits.room = min(permits.room, entry.concurrencyMax - entry.inFlight)
                case .oneProbe: permits.probing.append(account)
                case .all, .none: break
                }
            }
            return permits
        }
    }

    func probeStarted(_ account: String) {
        guards.withLock { $0[account]?.breaker.probeStarted() }
    }

    func probeAbandoned(_ account: String, at uptime: Duration) {
        guards.withLock { $0[account]?.breaker.probeAbandoned(at: uptime) }
    }

    func mayRepeat(_ account: String, at uptime: Duration) -> Bool {
        guards.withLock { $0[account]?.budget.withdraw(at: uptime) ?? false }
    }

    func callStarted(_ account: String) {
        guards.withLock { $0[account]?.inFlight += 1 }
    }

    /// Returns the breaker's new state when it changed between open and closed.
    func callEnded(_ job: ClaimedJob, isFailure: Bool, at uptime: Duration) -> Breaker.State? {
        guards.withLock { guards in
            guard var entry = guards[job.order.account] else { return nil }
            entry.inFlight -= 1
            if !isFailure, job.purpose == .open { entry.budget.callSucceeded(wasRepeat: job.attempts > 1) }
            let hasChanged = entry.breaker.callEnded(isFailure: isFailure, at: uptime)
            guards[job.order.account] = entry
            return hasChanged ? entry.breaker.state : nil
        }
    }
}
