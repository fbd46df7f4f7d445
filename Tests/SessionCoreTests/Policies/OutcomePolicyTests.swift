import SessionCore
import Testing

@Suite("Outcome policy")
struct OutcomePolicyTests {
    static let sent = Timestamp(seconds: 1_000_000)

    static func rules(_ unknownPolicy: UnknownPolicy = .repost) -> OutcomeRules {
        OutcomeRules(
            attemptsMax: 3,
            timeBudget: .seconds(3_600),
            fast: Backoff(base: .milliseconds(500), cap: .seconds(30)),
            slow: Backoff(base: .seconds(30), cap: .seconds(600)),
            limited: Backoff(base: .seconds(1), cap: .seconds(60)),
            lookUpSchedule: [.seconds(1), .seconds(3), .seconds(10), .seconds(30)],
            requestValidity: .seconds(60),
            clockSkew: .seconds(10),
            sessionLifetime: .seconds(900),
            unknownPolicy: unknownPolicy,
            looksUp: true
        )
    }

    static func job(
        _ purpose: ClaimPurpose,
        attempts: Int = 1,
        lookUps: Int = 1,
        lastCode: String? = nil
    ) -> ClaimedJob {
        ClaimedJob(
            lease: LeaseRef(jobID: 1, epoch: 1),
            purpose: purpose,
            order: Order(account: "demo", orderID: "o-1"),
            generation: 1,
            lane: .interactive,
            campaign: nil,
            attempts: attempts,
            lookUps: lookUps,
            acceptedAt: sent,
            notAfter: sent.advanced(by: .seconds(86_400)),
            firstSend: sent,
            lastSend: sent,
            lastCode: lastCode,
            request: nil,
            traceparent: nil
        )
    }

    private func decide(
        _ job: ClaimedJob,
        _ outcome: CallOutcome,
        after: Duration = .seconds(1),
        asked: Duration? = nil,
        code: String = "c",
        policy: UnknownPolicy = .repost,
        clock: AccountClock.Step? = nil,
        httpStatus: Int? = nil,
        retryAfter: Duration? = nil,
        elapsed: Duration = .zero
    ) -> Decision {
        var random = SeededGenerator(seed: 3)
        return OutcomePolicy(rules: Self.rules(policy)).decide(
            job,
            answer: CashierAnswer(
                outcome: outcome,
                code: code,
                message: "m",
                httpStatus: httpStatus,
                retryAfter: retryAfter,
                elapsed: elapsed
            ),
            startedAt: Self.sent.advanced(by: asked ?? after),
            clock: clock,
            now: Self.sent.advanced(by: after),
            using: &random
        )
    }

    @Test("an opened session expires one lifetime after the request was sent, not after it was answered")
    func openedExpiresFromSending() {
        let session = OpenedSession(redirectURL: "https://x.test/", answeredAt: Self.sent)
        let decision = decide(Self.job(.open), .opened(session), after: .seconds(15))
        #expect(decision.verdict == .opened(session, expiresAt: Self.sent.advanced(by: .seconds(900))))
        #expect(decision.sign == AccountSign(isWell: true))
    }

    @Test("a rule's own waits and number of attempts take the place of its class's")
    func ownRetry() {
        let policy = OutcomePolicy(rules: Self.rules())
        func decide(_ attempts: Int, _ retry: RetryRule?) -> Decision {
            var random = SeededGenerator(seed: 3)
            let answer = CashierAnswer(outcome: .refused(.retryFast), code: "417", message: "m", retry: retry)
            return policy.decide(
                Self.job(.open, attempts: attempts),
                answer: answer,
                startedAt: Self.sent,
                now: Self.sent,
                using: &random
            )
        }
        func wait(_ attempts: Int, _ retry: RetryRule?) -> Duration? {
            guard case .retry(let wait) = decide(attempts, retry).verdict else { return nil }
            return wait
        }
        let own = RetryRule(firstWait: .seconds(3_000), waitCap: .seconds(6_000), attemptsMax: 5)
        #expect((wait(1, nil) ?? .zero) <= .milliseconds(500))
        #expect((wait(1, own) ?? .zero) > .milliseconds(500))
        #expect(wait(3, nil) == nil)
        #expect((wait(4, own) ?? .zero) > .seconds(30))
        #expect(wait(5, own) == nil)
        #expect(wait(2, RetryRule(attemptsMax: 2)) == nil)
        #expect(wait(1, RetryRule(attemptsMax: 2)) == wait(1, nil))
    }

