import SessionCore

/// One account's guard. Pure: what it decides comes back in a `Turn`.
struct AccountGuard: Sendable {
    /// How far ahead jobs are taken.
    static let lookAhead = Duration.milliseconds(100)

    /// What the account has room for; below zero where more was taken.
    struct Room: Equatable, Sendable {
        /// Jobs of any lane.
        var jobs: Int
        /// Jobs of agents, whatever others have in line.
        var past: Int
        /// How many of its jobs use no slot of the worker's: those that will be answered in a moment, or all that wait
        /// in line, if these are more. They wait for the account's own calls, and not for a slot.
        var ahead: Int

        func limit(of lane: Lane) -> Int {
            lane == .interactive ? max(jobs, past) : jobs
        }
    }

    var breaker: Breaker
    /// The lease of the job that is out to find out for the breaker.
    private var probe: LeaseRef?
    /// Whether the last probe was a look-up that failed. The next leaves look-ups alone while there are jobs to send:
    /// it may be look-ups only that are not answered, and they may be many.
    private(set) var probeLeavesLookUps = false
    var budget: RetryBudget
    /// An agent's repeat does not wait behind a campaign's.
    private var refusedOfAgents = RefusedRepeats()
    private var refusedOfOthers = RefusedRepeats()
    var concurrency: ConcurrencyLimit
    /// nil: calls a second are not bounded.
    var calls: CallBudget?
    var clock: AccountClock
    var holding = AccountHolding()
    var lookUpRefusedAt: Timestamp?
    /// Answers that spoke of maintenance, since an opening's that did not: look-ups may be answered all the while.
    private var maintenances = 0
    /// Jobs whose openings were not believed, since one that was.
    private var unbelieved: Set<Int64> = []
    /// Whether the newest opening that told anything of the account went well; nil: none has yet.
    private var opensWell: Bool?
    /// Whether that is so of this worker's own: another's may use a secret that this one has not read yet.
    private var opensWellHere = false
    /// Whether the newest opening failed: look-ups that fail then are no matter of look-ups alone.
    private var openingFailed = false
    private let trialInterval: Duration
    /// Since the account was held, or since the start.
    private var rate = CallRate()
    var inFlight = 0
    private var agentsInFlight = 0
    /// Those of the calls in flight that are to open a session.
    private var openings = 0
    var line = CallLine()
    /// The share of its calls that agents may have whatever others have in line.
    private let agentsShare: Double

    init(_ account: WorkerAccount, agentsShare: Double) {
        breaker = Breaker(policy: account.breaker)
        budget = RetryBudget(ratio: account.retryRatioMax, burst: 20, tricklePerSecond: 1)
        concurrency = ConcurrencyLimit(policy: account.concurrency)
        calls = account.ratePerSecond.map { CallBudget(perSecond: $0) }
        trialInterval = account.trialInterval
        clock = AccountClock(bound: account.clockAdjustMax, offset: account.clockOffset)
        self.agentsShare = agentsShare
    }

    /// Whether no more than a job now and then is claimed of it: it is held, or its breaker is not closed.
    var isStalled: Bool { holding.isHeld || breaker.state != .closed }

    /// Jobs of agents in flight and in line.
    private var agents: Int { agentsInFlight + line.count(before: .interactive) }

    /// What may be taken at `uptime`: as many more jobs than calls may be in flight as this account itself will answer
    /// within `ahead`. What others answer says nothing of when the turn of those in its line comes.
    ///
    /// One agent's job may always be taken: it is the next to be called.
    mutating func room(at uptime: Duration, ahead: Duration) -> Room {
        let expected = rate.expected(within: ahead, at: uptime)
        let limit = concurrency.current + expected
        let taken = inFlight + line.count
        var room = Room(
            jobs: limit - taken,
            past: max(1, Int(Double(limit) * agentsShare)) - agents,
            ahead: max(expected, line.count)
        )
        guard let calls = calls?.available(at: uptime) else { return room }
        room.jobs = min(room.jobs, calls - line.count)
        room.past = min(room.past, calls - line.count(before: .interactive))
        return room
    }

