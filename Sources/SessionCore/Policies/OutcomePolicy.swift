/// What an account wants done when the provider has an open session of an order whose URL was lost with the reply.
package enum UnknownPolicy: String, CaseIterable, Sendable {
    /// Send again at once: nobody ever received the first session's URL.
    case repost
    /// Wait until the first session has expired for certain, then send again.
    case wait
    /// Leave it to an operator.
    case park
}

/// How jobs of an account are tried again and looked up.
package struct OutcomeRules: Equatable, Sendable {
    package var attemptsMax: Int
    /// From the first attempt to the last.
    package var timeBudget: Duration
    package var fast: Backoff
    package var slow: Backoff
    /// After a refusal for too many calls.
    package var limited: Backoff
    /// Waits between an unknown outcome and its look-ups.
    package var lookUpSchedule: [Duration]
    /// How long the provider accepts a signed request.
    package var requestValidity: Duration
    /// How far the clocks may be apart.
    package var clockSkew: Duration
    package var sessionLifetime: Duration
    package var unknownPolicy: UnknownPolicy
    /// Whether the account may use the provider's look-up.
    package var looksUp: Bool

    package init(
        attemptsMax: Int,
        timeBudget: Duration,
        fast: Backoff,
        slow: Backoff,
        limited: Backoff,
        lookUpSchedule: [Duration],
        requestValidity: Duration,
        clockSkew: Duration,
        sessionLifetime: Duration,
        unknownPolicy: UnknownPolicy,
        looksUp: Bool
    ) {
        precondition(attemptsMax > 0 && !lookUpSchedule.isEmpty, "outcome rules without attempts or look-ups")
        self.attemptsMax = attemptsMax
        self.timeBudget = timeBudget
        self.fast = fast
        self.slow = slow
        self.limited = limited
        self.lookUpSchedule = lookUpSchedule
        self.requestValidity = requestValidity
        self.clockSkew = clockSkew
        self.sessionLifetime = sessionLifetime
        self.unknownPolicy = unknownPolicy
        self.looksUp = looksUp
    }
}

/// What is to be done with a job after a call, before any bytes of a result are written.
package enum Verdict: Equatable, Sendable {
    case release(after: Duration)
    case retry(after: Duration)
    case verify(after: Duration)
    case park
    case opened(OpenedSession, expiresAt: Timestamp)
    /// `state` is `declined`, `failed` or `expired`.
    case ended(JobState, ResultError)
}

/// What a call means for its account.
package struct AccountSign: Equatable, Sendable {
    /// It counts against the account's breaker.
    package var isFailure = false
    /// The provider has too much to do: fewer calls at once.
    package var isOverload = false
    /// The provider dealt with the request: it takes the account as it is set up.
    package var isWell = false
    /// The provider is at work, but refused before it showed how it takes the account.
    package var isUp = false
    /// The provider was not asked, for a reason of the job's or of this worker's own: nothing was learnt of it.
    package var isUnasked = false
    /// A session may be open whose answer was not believed: the same may happen to every job of the account.
    package var isUnverified = false
    /// The account's jobs are not to start, by any worker.
    package var hold: HoldCause?
    /// What holds it beside `hold`, be that a matter of the account's or not: the provider asked to wait.
    package var delay: HoldCause?

    package init(
        isFailure: Bool = false,
        isOverload: Bool = false,
        isWell: Bool = false,
        isUp: Bool = false,
        isUnasked: Bool = false,
        isUnverified: Bool = false,
        hold: HoldCause? = nil,
        delay: HoldCause? = nil
    ) {
        self.isFailure = isFailure
        self.isOverload = isOverload
        self.isWell = isWell
        self.isUp = isUp
        self.isUnasked = isUnasked
        self.isUnverified = isUnverified
        self.hold = hold
        self.delay = delay
    }
}

/// What a call means for the job, for its account and for the operator.
package struct Decision: Equatable, Sendable {
    package var verdict: Verdict
    /// The word for the attempt's outcome in its record.
    package var attemptOutcome: String
    package var sign: AccountSign

    package init(verdict: Verdict, attemptOutcome: String, sign: AccountSign = AccountSign()) {
        self.verdict = verdict
        self.attemptOutcome = attemptOutcome
        self.sign = sign
    }
}

