import BlockingThreads
import SessionCore

/// A job that no more can happen to but to be stored: what became of it, and what its answer was.
struct DecidedJob: Sendable {
    var job: ClaimedJob
    var verdict: Verdict
    /// nil when nothing was done with the provider.
    var attempt: AttemptRecord?
    /// The account's jobs are not to start, by any worker.
    var hold: HoldCause?
    /// What holds it beside `hold`: the provider asked to wait.
    var delay: HoldCause?
    /// It was its account's trial, and went well.
    var endsHold = false
    /// When its call began (database time); nil when none was made.
    var calledAt: Timestamp?
    /// What its answer shows beside what became of it.
    var finding: AnswerFinding?
    var decidedAt: Timestamp
}

/// Starts the calls for jobs that were taken: by a claim, or as they came in.
///
/// A class: a generic value would be copied for each job that it decides about.
final class Dispatcher<Provider: Cashier>: Sendable {
    let cashier: Provider
    let accounts: [String: WorkerAccount]
    let guards: AccountGuards
    let slots: CallSlots
    let decided: DecidedJobs
    let clock: WorkerClock
    let activity: Activity
    let lease: Duration
    let turnWaitMax: Duration

    init(
        cashier: Provider,
        accounts: [String: WorkerAccount],
        guards: AccountGuards,
        slots: CallSlots,
        decided: DecidedJobs,
        clock: WorkerClock,
        activity: Activity,
        lease: Duration,
        turnWaitMax: Duration = .seconds(15)
    ) {
        self.cashier = cashier
        self.accounts = accounts
        self.guards = guards
        self.slots = slots
        self.decided = decided
        self.clock = clock
        self.activity = activity
        self.lease = lease
        self.turnWaitMax = turnWaitMax
    }

    /// Starts or gives back what was taken. `asked` is the uptime before the lease was asked for: the database cannot
    /// have granted it earlier.
    func start(_ jobs: [ClaimedJob], asked: Duration) {
        guard !jobs.isEmpty else { return }
        let uptime = clock.uptime
        let sendBy = asked + min(lease / 4, turnWaitMax)
        let isStopping = slots.isStopping
        var calls: [AccountGuards.QueuedCall] = []
        var others: [DecidedJob] = []
        calls.reserveCapacity(jobs.count)
        for job in jobs {
            if let verdict = verdictWithoutCall(job, isStopping: isStopping, sendBy, uptime) {
                others.append(verdict)
            } else {
                let kind: CashierCall.Kind = job.purpose == .lookUp ? .lookUp : .open
                let markedAt = kind == .lookUp ? clock.databaseNow : job.lastSend ?? clock.databaseNow
                calls.append(.init(call: CashierCall(kind: kind, job: job, markedAt: markedAt), sendBy: sendBy))
            }
        }
        carryOn(guards.begin(calls), at: uptime)
        finish(others)
    }

    /// Makes the calls whose turn it is, and gives back those that are not to be made, together with the jobs whose
    /// answers led to it.
    func carryOn(_ turn: AccountGuards.Turn, after jobs: [DecidedJob] = [], at uptime: Duration) {
        let givenBack = turn.givenBack.map { unsent($0.call.job, uptime) }
        if !givenBack.isEmpty { uncalled(givenBack) }
        decided.send(givenBack.isEmpty ? jobs : jobs + givenBack)
        make(turn.next, at: uptime)
    }

    /// Makes calls that it is their account's turn for. Where one is not made after all, the next in line is: no call
    /// would end that could give it its turn.
    private func make(_ queued: [AccountGuards.QueuedCall], at uptime: Duration) {
        guard !queued.isEmpty else { return }
        var calls: [CashierCall] = []
        var late: [DecidedJob] = []
        calls.reserveCapacity(queued.count)
        var next = queued
        while !next.isEmpty {
            var abandoned: [ClaimedJob] = []
            for entry in next {
                if entry.sendBy < uptime || slots.isStopping {
                    abandoned.append(entry.call.job)
                } else {
                    calls.append(entry.call)
                }
            }
            let turn = guards.abandoned(abandoned)
            late += (abandoned + turn.givenBack.map(\.call.job)).map { unsent($0, uptime) }
            next = turn.next
        }
        if !calls.isEmpty {
            setClocks(of: &calls)
            cashier.start(calls)
            let lookUps = calls.count { $0.kind == .lookUp }
            activity.update {
                $0.calls += calls.count - lookUps
                $0.lookUps += lookUps
            }
        }
        finish(late)
    }

