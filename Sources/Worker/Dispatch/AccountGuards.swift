import SessionCore
import Synchronization

/// Per account: breaker, retry budget, calls in flight, and the calls that wait for one of these to end.
final class AccountGuards: Sendable {
    /// A call that waits for its account's turn, and until when it may still be made.
    struct QueuedCall: Sendable {
        var call: CashierCall
        var sendBy: Duration
    }

    private struct Guard {
        var breaker: Breaker
        var budget: RetryBudget
        var inFlight = 0
        var queue: [QueuedCall] = []
        let concurrencyMax: Int

        /// As many as the account has room for; the rest waits in line.
        mutating func begin(_ calls: [QueuedCall]) -> [QueuedCall] {
            queue.append(contentsOf: calls)
            let count = min(queue.count, max(0, concurrencyMax - inFlight))
            guard count > 0 else { return [] }
            inFlight += count
            let begun = Array(queue.prefix(count))
            queue.removeFirst(count)
            return begun
        }
    }

    /// What may be taken now.
    struct Permits: Equatable {
        /// Accounts without a restriction, with the jobs that each has room for.
        var open: [AccountQuota] = []
        /// Accounts of which one job may be tried, to find out whether the provider answers again.
        var probing: [String] = []
    }

    /// A call that ended, as far as its account is concerned.
    struct EndedCall: Sendable {
        var job: ClaimedJob
        var isFailure: Bool
    }

    /// What an ended call changed.
    struct Change: Sendable {
        var account: String
        var breaker: Breaker.State
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

    /// - Parameter ahead: how many more than its calls in flight an account may have in line.
    func permits(at uptime: Duration, ahead: Int) -> Permits {
        guards.withLock { guards in
            var permits = Permits()
            for (account, entry) in guards.sorted(by: { $0.key < $1.key }) {
                let room = entry.concurrencyMax + ahead - entry.inFlight - entry.queue.count
                switch entry.breaker.permit(at: uptime) {
                case .all where room > 0: permits.open.append(AccountQuota(account: account, limit: room))
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

    /// The calls that may be made now; the others follow as calls of their accounts end.
    func begin(_ calls: [QueuedCall]) -> [QueuedCall] {
        guards.withLock { guards in
            var begun: [QueuedCall] = []
            for (account, calls) in Self.byAccount(calls, { $0.call.job.order.account }) {
                begun += guards[account]?.begin(calls) ?? []
            }
            return begun
        }
    }

    /// Notes ended calls and returns what changed, and the calls that may be made instead.
    func ended(_ calls: [EndedCall], at uptime: Duration) -> (changes: [Change], next: [QueuedCall]) {
        guards.withLock { guards in
            var changes: [Change] = []
            var next: [QueuedCall] = []
            for (account, calls) in Self.byAccount(calls, { $0.job.order.account }) {
                guard var entry = guards.removeValue(forKey: account) else { continue }
                entry.inFlight -= calls.count
                for call in calls {
                    if !call.isFailure, call.job.purpose == .open {
                        entry.budget.callSucceeded(wasRepeat: call.job.attempts > 1)
                    }
                    if entry.breaker.callEnded(isFailure: call.isFailure, at: uptime) {
                        changes.append(Change(account: account, breaker: entry.breaker.state))
                    }
                }
                next += entry.begin([])
                guards[account] = entry
            }
            return (changes, next)
        }
    }

    /// Calls that were begun are not made after all. Returns those that may be made instead.
    func abandoned(_ jobs: [ClaimedJob]) -> [QueuedCall] {
        guards.withLock { guards in
            var next: [QueuedCall] = []
            for (account, jobs) in Self.byAccount(jobs, { $0.order.account }) {
                guards[account]?.inFlight -= jobs.count
                next += guards[account]?.begin([]) ?? []
            }
            return next
        }
    }

    /// Takes everything that waits in line: it will not be called.
    func drain() -> [QueuedCall] {
        guards.withLock { guards in
            var drained: [QueuedCall] = []
            for account in guards.keys {
                drained += guards[account]?.queue ?? []
                guards[account]?.queue = []
            }
            return drained
        }
    }

    /// Nearly always one account: no dictionary for that.
    private static func byAccount<Element>(
        _ elements: [Element],
        _ account: (Element) -> String
    ) -> [(String, [Element])] {
        guard let first = elements.first.map(account) else { return [] }
        if elements.allSatisfy({ account($0) == first }) { return [(first, elements)] }
        return Dictionary(grouping: elements, by: account).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