/// Decides what a call's answer means. Pure: the same job, answer, moment and random numbers give the same decision.
package struct OutcomePolicy: Equatable, Sendable {
    package var rules: OutcomeRules
    /// Since when the database's clock is known to have gone on evenly, by its present time; nil: always. It may have
    /// been set ahead then: what was sent before counts as sent then.
    package var steadySince: Timestamp?

    package init(rules: OutcomeRules) {
        self.rules = rules
    }

    /// Decides about a claimed job whose call was answered at `now` (database time).
    ///
    /// - Parameters:
    ///   - startedAt: when the call began, or earlier (database time). A look-up tells what was so then, however long
    ///     its answer was under way.
    ///   - clock: what a refused timestamp leads to; not looked at for other answers.
    /// - Precondition: the job was claimed to be sent or looked up.
    package func decide(
        _ job: ClaimedJob,
        answer: CashierAnswer,
        startedAt: Timestamp,
        clock: AccountClock.Step? = nil,
        now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) -> Decision {
        var decision =
            switch job.purpose {
            case .open where answer.isRefusedTimestamp: decideTimestamp(answer, clock)
            case .open: decideOpen(job, answer, now, &random)
            case .lookUp: decideLookUp(job, answer, clock, asked: startedAt, now, &random)
            case .expire: preconditionFailure("a job past not_after was sent to the provider")
            }
        if [429, 503].contains(answer.httpStatus) { decision.sign.isOverload = true }
        // The provider's word holds for the account, not for the one call that happened to hear it.
        if let retryAfter = answer.retryAfter, retryAfter > .zero {
            let reason = "the Cashier asks to wait: \(answer.message)"
            let delay = HoldCause(kind: .delay, lasts: retryAfter, code: answer.code, reason: reason)
            if decision.sign.hold == nil { decision.sign.hold = delay } else { decision.sign.delay = delay }
        }
        return decision
    }

    /// The end of a job that was claimed after its `not_after`.
    package func expire(_ job: ClaimedJob) -> Verdict {
        guard job.attempts > 0 else {
            return .ended(
                .expired,
                ResultError(
                    code: "not_after",
                    errorClass: "expired",
                    message: "not_after passed before the job could be sent; send a new order if it is still wanted"
                )
            )
        }
        return .ended(
            .failed,
            ResultError(
                code: "not_after",
                errorClass: "time_budget",
                message: "not_after passed after \(job.attempts) attempts without an answer that opened a session"
            )
        )
    }

    private func decideOpen(
        _ job: ClaimedJob,
        _ answer: CashierAnswer,
        _ now: Timestamp,
        _ random: inout some RandomNumberGenerator
    ) -> Decision {
        switch answer.outcome {
        case .opened(let session):
            let sent = job.lastSend ?? now
            let expiresAt = sent.advanced(by: rules.sessionLifetime)
            return Decision(
                verdict: .opened(session, expiresAt: expiresAt),
                attemptOutcome: "opened",
                sign: AccountSign(isWell: true)
            )
        case .refused(let errorClass):
            return decideRefusal(job, answer, errorClass, now, &random)
        case .notSent where answer.code == AnswerCode.jobUnreadable:
            let error = ResultError(code: answer.code, errorClass: "internal", message: answer.message)
            let sign = AccountSign(isUnasked: true)
            return Decision(verdict: .ended(.failed, error), attemptOutcome: "not_sent", sign: sign)
        case .notSent:
            let pause = rules.fast.delay(afterAttempt: 3, using: &random)
            let sign = unsent(answer)
            return Decision(verdict: .release(after: pause), attemptOutcome: "not_sent", sign: sign)
        case .unknown where AnswerCode.isUnverified(answer.code):
            return unknown(AccountSign(isFailure: true, isUnverified: true, hold: answer.holds(.fault)))
        case .unknown, .found, .notFound, .lookUpRefused:
            return unknown(AccountSign(isFailure: true, isOverload: answer.code == "timeout"))
        }
    }

    /// Who waited behind other accounts' calls has learnt nothing of its own provider.
    private func unsent(_ answer: CashierAnswer) -> AccountSign {
        answer.code == AnswerCode.waited ? AccountSign(isUnasked: true) : AccountSign(isFailure: true)
    }

    private func unknown(_ sign: AccountSign) -> Decision {
        Decision(verdict: .verify(after: rules.lookUpSchedule[0]), attemptOutcome: "unknown", sign: sign)
    }

    /// Proof that nothing was done, and no fault of the job's: the attempt is given back.
    private func decideTimestamp(_ answer: CashierAnswer, _ step: AccountClock.Step?) -> Decision {
        var sign = AccountSign()
        switch step {
        case .signAgain: sign.isUp = true
        case .hold(let reason):
            let reason = "the Cashier refuses the timestamp: \(reason)"
            sign.hold = HoldCause(kind: .fault, code: answer.code, reason: reason)
        case nil:
            sign.hold = HoldCause(kind: .fault, code: answer.code, reason: answer.message)
        }
        return Decision(verdict: .release(after: .zero), attemptOutcome: "timestamp", sign: sign)
    }

    private func decideRefusal(
        _ job: ClaimedJob,
        _ answer: CashierAnswer,
        _ errorClass: ErrorClass,
        _ now: Timestamp,
        _ random: inout some RandomNumberGenerator
    ) -> Decision {
        switch errorClass {
        case .declined:
            let error = ResultError(code: answer.code, errorClass: "declined", message: answer.message)
            let sign = AccountSign(isWell: true)
            return Decision(verdict: .ended(.declined, error), attemptOutcome: "declined", sign: sign)
        case .configFault:
            return Decision(
                verdict: .release(after: .zero),
                attemptOutcome: "config_fault",
                sign: AccountSign(hold: answer.holds(.fault))
            )
        case .maintenance:
            // It is not published whether a request may have been carried out all the same.
            return unknown(AccountSign(isOverload: true, hold: answer.holds(.maintenance)))
        case .verify:
            return unknown(AccountSign(isFailure: true))
        case .retryFast:
            return again(job, after: rules.fast, by: answer.retry, now, outcome: "retry", &random)
        case .limited:
            var decision = again(job, after: rules.limited, by: answer.retry, now, outcome: "retry", &random)
            decision.sign = AccountSign(isOverload: true, isWell: true)
            return decision
        case .retrySlow:
            return again(job, after: rules.slow, by: answer.retry, now, outcome: "retry", &random)
        }
    }

    private func decideLookUp(
        _ job: ClaimedJob,
        _ answer: CashierAnswer,
        _ clock: AccountClock.Step?,
        asked: Timestamp,
        _ now: Timestamp,
        _ random: inout some RandomNumberGenerator
    ) -> Decision {
        var decision = decideAnsweredLookUp(job, answer, clock, asked: asked, now, &random)
        switch answer.outcome {
        case .found, .notFound: decision.sign.isWell = true
        case .lookUpRefused where answer.code != AnswerCode.lookUpOff: decision.sign.isUp = true
        case .lookUpRefused, .opened, .refused, .notSent, .unknown: break
        }
        return decision
    }

    /// - Parameter asked: what it says was so then; a request may have been accepted since.
    private func decideAnsweredLookUp(
        _ job: ClaimedJob,
        _ answer: CashierAnswer,
        _ clock: AccountClock.Step?,
        asked: Timestamp,
        _ now: Timestamp,
        _ random: inout some RandomNumberGenerator
    ) -> Decision {
        switch answer.outcome {
        case .found(let sight) where isKnownForGood(job, sight):
            let error = ResultError(
                code: AnswerCode.notUnique,
                errorClass: "unknown_outcome",
                message: "the Cashier has opened a session for this order, whose URL was lost with the reply, and "
                    + "opens no other for the same order_id: send the job under a new order_id"
            )
            return Decision(verdict: .ended(.failed, error), attemptOutcome: "found_\(sight.rawValue)")
        case .found(.open):
            return applyPolicy(rules.unknownPolicy, job, now, outcome: "found_open", &random)
        case .found(.used):
            let error = ResultError(
                code: "session_used",
                errorClass: "unknown_outcome",
                message: "the session was opened and used, but its URL was lost with the reply; "
                    + "look the order up in the provider's back office"
            )
            return Decision(verdict: .ended(.failed, error), attemptOutcome: "found_used")
        case .found(.over) where job.attempts == 1 || job.lastCode == AnswerCode.notUnique || isQuiet(job, asked):
            return again(job, after: nil, now, outcome: "found_over", &random)
        case .found(.over):
            // Perhaps an earlier attempt's: the last, unless it was refused, may still be accepted.
            let pause = nextLookUp(job, now, asked: asked)
            return Decision(verdict: .verify(after: pause), attemptOutcome: "found_over")
        case .notFound where isQuiet(job, asked):
            return again(job, after: nil, now, outcome: "not_found", &random)
        case .notFound:
            let pause = nextLookUp(job, now, asked: asked)
            return Decision(verdict: .verify(after: pause), attemptOutcome: "not_found")
        case .notSent where answer.code == AnswerCode.noFindOrderURL && isQuiet(job, now):
            return applyPolicy(rules.unknownPolicy, job, now, outcome: "look_up_refused", &random)
        case .lookUpRefused where isQuiet(job, now):
            // Who turned the look-up off has chosen the policy knowing that.
            let policy = answer.code == AnswerCode.lookUpOff ? rules.unknownPolicy : policyOfTheRefused
            return applyPolicy(policy, job, now, outcome: "look_up_refused", &random)
        case .lookUpRefused:
            return Decision(verdict: .verify(after: nextLookUp(job, now)), attemptOutcome: "look_up_refused")
        case .opened, .refused, .notSent, .unknown:
            return lookUpFailed(job, answer, clock, now, &random)
        }
    }

    /// Whether the provider refused to open another session for an order that it had opened one for: sending it again
    /// will not help. A session that is over may make room for one, so that is tried once more.
    private func isKnownForGood(_ job: ClaimedJob, _ sight: SessionSight) -> Bool {
        guard job.lastCode == AnswerCode.notUnique else { return false }
        switch sight {
        case .open: return job.attempts >= 2 && rules.unknownPolicy == .repost
        case .over: return job.attempts >= 3
        case .used: return false
        }
    }

    /// For an account that the provider refuses look-ups to. It has not chosen its policy knowing that: a session that
    /// may be open is waited out.
    private var policyOfTheRefused: UnknownPolicy {
        rules.unknownPolicy == .repost ? .wait : rules.unknownPolicy
    }

    /// A look-up without an answer is repeated; once nothing can be learned by it, the account's policy decides. A
    /// fault may be of look-ups only, and then it holds no account that would wait for its end. Maintenance does end.
    private func lookUpFailed(
        _ job: ClaimedJob,
        _ answer: CashierAnswer,
        _ clock: AccountClock.Step?,
        _ now: Timestamp,
        _ random: inout some RandomNumberGenerator
    ) -> Decision {
        var sign = AccountSign()
        switch answer.outcome {
        case .refused where answer.isRefusedTimestamp:
            sign = decideTimestamp(answer, clock).sign
            // The signature of the next look-up has another time.
            guard sign.hold != nil else {
                return Decision(verdict: .verify(after: .zero), attemptOutcome: "timestamp", sign: sign)
            }
        case .refused(.configFault): sign.hold = answer.holds(.fault)
        case .refused(.maintenance): sign = AccountSign(isOverload: true, hold: answer.holds(.maintenance))
        case .refused(.limited): sign = AccountSign(isOverload: true, isWell: true)
        case .notSent: sign = unsent(answer)
        case .refused, .opened, .unknown, .found, .notFound, .lookUpRefused: sign.isFailure = true
        }
        let isInVain = isQuiet(job, now) && job.lookUps > rules.lookUpSchedule.count * 2 + 5
        if isInVain, sign.hold?.kind != .maintenance {
            let policy = sign.hold == nil ? rules.unknownPolicy : policyOfTheRefused
            var decision = applyPolicy(policy, job, now, outcome: "look_up_failed", &random)
            decision.sign = sign
            return decision
        }
        return Decision(
            verdict: .verify(after: max(nextLookUp(job, now), rules.fast.bound(afterAttempt: job.lookUps))),
            attemptOutcome: "look_up_failed",
            sign: sign
        )
    }

    /// The first session may be live but its URL is lost: send again, wait it out, or leave it to a person.
    private func applyPolicy(
        _ policy: UnknownPolicy,
        _ job: ClaimedJob,
        _ now: Timestamp,
        outcome: String,
        _ random: inout some RandomNumberGenerator
    ) -> Decision {
        switch policy {
        case .repost:
            return again(job, after: nil, now, outcome: outcome, &random)
        case .wait:
            // Its life began when the request was accepted: at the end of its validity, at the latest.
            let over = quietFrom(job, now).advanced(by: rules.sessionLifetime)
            if now >= over { return again(job, after: nil, now, outcome: outcome, &random) }
            return Decision(verdict: .verify(after: now.duration(to: over)), attemptOutcome: outcome)
        case .park:
            return Decision(verdict: .park, attemptOutcome: outcome)
        }
    }

    /// Sends again, unless attempts or time are used up. Without a backoff it is sent as soon as possible.
    func again(
        _ job: ClaimedJob,
        after backoff: Backoff?,
        by retry: RetryRule? = nil,
        _ now: Timestamp,
        outcome: String,
        _ random: inout some RandomNumberGenerator
    ) -> Decision {
        let spent = (job.firstSend ?? now).duration(to: now)
        let sign = AccountSign(isFailure: backoff != nil, isWell: backoff != nil)
        let attemptsMax = retry?.attemptsMax ?? rules.attemptsMax
        // The time before the first look-up's answer may have been a hold's: what was sent once and came to nothing has
        // not been tried again yet, and its not_after still bounds it.
        let isFirstRepeat = job.purpose == .lookUp && job.attempts == 1
        guard job.attempts < attemptsMax, spent < rules.timeBudget || isFirstRepeat else {
            let isOutOfAttempts = job.attempts >= attemptsMax
            let error = ResultError(
                code: isOutOfAttempts ? "attempts_used_up" : "time_budget_used_up",
                errorClass: isOutOfAttempts ? "attempts" : "time_budget",
                message: "no session after \(job.attempts) attempts; "
                    + "send it under a new order_id when the provider is well again"
            )
            return Decision(verdict: .ended(.failed, error), attemptOutcome: outcome, sign: sign)
        }
        let waits = backoff.map { retry?.backoff(over: $0) ?? $0 }
        let pause = waits?.delay(afterAttempt: job.attempts, using: &random) ?? .zero
        return Decision(verdict: .retry(after: pause), attemptOutcome: outcome, sign: sign)
    }

    /// Whether a request sent at the job's last mark can no longer be accepted.
    private func isQuiet(_ job: ClaimedJob, _ now: Timestamp) -> Bool {
        now >= quietFrom(job, now)
    }

    private func quietFrom(_ job: ClaimedJob, _ now: Timestamp) -> Timestamp {
        sentAt(job, now).advanced(by: rules.requestValidity + rules.clockSkew)
    }

    /// When the job's last request was sent, or later.
    private func sentAt(_ job: ClaimedJob, _ now: Timestamp) -> Timestamp {
        let sent = job.lastSend ?? now
        return steadySince.map { max($0, sent) } ?? sent
    }

    /// The wait to the next look-up: the schedule's next step, the last of which falls on the end of the validity.
    ///
    /// - Parameter asked: when it was asked what has just been answered; nil where nothing was.
    private func nextLookUp(_ job: ClaimedJob, _ now: Timestamp, asked: Timestamp? = nil) -> Duration {
        let toQuiet = now.duration(to: quietFrom(job, now))
        let step = job.lookUps < rules.lookUpSchedule.count ? rules.lookUpSchedule[job.lookUps] : nil
        if toQuiet > .zero { return min(step ?? toQuiet, toQuiet) }
        // Asked a moment too early to be believed: the next answer will be.
        if let asked, !isQuiet(job, asked) { return .seconds(1) }
        return step ?? rules.fast.cap
    }
}

extension CashierAnswer {
    /// The provider refused the time that the request was signed with.
    package var isRefusedTimestamp: Bool {
        guard case .refused = outcome else { return false }
        return code == AnswerCode.timestamp
    }

    fileprivate func holds(_ kind: HoldKind) -> HoldCause {
        HoldCause(kind: kind, code: code, reason: message)
    }
}
