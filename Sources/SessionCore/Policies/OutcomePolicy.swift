/// What an account wants done when the provider has an open session of an order whose URL was lost with the reply.
package enum UnknownPolicy: String, CaseIterable, Sendable {
    /// Send again at once: nobody ever received the first session's URL.
    case repost
    /// Wait until the first session has expired, then send again.
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
    /// Wait before the account is tried again after a fault of its configuration.
    package var configFaultPause: Duration
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
        configFaultPause: Duration,
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
        self.configFaultPause = configFaultPause
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

/// What a call means for the job, for its account and for the operator.
package struct Decision: Equatable, Sendable {
    package var verdict: Verdict
    /// The word for the attempt's outcome in its record.
    package var attemptOutcome: String
    /// Whether the call counts against the account's breaker.
    package var isFailure: Bool
    /// Close the account's gate for every worker.
    package var gate: Duration?

    package init(verdict: Verdict, attemptOutcome: String, isFailure: Bool = false, gate: Duration? = nil) {
        self.verdict = verdict
        self.attemptOutcome = attemptOutcome
        self.isFailure = isFailure
        self.gate = gate
    }
}

/// Decides what a call's answer means. Pure: the same job, answer, moment and random numbers give the same decision.
package struct OutcomePolicy: Equatable, Sendable {
    package var rules: OutcomeRules

    package init(rules: OutcomeRules) {
        self.rules = rules
    }

    /// Decides about a claimed job whose call was answered at `now` (database time).
    ///
    /// - Precondition: the job was claimed to be sent or looked up.
    package func decide(
        _ job: ClaimedJob,
        answer: CashierAnswer,
        now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) -> Decision {
        var decision =
            switch job.purpose {
            case .open: decideOpen(job, answer, now, &random)
            case .lookUp: decideLookUp(job, answer, now, &random)
            case .expire: preconditionFailure("a job past not_after was sent to the provider")
            }
        // The provider's word holds for the account, not for the one call that happened to hear it.
        if let retryAfter = answer.retryAfter { decision.gate = max(decision.gate ?? .zero, retryAfter) }
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
            return Decision(verdict: .opened(session, expiresAt: expiresAt), attemptOutcome: "opened")
        case .refused(let errorClass):
            return decideRefusal(job, answer, errorClass, now, &random)
        case .notSent where answer.code == AnswerCode.jobUnreadable:
            let error = ResultError(code: answer.code, errorClass: "internal", message: answer.message)
            return Decision(verdict: .ended(.failed, error), attemptOutcome: "not_sent")
        case .notSent:
            let pause = rules.fast.delay(afterAttempt: 3, using: &random)
            return Decision(verdict: .release(after: pause), attemptOutcome: "not_sent", isFailure: true)
        case .unknown, .found, .notFound, .lookUpRefused:
            return Decision(
                verdict: .verify(after: rules.lookUpSchedule[0]),
                attemptOutcome: "unknown",
                isFailure: true
            )
        }
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
            return Decision(verdict: .ended(.declined, error), attemptOutcome: "declined")
        case .configFault:
            return Decision(
                verdict: .release(after: rules.configFaultPause),
                attemptOutcome: "config_fault",
                isFailure: true,
                gate: rules.configFaultPause
            )
        case .verify:
            return Decision(
                verdict: .verify(after: rules.lookUpSchedule[0]),
                attemptOutcome: "unknown",
                isFailure: true
            )
        case .retryFast where answer.code == AnswerCode.timestamp && job.attempts > 1:
            // Signed anew and refused again: it is the clock, and every job of the account would meet it.
            return decideRefusal(job, answer, .configFault, now, &random)
        case .retryFast:
            return again(job, after: rules.fast, now, outcome: "retry", &random)
        case .limited:
            return again(job, after: rules.limited, now, outcome: "retry", &random)
        case .retrySlow, .maintenance:
            return again(job, after: rules.slow, now, outcome: "retry", &random)
        }
    }

    private func decideLookUp(
        _ job: ClaimedJob,
        _ answer: CashierAnswer,
        _ now: Timestamp,
        _ random: inout some RandomNumberGenerator
    ) -> Decision {
        switch answer.outcome {
        case .found(.open):
            return applyPolicy(job, now, outcome: "found_open", &random)
        case .found(.used):
            let error = ResultError(
                code: "session_used",
                errorClass: "unknown_outcome",
                message: "the session was opened and used, but its URL was lost with the reply; "
                    + "look the order up in the provider's back office"
            )
            return Decision(verdict: .ended(.failed, error), attemptOutcome: "found_used")
        case .found(.over):
            return again(job, after: nil, now, outcome: "found_over", &random)
        case .notFound where isQuiet(job, now):
            return again(job, after: nil, now, outcome: "not_found", &random)
        case .notFound:
            return Decision(verdict: .verify(after: nextLookUp(job, now)), attemptOutcome: "not_found")
        case .notSent where answer.code == AnswerCode.noFindOrderURL && isQuiet(job, now):
            return applyPolicy(job, now, outcome: "look_up_refused", &random)
        case .lookUpRefused where isQuiet(job, now):
            return applyPolicy(job, now, outcome: "look_up_refused", &random)
        case .lookUpRefused:
            return Decision(verdict: .verify(after: nextLookUp(job, now)), attemptOutcome: "look_up_refused")
        case .opened, .refused, .notSent, .unknown:
            return lookUpFailed(job, answer, now, &random)
        }
    }

    /// A look-up without an answer is repeated; once nothing can be learned by it, the account's policy decides.
    private func lookUpFailed(
        _ job: ClaimedJob,
        _ answer: CashierAnswer,
        _ now: Timestamp,
        _ random: inout some RandomNumberGenerator
    ) -> Decision {
        if isQuiet(job, now), job.lookUps > rules.lookUpSchedule.count * 2 + 5 {
            return applyPolicy(job, now, outcome: "look_up_failed", &random)
        }
        let gate = answer.outcome == .refused(.configFault) ? rules.configFaultPause : nil
        return Decision(
            verdict: .verify(after: max(nextLookUp(job, now), rules.fast.bound(afterAttempt: job.lookUps))),
            attemptOutcome: "look_up_failed",
            isFailure: true,
            gate: gate
        )
    }

    /// The first session may be live but its URL is lost: send again, wait it out, or leave it to a person.
    private func applyPolicy(
        _ job: ClaimedJob,
        _ now: Timestamp,
        outcome: String,
        _ random: inout some RandomNumberGenerator
    ) -> Decision {
        switch rules.unknownPolicy {
        case .repost:
            return again(job, after: nil, now, outcome: outcome, &random)
        case .wait:
            let over = (job.lastSend ?? now).advanced(by: rules.sessionLifetime + rules.clockSkew)
            if now >= over { return again(job, after: nil, now, outcome: outcome, &random) }
            return Decision(verdict: .verify(after: now.duration(to: over)), attemptOutcome: outcome)
        case .park:
            return Decision(verdict: .park, attemptOutcome: outcome)
        }
    }

    /// Sends again, unless attempts or time are used up. Without a backoff it is sent as soon as possible.
    private func again(
        _ job: ClaimedJob,
        after backoff: Backoff?,
        _ now: Timestamp,
        outcome: String,
        _ random: inout some RandomNumberGenerator
    ) -> Decision {
        let spent = (job.firstSend ?? now).duration(to: now)
        guard job.attempts < rules.attemptsMax, spent < rules.timeBudget else {
            let isOutOfAttempts = job.attempts >= rules.attemptsMax
            let error = ResultError(
                code: isOutOfAttempts ? "attempts_used_up" : "time_budget_used_up",
                errorClass: isOutOfAttempts ? "attempts" : "time_budget",
                message: "no session after \(job.attempts) attempts; "
                    + "send it under a new order_id when the provider is well again"
            )
            return Decision(verdict: .ended(.failed, error), attemptOutcome: outcome, isFailure: backoff != nil)
        }
        let pause = backoff?.delay(afterAttempt: job.attempts, using: &random) ?? .zero
        return Decision(verdict: .retry(after: pause), attemptOutcome: outcome, isFailure: backoff != nil)
    }

    /// Whether a request sent at the job's last mark can no longer be accepted.
    private func isQuiet(_ job: ClaimedJob, _ now: Timestamp) -> Bool {
        now >= quietFrom(job, now)
    }

    private func quietFrom(_ job: ClaimedJob, _ now: Timestamp) -> Timestamp {
        (job.lastSend ?? now).advanced(by: rules.requestValidity + rules.clockSkew)
    }

    /// The wait to the next look-up: the schedule's next step, the last of which falls on the end of the validity.
    private func nextLookUp(_ job: ClaimedJob, _ now: Timestamp) -> Duration {
        let toQuiet = now.duration(to: quietFrom(job, now))
        let step = job.lookUps < rules.lookUpSchedule.count ? rules.lookUpSchedule[job.lookUps] : nil
        if toQuiet <= .zero { return step ?? rules.fast.cap }
        return min(step ?? toQuiet, toQuiet)
    }
}