    /// Adds what may be taken of the account.
    mutating func permit(
        _ account: String,
        at uptime: Duration,
        ahead: Duration,
        _ permits: inout AccountGuards.Permits
    ) {
        let room = room(at: uptime, ahead: ahead)
        permits.ahead += room.ahead
        guard !holding.isHeld else { return }
        switch breaker.permit(at: uptime) {
        case .all where room.limit(of: .interactive) > 0:
            permits.open.append(AccountQuota(account: account, limit: max(0, room.jobs), past: max(0, room.past)))
        case .all: permits.hasFull = true
        case .oneProbe: permits.probing.append(account)
        case .none: break
        }
    }

    /// Whether room for so many calls will probably come within `duration`. While the first calls are out nobody can
    /// tell, and it may.
    mutating func mayAnswer(_ calls: Int, within duration: Duration, at uptime: Duration) -> Bool {
        rate.isUnknown(at: uptime) ? inFlight > 0 : rate.possible(within: duration, at: uptime) >= calls
    }

    /// As many as the account has room for; the rest waits in line. A held account lets through its trial only.
    mutating func begin(_ calls: [AccountGuards.QueuedCall], _ turn: inout AccountGuards.Turn) {
        line.append(calls)
        if holding.isHeld {
            let trial = holding.trial
            turn.givenBack += line.takeAll(but: { $0.call.job.lease == trial })
        }
        let count = min(line.count, max(0, concurrency.current - inFlight))
        guard count > 0 else { return }
        inFlight += count
        self.calls?.started(count)
        let next = line.takeFirst(count)
        agentsInFlight += next.count { $0.call.job.lane == .interactive }
        openings += next.count { $0.call.job.purpose == .open }
        turn.next += next
    }

    mutating func ended(
        _ calls: [AccountGuards.EndedCall],
        _ account: String,
        at uptime: Duration,
        now: Timestamp,
        _ turn: inout AccountGuards.Turn
    ) {
        inFlight -= calls.count
        turn.givenBack += line.takeOverdue(at: uptime)
        rate.answered(calls.count { !$0.sign.isUnasked }, at: uptime)
        for call in calls {
            if call.job.lane == .interactive { agentsInFlight -= 1 }
            if call.job.purpose == .open { openings -= 1 }
            let sign = judged(call.sign, of: call.job, account, now, &turn)
            // A refusal to try again later is no success: a repeat that meets one has helped nobody.
            if sign.isWell, !sign.isFailure, !sign.isOverload, call.job.purpose == .open {
                budget.callSucceeded(wasRepeat: call.job.attempts > 1)
            }
            if tellBreaker(sign, of: call.job, at: uptime) {
                turn.changes.append(.breaker(account: account, breaker.state))
                if breaker.state == .closed { concurrency.restart() }
            }
            if sign.isOverload {
                if concurrency.overloaded(at: uptime) {
                    turn.changes.append(.concurrency(account: account, concurrency.current))
                }
            } else if !sign.isUnasked, !sign.isFailure {
                concurrency.answered()
            }
            // What was not the provider's answer may tell the time of something in between.
            if sign.isWell, let reading = call.reading, clock.read(reading, at: uptime) {
                turn.changes.append(.clock(account: account, reading, isFar: clock.isFar))
            }
            note(refusesLookUp: call.refusesLookUp, account, now, &turn)
            note(sign, of: call.job, account, now, &turn)
        }
        begin([], &turn)
    }

    /// Repeats without a token come again at this pace at least.
    private static let refusedPerSecond = 50.0

    /// How long a job waits before it may be sent once more; nil: it may be now.
    mutating func pauseBeforeRepeat(of job: ClaimedJob, at uptime: Duration) -> Duration? {
        if holding.trial == job.lease { return nil }
        if budget.withdraw(at: uptime) { return nil }
        // A provider that is well again gives each token back with its repeat: a hundred must not wait for a hundred
        // seconds. So many claims a second are little to the database.
        let pace = max(budget.tokensPerSecond, Self.refusedPerSecond)
        return job.lane == .interactive
            ? refusedOfAgents.pause(at: uptime, tokensPerSecond: pace)
            : refusedOfOthers.pause(at: uptime, tokensPerSecond: pace)
    }

    mutating func probeStarted() {
        probe = nil
        breaker.probeStarted()
    }

    mutating func probeClaimed(_ job: ClaimedJob) {
        probe = job.lease
    }