    @Test("any combination of a rule's waits and its class's is a backoff")
    func ownWaits() {
        let slow = Backoff(base: .seconds(30), cap: .seconds(600))
        #expect(RetryRule().backoff(over: slow) == slow)
        #expect(RetryRule(firstWait: .seconds(900)).backoff(over: slow).cap == .seconds(900))
        #expect(RetryRule(waitCap: .seconds(5)).backoff(over: slow).base == .seconds(5))
        #expect(RetryRule(firstWait: .zero, waitCap: .zero).backoff(over: slow).base == .milliseconds(1))
    }

    @Test("an unknown outcome is looked up, never sent again", arguments: [CallOutcome.unknown, .refused(.verify)])
    func unknownIsLookedUp(outcome: CallOutcome) {
        #expect(decide(Self.job(.open), outcome).verdict == .verify(after: .seconds(1)))
        #expect(decide(Self.job(.open, attempts: 3), outcome).verdict == .verify(after: .seconds(1)))
    }

    @Test(
        "a success that is not believed is looked up as well, and may be the whole account's matter",
        arguments: [AnswerCode.badSignature, AnswerCode.echo, AnswerCode.url, AnswerCode.stale]
    )
    func unbelieved(code: String) {
        let decision = decide(Self.job(.open), .unknown, code: code)
        #expect(decision.verdict == .verify(after: .seconds(1)))
        #expect(decision.sign.isUnverified && decision.sign.isFailure)
        #expect(decision.sign.hold?.kind == .fault)
        #expect(decide(Self.job(.lookUp), .unknown, code: code).sign.hold == nil)
    }

    @Test("a request that was not sent is given back and waits a moment")
    func notSentIsGivenBack() {
        guard case .release(let pause) = decide(Self.job(.open, attempts: 3), .notSent).verdict else {
            Issue.record("not released")
            return
        }
        #expect(pause <= .seconds(2))
    }

    @Test("a fault of the account's configuration costs the job no attempt and holds the account")
    func configFaultHoldsTheAccount() {
        let decision = decide(Self.job(.open, attempts: 3), .refused(.configFault), code: "401")
        #expect(decision.verdict == .release(after: .zero))
        #expect(decision.sign == AccountSign(hold: HoldCause(kind: .fault, code: "401", reason: "m")))
        let lookUp = decide(Self.job(.lookUp), .refused(.configFault), code: "401")
        #expect(lookUp.sign.hold?.kind == .fault)
        guard case .verify = lookUp.verdict else {
            Issue.record("a look-up that the account's fault refused says nothing of the job")
            return
        }
    }

    @Test("an order that is refused so alone spends its attempts, and ends with the provider's code and words")
    func refusedAlone() {
        func verdict(_ attempts: Int) -> Verdict {
            var random = SeededGenerator(seed: 3)
            return OutcomePolicy(rules: Self.rules()).refusedAlone(
                Self.job(.open, attempts: attempts),
                CashierAnswer(outcome: .refused(.configFault), code: "401", message: "wrong signature"),
                now: Self.sent,
                using: &random
            )
        }
        for attempts in 1...2 {
            guard case .retry(let wait) = verdict(attempts) else {
                Issue.record("it is not sent again after \(attempts) attempts")
                continue
            }
            #expect(wait <= .seconds(30 * attempts))
        }
        guard case .ended(.failed, let error) = verdict(3) else {
            Issue.record("it does not end with its attempts")
            return
        }
        #expect(error.code == "401" && error.errorClass == "config_fault")
        #expect(error.message.hasSuffix("wrong signature"))
    }