    /// Nearly always there is nothing to adjust, and one account.
    private func setClocks(of calls: inout [CashierCall]) {
        let startedAt = clock.databaseNow
        var known: (account: String, adjustment: Duration)?
        for index in calls.indices {
            // The estimate may be late, but a job is marked before it is called for.
            calls[index].startedAt = max(startedAt, calls[index].markedAt)
            let account = calls[index].job.order.account
            if known?.account != account { known = (account, guards.clockAdjustment(of: account)) }
            if let adjustment = known?.adjustment, adjustment != .zero { calls[index].clockAdjustment = adjustment }
        }
    }

    /// Gives back what waits in line: the worker stops.
    func giveBackQueued() {
        let uptime = clock.uptime
        finish(guards.drain().map { unsent($0.call.job, uptime) })
    }

    private func finish(_ jobs: [DecidedJob]) {
        guard !jobs.isEmpty else { return }
        uncalled(jobs)
        decided.send(jobs)
    }

    private func uncalled(_ jobs: [DecidedJob]) {
        slots.uncalled(jobs.count, ofAgents: jobs.count { $0.job.lane == .interactive })
    }

    private func verdictWithoutCall(
        _ job: ClaimedJob,
        isStopping: Bool,
        _ sendBy: Duration,
        _ uptime: Duration
    ) -> DecidedJob? {
        switch job.purpose {
        case .expire:
            return DecidedJob(job: job, verdict: account(of: job).outcomes.expire(job), decidedAt: clock.databaseNow)
        case .open where isStopping || uptime > sendBy, .lookUp where isStopping:
            return unsent(job, uptime)
        case .lookUp where !account(of: job).outcomes.rules.looksUp:
            return decide(job, .switchedOff)
        case .lookUp:
            return nil
        case .open:
            guard job.attempts > 1, let pause = guards.pauseBeforeRepeat(of: job, at: uptime) else { return nil }
            return unsent(job, uptime, after: pause)
        }
    }

    /// Nothing was sent for it: it is as it was before it was claimed.
    private func unsent(_ job: ClaimedJob, _ uptime: Duration, after pause: Duration = .zero) -> DecidedJob {
        guards.unsent(job, at: uptime)
        return DecidedJob(job: job, verdict: .release(after: pause), decidedAt: clock.databaseNow)
    }

    /// What the answer to a call that need not be made means.
    private func decide(_ job: ClaimedJob, _ answer: CashierAnswer) -> DecidedJob {
        let now = clock.databaseNow
        return decide(AnsweredCall(job: job, answer: answer, startedAt: now), clock: nil, now: now).job
    }

    /// What a call's answer means.
    ///
    /// - Parameter step: what a refused timestamp leads to.
    func decide(
        _ call: AnsweredCall,
        clock step: AccountClock.Step?,
        now: Timestamp
    ) -> (job: DecidedJob, sign: AccountSign) {
        let (job, answer) = (call.job, call.answer)
        var random = SystemRandomNumberGenerator()
        var policy = account(of: job).outcomes
        // Only what a look-up leads to depends on how long ago the last request was sent.
        if job.purpose == .lookUp { policy.steadySince = clock.steadySince }
        let decision = policy.decide(
            job,
            answer: answer,
            startedAt: call.startedAt,
            clock: step,
            now: now,
            using: &random
        )
        let attempt = AttemptRecord(
            kind: job.purpose == .lookUp ? AttemptRecord.lookUp : AttemptRecord.open,
            outcome: decision.attemptOutcome,
            code: answer.code,
            httpStatus: answer.httpStatus,
            message: answer.message.isEmpty ? nil : answer.message,
            elapsed: answer.elapsed
        )
        let decided = DecidedJob(
            job: job,
            verdict: decision.verdict,
            attempt: attempt,
            hold: decision.sign.hold,
            delay: decision.sign.delay,
            calledAt: call.startedAt,
            finding: AnswerFinding(answer, to: job),
            decidedAt: now
        )
        return (decided, decision.sign)
    }

    /// What becomes of a job whose call was refused as a wrong account would be, while others go well.
    func refusedAlone(_ call: AnsweredCall, now: Timestamp) -> Verdict {
        var random = SystemRandomNumberGenerator()
        return account(of: call.job).outcomes.refusedAlone(call.job, call.answer, now: now, using: &random)
    }

    private func account(of job: ClaimedJob) -> WorkerAccount {
        guard let account = accounts[job.order.account] else {
            preconditionFailure("a job of the unknown account \(job.order.account) was claimed")
        }
        return account
    }
}

extension CashierAnswer {
    /// For an account whose configuration says that the look-up must not be used.
    fileprivate static var switchedOff: CashierAnswer {
        CashierAnswer(outcome: .lookUpRefused, code: AnswerCode.lookUpOff, message: "look_up is off for this account")
    }
}