    /// While a probe is out its own call alone decides: those from before the opening end one by one for as long as a
    /// call may take. Answered look-ups would hide openings that fail: for each of those there are several. Failed ones
    /// would stop openings that go well; these wait longer from one to the next anyway. Returns true when the
    /// breaker changed between open and closed.
    private mutating func tellBreaker(_ sign: AccountSign, of job: ClaimedJob, at uptime: Duration) -> Bool {
        if breaker.state == .closed, job.purpose == .lookUp, !sign.isFailure || (mayOpenWell && !openingFailed) {
            return false
        }
        if sign.isUnasked {
            giveUpProbe(ofLease: job.lease, at: uptime)
            return false
        }
        if breaker.state == .probing {
            guard probe == job.lease else { return false }
            probe = nil
            probeLeavesLookUps = job.purpose == .lookUp && sign.isFailure
        }
        return breaker.callEnded(isFailure: sign.isFailure, at: uptime)
    }

    /// - Parameter fault: what refused look-ups meet, where they are not switched off.
    private mutating func note(
        refusesLookUp: Bool?,
        fault: HoldCause? = nil,
        _ account: String,
        _ now: Timestamp,
        _ turn: inout AccountGuards.Turn
    ) {
        guard let refusesLookUp else { return }
        if refusesLookUp, lookUpRefusedAt == nil {
            turn.changes.append(.lookUpRefused(account: account, fault: fault))
        }
        lookUpRefusedAt = refusesLookUp ? lookUpRefusedAt ?? now : nil
    }

    private mutating func note(
        _ sign: AccountSign,
        of job: ClaimedJob,
        _ account: String,
        _ now: Timestamp,
        _ turn: inout AccountGuards.Turn
    ) {
        let isTrial = holding.trial == job.lease
        if isTrial { holding.trialAnswered() }
        if isTrial, job.purpose == .lookUp { holding.lookUpTried(inVain: !sign.isWell && !sign.isUp) }
        let isAlone = !isTrial && isRefusedAlone(sign, job)
        if job.purpose == .open, !isAlone { noteOpening(sign) }
        if let cause = sign.hold {
            if isAlone {
                turn.unheld.append(job.lease)
                turn.refusedAlone.append(job.lease)
            } else if !holding.kinds.contains(cause.kind), !isSure(cause, sign, job) {
                turn.unheld.append(job.lease)
            } else {
                met(cause, by: job.order, account, &turn)
            }
            if let delay = sign.delay { met(delay, by: job.order, account, &turn) }
        } else if isTrial, shows(sign, of: job) {
            turn.wellTrials.append(job.lease)
        } else if isTrial, job.purpose == .lookUp, sign.isWell || sign.isUp {
            // Look-ups may be many, and stand before the first job that can show it.
            holding.owe(until: now.advanced(by: trialInterval))
        }
    }

    private mutating func met(
        _ cause: HoldCause,
        by order: Order,
        _ account: String,
        _ turn: inout AccountGuards.Turn
    ) {
        guard holding.met(cause.kind) else { return }
        turn.changes.append(
            .held(account: account, cause.kind, code: cause.code, reason: cause.reason, order: order.orderID)
        )
    }

    /// Whether a fault is of this one order: it was refused so before, and the newest opening that told anything of the
    /// account went well. Where the account is at fault, the next that was not refused before holds it. A refused
    /// timestamp is of the clocks.
    private func isRefusedAlone(_ sign: AccountSign, _ job: ClaimedJob) -> Bool {
        guard let cause = sign.hold, cause.kind == .fault, !sign.isUnverified, cause.code != AnswerCode.timestamp else {
            return false
        }
        // A delay, or an operator's hold, says nothing of whose fault it is.
        let isNew = !holding.kinds.contains(.fault)
        return job.purpose == .open && job.lastCode == cause.code && opensWellHere && isNew
    }

    private mutating func noteOpening(_ sign: AccountSign) {
        if !sign.isUnasked { openingFailed = sign.isFailure }
        if sign.isWell || sign.isUp { maintenances = 0 }
        if sign.isWell {
            unbelieved = []
            opensWell = true
            opensWellHere = true
        } else if let cause = sign.hold, cause.kind.hasTrials, !sign.isUnverified {
            opensWell = false
            opensWellHere = false
        }
    }