    @Test("maintenance holds the account; what became of the job is looked up")
    func maintenanceHoldsTheAccount() {
        let decision = decide(Self.job(.open), .refused(.maintenance), code: "333")
        #expect(decision.verdict == .verify(after: .seconds(1)))
        #expect(decision.sign.hold?.kind == .maintenance)
        #expect(!decision.sign.isWell && !decision.sign.isFailure, "the hold is enough")
    }

    @Test("a refused timestamp costs no attempt: it is signed again at once, or it holds the account")
    func refusedTimestamp() {
        let again = decide(Self.job(.open, attempts: 3), .refused(.retryFast), code: "timestamp", clock: .signAgain)
        #expect(again.verdict == .release(after: .zero))
        #expect(again.sign == AccountSign(isUp: true), "not whether the account is set up rightly")
        let held = decide(Self.job(.open), .refused(.retryFast), code: "timestamp", clock: .hold(reason: "90 s"))
        #expect(held.verdict == .release(after: .zero))
        #expect(held.sign.hold?.reason == "the Cashier refuses the timestamp: 90 s")
        let lookUp = decide(Self.job(.lookUp), .refused(.retryFast), code: "timestamp", clock: .hold(reason: "90 s"))
        #expect(lookUp.verdict == .verify(after: .seconds(3)), "not at once: it may hold no account")
        #expect(lookUp.sign.hold?.kind == .fault)
        let anew = decide(Self.job(.lookUp), .refused(.retryFast), code: "timestamp", clock: .signAgain)
        #expect(anew.verdict == .verify(after: .zero) && anew.sign == AccountSign(isUp: true))
    }

    @Test("what an answer says of its account: well, failing, overloaded", arguments: signs)
    func signsOfTheAccount(row: SignRow) {
        let sign = decide(Self.job(row.purpose), row.outcome, code: row.code, httpStatus: row.httpStatus).sign
        #expect(sign.isUp == row.isUp && sign.isUnasked == row.isUnasked)
        #expect(sign.isWell == row.isWell && sign.isFailure == row.isFailure && sign.isOverload == row.isOverload)
    }

    struct SignRow: Sendable {
        var purpose: ClaimPurpose
        var outcome: CallOutcome
        var code = "c"
        var httpStatus: Int?
        var isWell = false
        var isUp = false
        var isFailure = false
        var isOverload = false
        var isUnasked = false
    }

    static let signs = [
        SignRow(purpose: .open, outcome: .refused(.declined), isWell: true),
        SignRow(purpose: .open, outcome: .refused(.retryFast), isWell: true, isFailure: true),
        SignRow(purpose: .open, outcome: .refused(.limited), isWell: true, isOverload: true),
        SignRow(purpose: .open, outcome: .refused(.maintenance), isOverload: true),
        SignRow(purpose: .open, outcome: .unknown, isFailure: true),
        SignRow(purpose: .open, outcome: .unknown, code: "timeout", isFailure: true, isOverload: true),
        SignRow(purpose: .open, outcome: .unknown, httpStatus: 503, isFailure: true, isOverload: true),
        SignRow(purpose: .open, outcome: .unknown, httpStatus: 502, isFailure: true),
        SignRow(purpose: .open, outcome: .notSent, isFailure: true),
        SignRow(purpose: .open, outcome: .notSent, code: AnswerCode.jobUnreadable, isUnasked: true),
        SignRow(purpose: .open, outcome: .notSent, code: AnswerCode.waited, isUnasked: true),
        SignRow(purpose: .lookUp, outcome: .notSent, code: AnswerCode.waited, isUnasked: true),
        SignRow(purpose: .lookUp, outcome: .notSent, isFailure: true),
        SignRow(purpose: .lookUp, outcome: .found(.open), isWell: true),
        SignRow(purpose: .lookUp, outcome: .notFound, isWell: true),
        SignRow(purpose: .lookUp, outcome: .lookUpRefused, isUp: true),
        SignRow(purpose: .lookUp, outcome: .lookUpRefused, code: AnswerCode.lookUpOff),
        SignRow(purpose: .lookUp, outcome: .unknown, isFailure: true),
    ]

