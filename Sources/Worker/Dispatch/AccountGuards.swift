import SessionCore
import Synchronization

/// Per account: what holds it, its breaker, retry budget and clock, how many calls may be in flight, and the calls that
/// wait for one of these to end.
final class AccountGuards: Sendable {
    /// A call that waits for its account's turn, and until when it may still be made.
    struct QueuedCall: Sendable {
        var call: CashierCall
        var sendBy: Duration
    }

    /// What may be taken now.
    struct Permits: Equatable {
        /// Accounts without a restriction that have room, with the jobs that it is for.
        var open: [AccountQuota] = []
        /// Accounts of which one job may be tried, to find out whether the provider answers again.
        var probing: [String] = []
        /// Whether there is an account without a restriction that has no room.
        var hasFull = false
        /// How many jobs, of all accounts, use no slot.
        var ahead = 0
    }

    /// A call that ended, as far as its account is concerned.
    struct EndedCall: Sendable {
        var job: ClaimedJob
        var sign: AccountSign
        /// What the answer told of the provider's clock.
        var reading: AccountClock.Reading?
        /// Whether the provider refused (true) or answered (false) a look-up; nil for other calls, and for refusals
        /// that may be the whole account's.
        var refusesLookUp: Bool?
    }

    /// What changed, for the operator.
    enum Change: Equatable, Sendable {
        case breaker(account: String, Breaker.State)
        case concurrency(account: String, Int)
        /// A hold that this worker found, or was told of. `order`: the id of the order whose answer asked for it; nil
        /// where it was told.
        case held(account: String, HoldKind, code: String, reason: String, order: String? = nil)
        case released(account: String)
        case clock(account: String, AccountClock.Reading, isFar: Bool)
        /// `fault`: what look-ups meet and openings do not; nil where the provider does no look-ups for the account.
        case lookUpRefused(account: String, fault: HoldCause?)

        var isRelease: Bool {
            if case .released = self { true } else { false }
        }
    }

    /// What an ending or a look at the holds leads to.
    struct Turn: Sendable {
        var changes: [Change] = []
        /// Calls that may be made now.
        var next: [QueuedCall] = []
        /// Calls that waited in line and are not to be made.
        var givenBack: [QueuedCall] = []
        /// Jobs whose answers asked for a hold that is not made: how long they asked to wait holds all the same.
        var unheld: [LeaseRef] = []
        /// Those of them that are refused as a wrong account would be while others go well.
        var refusedAlone: [LeaseRef] = []
        /// Trials that went well: of these jobs' accounts the holds end.
        var wellTrials: [LeaseRef] = []
    }

    private let guards: Mutex<[String: AccountGuard]>

    /// - Parameter agentsShare: the share of an account's calls that agents may have whatever others have in line.
    init(accounts: [String: WorkerAccount], agentsShare: Double = 0) {
        guards = Mutex(accounts.mapValues { AccountGuard($0, agentsShare: agentsShare) })
    }

    /// - Parameter ahead: an account may have as many jobs in line as it will answer within that time.
    func permits(at uptime: Duration, ahead: Duration = AccountGuard.lookAhead) -> Permits {
        guards.withLock { guards in
            var permits = Permits()
            for account in guards.keys.sorted() {
                guards[account]?.permit(account, at: uptime, ahead: ahead, &permits)
            }
            return permits
        }
    }

    /// How many of the jobs that an account wants to start may start now, and for how many it is worth to wait: those
    /// that it will probably have room for within `duration`. Nothing for an account that is not to be called.
    func room(
        for wish: AccountQuota,
        of lane: Lane,
        within duration: Duration,
        at uptime: Duration
    ) -> (now: Int, soon: Int) {
        guards.withLock { guards in
            guard var entry = guards.removeValue(forKey: wish.account) else { return (0, 0) }
            defer { guards[wish.account] = entry }
            guard !entry.holding.isHeld, entry.breaker.permit(at: uptime) == .all else { return (0, 0) }
            let limit = entry.room(at: uptime, ahead: AccountGuard.lookAhead).limit(of: lane)
            let room = min(wish.limit, max(0, limit))
            return (room, entry.mayAnswer(wish.limit, within: duration, at: uptime) ? wish.limit : room)
        }
    }

    /// Accounts whose jobs wait: held, or with a breaker that is not closed.
    func stalled() -> [String] {
        guards.withLock { guards in guards.keys.sorted().filter { guards[$0]?.isStalled ?? false } }
    }

    func probeStarted(_ account: String) {
        guards.withLock { $0[account]?.probeStarted() }
    }

    /// The job was claimed that is to find out for the breaker.
    func probeClaimed(_ job: ClaimedJob) {
        guards.withLock { $0[job.order.account]?.probeClaimed(job) }
    }

    /// No job was found for it.
    func probeAbandoned(_ account: String, at uptime: Duration) {
        guards.withLock { $0[account]?.breaker.probeAbandoned(at: uptime) }
    }

    /// Whether the breaker's next probe leaves look-ups alone while there are jobs to send.
    func probeLeavesLookUps(_ account: String) -> Bool {
        guards.withLock { $0[account]?.probeLeavesLookUps ?? false }
    }

    /// How long a job waits before it may be sent once more; nil: it may be now. A trial may: without it nobody would
    /// know.
    func pauseBeforeRepeat(of job: ClaimedJob, at uptime: Duration) -> Duration? {
        guards.withLock { $0[job.order.account]?.pauseBeforeRepeat(of: job, at: uptime) }
    }

