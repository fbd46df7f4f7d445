import BlockingThreads
import Logs
import SessionCore

/// Why the dispatcher should look for work.
enum DispatchCause: Sendable {
    case workStored
    case slotsFreed
    case tick
}

/// A claimed job and what became of its call.
struct EndedCall: Sendable {
    enum How: Sendable {
        case answered(CashierAnswer)
        /// Nothing was sent for this job.
        case released(after: Duration)
        case expired
    }

    var job: ClaimedJob
    var how: How
}

/// Claims what can be sent now and starts the calls.
struct DispatchService<Store: JobStore, Provider: Cashier>: Sendable {
    let store: Store
    let cashier: Provider
    let settings: WorkerSettings
    let guards: AccountGuards
    let slots: CallSlots
    let causes: Mailbox<DispatchCause>
    let ended: Mailbox<EndedCall>
    let patience: Patience
    let clock: WorkerClock
    let activity: Activity
    let log: Log
    /// Whether results can be delivered: a link that cannot be delivered is not minted.
    let mayMint: @Sendable () -> Bool

    /// Ends when the slots are stopped and the causes finished.
    func run() async throws {
        var planner = LanePlanner(weights: settings.laneWeights, reserve: settings.interactiveReserve)
        var nextLook = Duration.zero
        while let gathered = await causes.takeAll() {
            let hasCause = gathered.contains { $0 != .tick }
            guard hasCause || clock.uptime >= nextLook else { continue }
            nextLook = try await look(&planner)
        }
    }

    /// Claims as long as claims come back full. Returns the uptime of the next look that needs no cause.
    private func look(_ planner: inout LanePlanner) async throws -> Duration {
        while slots.free > 0, mayMint() {
            let permits = guards.permits(at: clock.uptime)
            for account in permits.probing { try await probe(account) }
            guard !permits.open.isEmpty else { break }
            let quotas = planner.plan(free: min(slots.free, permits.room))
            guard !quotas.isEmpty else { break }
            let claim = try await claim(accounts: permits.open, quotas)
            let counts = Dictionary(claim.jobs.map { ($0.lane, 1) }, uniquingKeysWith: +)
            planner.claimed(counts, of: quotas)
            let isFull = quotas.contains { counts[$0.lane, default: 0] >= $0.limit }
            guard isFull else { return nextLook(after: claim) }
        }
        return clock.uptime + settings.pollInterval
    }

    private func nextLook(after claim: Claim) -> Duration {
        guard let due = claim.nextDue else { return clock.uptime + settings.pollInterval }
        return clock.uptime + min(settings.pollInterval, max(.zero, claim.now.duration(to: due)))
    }

    private func probe(_ account: String) async throws {
        guards.probeStarted(account)
        for lane in Lane.allCases {
            let claim = try await claim(accounts: [account], [LaneQuota(lane: lane, limit: 1)])
            if claim.jobs.contains(where: { $0.purpose != .expire }) { return }
        }
        guards.probeAbandoned(account, at: clock.uptime)
    }

    private func claim(accounts: [String], _ quotas: [LaneQuota]) async throws -> Claim {
        let request = ClaimRequest(accounts: accounts, quotas: quotas, lease: settings.lease)
        // A lease is trusted from before it was asked for: the database cannot have granted it earlier.
        let (asked, claim) = try await patience.untilDone { [clock, store] in
            let asked = clock.uptime
            return (asked, try await store.claim(request))
        }
        clock.learn(claim.now, receivedAt: clock.uptime)
        slots.take(claim.jobs.count)
        let sendBy = asked + settings.lease / 4
        for job in claim.jobs { start(job, sendBy: sendBy) }
        activity.update { $0.inFlight = slots.held }
        return claim
    }

    private func start(_ job: ClaimedJob, sendBy: Duration) {
        switch job.purpose {
        case .expire:
            ended.send(EndedCall(job: job, how: .expired))
        case .open where slots.isStopping || clock.uptime > sendBy:
            release(job, after: .zero)
        case .open where job.attempts > 1 && !guards.mayRepeat(job.order.account, at: clock.uptime):
            release(job, after: .seconds(2))
        case .open:
            call(job, .open(body: job.body))
            activity.update { $0.calls += 1 }
        case .lookUp where slots.isStopping:
            // The look-up was not made; its lease ends by itself or with this release to `verify`.
            ended.send(EndedCall(job: job, how: .answered(.notMade)))
        case .lookUp where settings.accounts[job.order.account]?.outcomes.rules.looksUp == false:
            ended.send(EndedCall(job: job, how: .answered(.switchedOff)))
        case .lookUp:
            call(job, .lookUp)
            activity.update { $0.lookUps += 1 }
        }
    }

    private func release(_ job: ClaimedJob, after pause: Duration) {
        // Had it been the breaker's probe, another one must be free to go.
        guards.probeAbandoned(job.order.account, at: clock.uptime)
        ended.send(EndedCall(job: job, how: .released(after: pause)))
    }

    private func call(_ job: ClaimedJob, _ kind: CashierCall.Kind) {
        guards.callStarted(job.order.account)
        let markedAt = kind == .lookUp ? clock.databaseNow : job.lastSend ?? clock.databaseNow
        cashier.start(CashierCall(kind: kind, order: job.order, markedAt: markedAt)) { [ended] answer in
            ended.send(EndedCall(job: job, how: .answered(answer)))
        }
    }
}

extension CashierAnswer {
    /// For a look-up that was claimed while the worker was stopping.
    fileprivate static var notMade: CashierAnswer {
        CashierAnswer(outcome: .notSent, code: "shutdown", message: "the worker stopped before the look-up was made")
    }

    /// For an account whose configuration says that the look-up must not be used.
    fileprivate static var switchedOff: CashierAnswer {
        CashierAnswer(outcome: .lookUpRefused, code: "look_up_off", message: "look_up is off for this account")
    }
}