    @Test("a stored job that cannot be read ends: waiting would not mend it")
    func unreadableJobEnds() {
        guard case .ended(.failed, let error) = decide(Self.job(.open), .notSent, code: "job_unreadable").verdict else {
            Issue.record("an unreadable job is kept for ever")
            return
        }
        #expect(error.code == "job_unreadable")
    }

    @Test("Retry-After delays the account, whatever the call's outcome, and beside a hold with trials")
    func retryAfterIsForTheAccount() {
        for outcome in [CallOutcome.unknown, .refused(.limited)] {
            let sign = decide(Self.job(.open), outcome, retryAfter: .seconds(17)).sign
            #expect(sign.hold?.kind == .delay && sign.hold?.lasts == .seconds(17))
            #expect(sign.delay == nil, "once")
        }
        let sign = decide(Self.job(.open), .refused(.configFault), retryAfter: .seconds(7)).sign
        #expect(sign.hold?.kind == .fault)
        #expect(sign.delay?.lasts == .seconds(7), "be it a fault of the account's or not")
    }

    @Test("a refusal that may be tried again is, until the attempts are used up")
    func attemptsEnd() {
        guard case .retry = decide(Self.job(.open, attempts: 2), .refused(.retryFast)).verdict else {
            Issue.record("not retried")
            return
        }
        guard case .ended(.failed, let error) = decide(Self.job(.open, attempts: 3), .refused(.retryFast)).verdict
        else {
            Issue.record("retried for ever")
            return
        }
        #expect(error.code == "attempts_used_up")
    }

    @Test("the time budget ends a job that still has attempts")
    func timeBudgetEnds() {
        let decision = decide(Self.job(.open, attempts: 2), .refused(.retryFast), after: .seconds(3_600))
        guard case .ended(.failed, let error) = decision.verdict else {
            Issue.record("retried beyond the time budget")
            return
        }
        #expect(error.code == "time_budget_used_up")
    }

    @Test("what was sent once and came to nothing is sent again, however long a hold lay in between")
    func aHoldUsesUpNoTime() {
        for outcome in [CallOutcome.notFound, .found(.over)] {
            let decision = decide(Self.job(.lookUp), outcome, after: .seconds(7_200))
            #expect(decision.verdict == .retry(after: .zero))
            let later = decide(Self.job(.lookUp, attempts: 2), outcome, after: .seconds(7_200))
            guard case .ended(.failed, _) = later.verdict else {
                Issue.record("tried without end")
                continue
            }
        }
    }