    /// While openings go well, a fault or maintenance that a look-up meets is of look-ups: it holds nothing, and says
    /// nothing of how many calls the account takes. If it is the account's after all, the next openings meet it too.
    private mutating func judged(
        _ sign: AccountSign,
        of job: ClaimedJob,
        _ account: String,
        _ now: Timestamp,
        _ turn: inout AccountGuards.Turn
    ) -> AccountSign {
        guard let cause = sign.hold, cause.kind.hasTrials, job.purpose == .lookUp, mayOpenWell,
            !holding.kinds.contains(cause.kind)
        else { return sign }
        turn.unheld.append(job.lease)
        var own = sign
        own.hold = sign.delay
        own.delay = nil
        own.isOverload = false
        if cause.kind == .fault, opensWell == true {
            // The provider is at work, and refuses look-ups. Or all: the order's next opening is refused for the first
            // time then, whatever its look-ups met.
            own.isUp = true
            opensWellHere = false
            note(refusesLookUp: true, fault: cause, account, now, &turn)
        }
        return own
    }

    /// Before the first opening has told anything, those that are on their way are waited for.
    private var mayOpenWell: Bool {
        opensWell ?? (openings > 0 || line.hasOpenings)
    }

    /// Whether it is the account's matter. One among good answers is that call's own; a provider under maintenance says
    /// it to the next as well, and one whose answers cannot be believed gives no other.
    private mutating func isSure(_ cause: HoldCause, _ sign: AccountSign, _ job: ClaimedJob) -> Bool {
        if cause.kind == .maintenance {
            maintenances += 1
            return maintenances > 1
        }
        guard sign.isUnverified else { return true }
        unbelieved.insert(job.lease.jobID)
        return unbelieved.count > 2
    }

    /// Whether a trial shows that what held the account is over. Only an opening does: a look-up is believed under
    /// other rules, and answered by another part of the provider. A refused timestamp shows that this one is at work.
    private func shows(_ sign: AccountSign, of job: ClaimedJob) -> Bool {
        guard job.purpose == .open else { return false }
        return sign.isWell || (sign.isUp && !holding.kinds.contains(.fault))
    }

    mutating func abandoned(_ jobs: [ClaimedJob], _ turn: inout AccountGuards.Turn) {
        inFlight -= jobs.count
        agentsInFlight -= jobs.count { $0.lane == .interactive }
        openings -= jobs.count { $0.purpose == .open }
        for job in jobs where holding.trial == job.lease { holding.trial = nil }
        begin([], &turn)
    }

    /// A job was given back: had it been the probe or the trial, another one is free to go.
    mutating func unsent(_ job: ClaimedJob, at uptime: Duration) {
        giveUpProbe(ofLease: job.lease, at: uptime)
        if holding.trial == job.lease { holding.trial = nil }
    }

    private mutating func giveUpProbe(ofLease lease: LeaseRef, at uptime: Duration) {
        guard probe == lease else { return }
        probe = nil
        breaker.probeAbandoned(at: uptime)
    }

    mutating func read(
        _ holds: [AccountHold],
        version: Int?,
        _ account: String,
        _ turn: inout AccountGuards.Turn
    ) {
        guard let version, holding.isCurrent(version) else { return }
        let wasHeld = holding.isHeld
        let wasTried = holding.kinds.contains(where: \.hasTrials)
        for hold in holding.read(holds) {
            // What this worker's openings told is older than what another's met.
            if hold.kind == .fault { opensWellHere = false }
            turn.changes.append(
                .held(account: account, hold.kind, code: hold.code ?? hold.kind.rawValue, reason: hold.reason)
            )
        }
        // Another worker's opening went well, or a person says so.
        if wasTried, !holding.kinds.contains(where: \.hasTrials) { opensWell = true }
        if wasHeld, !holding.isHeld { released(account, &turn) }
        begin([], &turn)
    }

    mutating func holdEnded(_ account: String, _ turn: inout AccountGuards.Turn) {
        let wasHeld = holding.isHeld
        holding.trialsEnded()
        if wasHeld, !holding.isHeld { released(account, &turn) }
    }

    private mutating func released(_ account: String, _ turn: inout AccountGuards.Turn) {
        concurrency.restart()
        unbelieved = []
        rate = CallRate()
        turn.changes.append(.released(account: account))
    }
}