    /// What is to be added to the signing times of an account's calls.
    func clockAdjustment(of account: String) -> Duration {
        guards.withLock { $0[account]?.clock.adjustment ?? .zero }
    }

    /// The calls that may be made now; the others follow as calls of their accounts end, or are given back.
    func begin(_ calls: [QueuedCall]) -> Turn {
        guards.withLock { guards in
            var turn = Turn()
            for (account, calls) in Self.byAccount(calls, { $0.call.job.order.account }) {
                guards[account]?.begin(calls, &turn)
            }
            return turn
        }
    }

    /// Notes ended calls.
    func ended(_ calls: [EndedCall], at uptime: Duration, now: Timestamp) -> Turn {
        guards.withLock { guards in
            var turn = Turn()
            for (account, calls) in Self.byAccount(calls, { $0.job.order.account }) {
                guard var entry = guards.removeValue(forKey: account) else { continue }
                entry.ended(calls, account, at: uptime, now: now, &turn)
                guards[account] = entry
            }
            return turn
        }
    }

    /// Calls that were begun are not made after all. Returns what may be made instead.
    func abandoned(_ jobs: [ClaimedJob]) -> Turn {
        guards.withLock { guards in
            var turn = Turn()
            for (account, jobs) in Self.byAccount(jobs, { $0.order.account }) {
                guards[account]?.abandoned(jobs, &turn)
            }
            return turn
        }
    }

    /// Takes everything that waits in line: it will not be called.
    func drain() -> [QueuedCall] {
        guards.withLock { guards in
            var drained: [QueuedCall] = []
            for account in guards.keys {
                drained += guards[account]?.line.takeAll() ?? []
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

// Holds and clocks.
extension AccountGuards {
    /// Accounts of which a trial is due by what is known here; each is named once until the holds are read again.
    func trialsDue(now: Timestamp) -> [String] {
        guards.withLock { guards in
            guards.keys.sorted().filter { guards[$0]?.holding.takeTrial(now: now) ?? false }
        }
    }

    /// Whether an account's trial leaves look-ups alone while there are jobs to send.
    func trialLanes(_ account: String) -> [Lane] {
        guards.withLock { $0[account]?.holding.trialLanes ?? Lane.allCases }
    }

    func leavesLookUps(_ account: String) -> Bool {
        guards.withLock { $0[account]?.holding.leavesLookUps ?? false }
    }

    /// Whether this worker has the right to a trial that it has not made.
    func owesTrial(_ account: String, now: Timestamp) -> Bool {
        guards.withLock { $0[account]?.holding.payTrial(now: now) ?? false }
    }

    /// No job was found yet for a trial that this worker has the right to until `until`: it goes on looking.
    func trialOwed(_ account: String, until: Timestamp) {
        guards.withLock { $0[account]?.holding.owe(until: until) }
    }

    /// A trial's job was claimed: its call goes past the hold.
    func trialStarted(_ job: ClaimedJob) {
        guards.withLock { $0[job.order.account]?.holding.trial = job.lease }
    }

    /// A job was given back unsent: had it been a trial or the breaker's probe, another one is free to go.
    func unsent(_ job: ClaimedJob, at uptime: Duration) {
        guards.withLock { $0[job.order.account]?.unsent(job, at: uptime) }
    }

    /// The provider refused the time that a call was signed with.
    func timestampRefused(_ call: AnsweredCall, _ reading: AccountClock.Reading?) -> AccountClock.Step {
        guards.withLock { guards in
            guards[call.job.order.account]?.clock.refused(
                signedWith: call.clockAdjustment,
                reading: reading,
                wasSignedAgain: call.job.lastCode == AnswerCode.timestamp
            ) ?? .hold(reason: "")
        }
    }

    /// What the stored holds are as new as, to be passed to `read`.
    func holdVersions() -> [String: Int] {
        guards.withLock { $0.mapValues(\.holding.version) }
    }

    /// Takes the stored holds, which were read after `versions` was asked for.
    func read(_ holds: [AccountHold], versions: [String: Int]) -> Turn {
        guards.withLock { guards in
            var turn = Turn()
            for account in guards.keys.sorted() {
                let own = holds.filter { $0.account == account }
                guards[account]?.read(own, version: versions[account], account, &turn)
            }
            return turn
        }
    }

    /// Holds that calls asked for are stored.
    func holdsStored(_ account: String, count: Int) {
        guards.withLock { $0[account]?.holding.stored(count) }
    }

    /// What a trial was about has ended.
    func holdEnded(_ account: String) -> Turn {
        guards.withLock { guards in
            var turn = Turn()
            guards[account]?.holdEnded(account, &turn)
            return turn
        }
    }

    func reports() -> [AccountReport] {
        guards.withLock { guards in
            guards.sorted { $0.key < $1.key }.map { account, entry in
                AccountReport(
                    account: account,
                    inFlight: entry.inFlight,
                    concurrency: entry.concurrency.current,
                    concurrencyMax: entry.concurrency.policy.max,
                    breaker: entry.breaker.state.name,
                    clockDifference: entry.clock.latest?.middle,
                    clockAdjustment: entry.clock.adjustment,
                    lookUpRefusedAt: entry.lookUpRefusedAt
                )
            }
        }
    }
}

extension Breaker.State {
    fileprivate var name: String {
        switch self {
        case .closed: "closed"
        case .open: "open"
        case .probing: "probing"
        }
    }
}