    @Test("a look-up that finds nothing is believed only when the request can no longer be accepted")
    func notFoundNeedsQuiet() {
        #expect(decide(Self.job(.lookUp), .notFound, after: .seconds(2)).verdict == .verify(after: .seconds(3)))
        #expect(
            decide(Self.job(.lookUp, lookUps: 4), .notFound, after: .seconds(44)).verdict
                == .verify(after: .seconds(26))
        )
        #expect(
            decide(Self.job(.lookUp, lookUps: 4), .notFound, after: .milliseconds(69_999)).verdict
                != .retry(after: .zero)
        )
        #expect(decide(Self.job(.lookUp, lookUps: 5), .notFound, after: .seconds(70)).verdict == .retry(after: .zero))
    }

    @Test(
        "a look-up that was asked before that is asked once more: its answer came late, or soon and was read late",
        arguments: [Duration.seconds(5), .milliseconds(20)]
    )
    func notFoundSlowly(elapsed: Duration) {
        func verdict(asked: Duration, outcome: CallOutcome = .notFound, attempts: Int = 1) -> Verdict {
            let job = Self.job(.lookUp, attempts: attempts, lookUps: 4)
            return decide(job, outcome, after: .seconds(75), asked: asked, elapsed: elapsed).verdict
        }
        #expect(verdict(asked: .seconds(70)) == .retry(after: .zero))
        #expect(verdict(asked: .seconds(70), outcome: .found(.over), attempts: 2) == .retry(after: .zero))
        for early in [
            verdict(asked: .milliseconds(69_999)),
            verdict(asked: .milliseconds(69_999), outcome: .found(.over), attempts: 2),
        ] {
            guard case .verify(let pause) = early else {
                Issue.record("believed")
                continue
            }
            #expect(pause > .zero)
        }
    }

    @Test("what was asked a moment too early is asked again a moment later", arguments: [1, 3, 4, 40])
    func askedTooEarly(lookUps: Int) {
        for outcome in [CallOutcome.notFound, .found(.over)] {
            let job = Self.job(.lookUp, attempts: 2, lookUps: lookUps)
            let decision = decide(job, outcome, after: .milliseconds(70_400), asked: .milliseconds(69_999))
            #expect(decision.verdict == .verify(after: .seconds(1)))
        }
    }

    @Test("a session that is over may be an earlier attempt's: the last is waited out before the next")
    func overBeforeTheLast() {
        func verdict(attempts: Int, after: Duration, lastCode: String? = nil) -> Verdict {
            decide(Self.job(.lookUp, attempts: attempts, lastCode: lastCode), .found(.over), after: after).verdict
        }
        #expect(verdict(attempts: 1, after: .seconds(2)) == .retry(after: .zero))
        #expect(verdict(attempts: 2, after: .seconds(2)) == .verify(after: .seconds(3)))
        #expect(verdict(attempts: 2, after: .seconds(70)) == .retry(after: .zero))
        let refused = verdict(attempts: 2, after: .seconds(2), lastCode: AnswerCode.notUnique)
        #expect(refused == .retry(after: .zero), "it cannot be accepted any more")
    }

    @Test("an open session whose URL was lost: repost sends again, wait waits its life out, park leaves it to a person")
    func openSessionByPolicy() {
        let job = Self.job(.lookUp)
        #expect(decide(job, .found(.open), policy: .repost).verdict == .retry(after: .zero))
        #expect(decide(job, .found(.open), after: .seconds(10), policy: .wait).verdict == .verify(after: .seconds(960)))
        #expect(decide(job, .found(.open), after: .seconds(970), policy: .wait).verdict == .retry(after: .zero))
        #expect(decide(job, .found(.open), policy: .park).verdict == .park)
    }

    @Test("an order that the provider opens once only ends as soon as that is certain", arguments: onceOnly)
    func openedOnceOnly(row: OnceOnlyRow) {
        let job = Self.job(.lookUp, attempts: row.attempts, lastCode: AnswerCode.notUnique)
        let verdict = decide(job, .found(row.sight), after: .seconds(2), policy: row.policy).verdict
        guard case .ended(.failed, let error) = verdict else {
            #expect(!row.ends, "\(verdict)")
            return
        }
        #expect(row.ends && error.code == "not_unique" && error.message.contains("new order_id"))
    }

    struct OnceOnlyRow: Sendable {
        var attempts: Int
        var sight: SessionSight
        var policy = UnknownPolicy.repost
        var ends: Bool
    }

    static let onceOnly = [
        // Known to the provider before this job was sent: one more call tells whether it opens another.
        OnceOnlyRow(attempts: 1, sight: .open, ends: false),
        OnceOnlyRow(attempts: 2, sight: .open, ends: true),
        OnceOnlyRow(attempts: 2, sight: .open, policy: .wait, ends: false),
        OnceOnlyRow(attempts: 2, sight: .open, policy: .park, ends: false),
        OnceOnlyRow(attempts: 2, sight: .over, ends: false),
        OnceOnlyRow(attempts: 3, sight: .over, policy: .wait, ends: true),
    ]

    @Test("a session that was used ends the job: sending again could charge twice")
    func usedSessionEnds() {
        guard case .ended(.failed, let error) = decide(Self.job(.lookUp), .found(.used)).verdict else {
            Issue.record("not ended")
            return
        }
        #expect(error.code == "session_used")
    }

    @Test("a refused look-up waits until the request cannot be accepted, then the policy decides")
    func refusedLookUp() {
        let job = Self.job(.lookUp, lookUps: 4)
        #expect(decide(job, .lookUpRefused, after: .seconds(40)).verdict == .verify(after: .seconds(30)))
        #expect(decide(job, .lookUpRefused, after: .seconds(70), policy: .park).verdict == .park)
        let off = AnswerCode.lookUpOff
        #expect(decide(job, .lookUpRefused, after: .seconds(70), code: off).verdict == .retry(after: .zero))
    }

    @Test("where the provider refuses look-ups, a session that may be open is waited out before anything is sent")
    func refusedLookUpIsSafe() {
        let job = Self.job(.lookUp, lookUps: 4)
        #expect(decide(job, .lookUpRefused, after: .seconds(70)).verdict == .verify(after: .seconds(900)))
        #expect(decide(job, .lookUpRefused, after: .seconds(969)).verdict == .verify(after: .seconds(1)))
        #expect(decide(job, .lookUpRefused, after: .seconds(970)).verdict == .retry(after: .zero))
    }

    @Test(
        "look-ups that are refused for a fault without end come to their policy, as other refused ones",
        arguments: [(.configFault, "401"), (.retryFast, AnswerCode.timestamp)] as [(ErrorClass, String)]
    )
    func faultOfLookUps(errorClass: ErrorClass, code: String) {
        func decision(_ lookUps: Int, after: Duration, policy: UnknownPolicy = .repost) -> Decision {
            let job = Self.job(.lookUp, lookUps: lookUps)
            let clock = AccountClock.Step.hold(reason: "90 s")
            return decide(job, .refused(errorClass), after: after, code: code, policy: policy, clock: clock)
        }
        #expect(decision(13, after: .seconds(300)).verdict == .verify(after: .seconds(30)))
        #expect(decision(14, after: .seconds(300)).verdict == .verify(after: .seconds(670)), "waited out")
        #expect(decision(15, after: .seconds(970)).verdict == .retry(after: .zero))
        #expect(decision(14, after: .seconds(300), policy: .park).verdict == .park)
        #expect(decision(14, after: .seconds(300)).sign.hold?.kind == .fault, "that it holds is another matter")
    }

    @Test("maintenance ends: until then an order is looked up, however often")
    func maintenanceOfLookUps() {
        let job = Self.job(.lookUp, lookUps: 100)
        let decision = decide(job, .refused(.maintenance), after: .seconds(7_200), code: "333")
        #expect(decision.verdict == .verify(after: .seconds(30)))
    }

    @Test("no answer to any look-up, at any moment, sends before the request is quiet or found over")
    func neverABlindRepeat() {
        let outcomes: [CallOutcome] = [
            .notFound, .lookUpRefused, .unknown, .notSent, .refused(.declined), .refused(.configFault),
            .refused(.retryFast), .refused(.maintenance), .refused(.limited), .found(.used),
        ]
        for policy in UnknownPolicy.allCases {
            for outcome in outcomes {
                for lookUps in 1...40 {
                    for second in stride(from: 0, to: 70, by: 1) {
                        let job = Self.job(.lookUp, lookUps: lookUps)
                        let verdict = decide(job, outcome, after: .seconds(second), policy: policy).verdict
                        if case .retry = verdict {
                            Issue.record("\(outcome) at \(second) s after \(lookUps) look-ups was sent again")
                            return
                        }
                    }
                }
            }
        }
    }

    @Test("past not_after: never sent is expired, sent without an answer is failed")
    func pastNotAfter() {
        let policy = OutcomePolicy(rules: Self.rules())
        guard case .ended(.expired, _) = policy.expire(Self.job(.expire, attempts: 0)) else {
            Issue.record("a job that was never sent did not expire")
            return
        }
        guard case .ended(.failed, _) = policy.expire(Self.job(.expire, attempts: 2)) else {
            Issue.record("a job that was sent expired as if it had not been")
            return
        }
    }
}
