import CashierClient
import SessionCore
import Worker

/// What a worker does after a reply that was no success, in plain words. Pure.
struct ErrorEffect: Equatable {
    var job: String
    var account: String
    var crm: String

    /// - Parameter rules: of the account.
    init(_ judgement: ErrorJudgement, kind: CashierCall.Kind, rules: OutcomeRules) {
        let retry = judgement.rule?.retry ?? RetryRule()
        let answer = CashierAnswer(
            outcome: judgement.outcome,
            code: judgement.code,
            message: judgement.advice,
            retry: retry
        )
        var random = SystemRandomNumberGenerator()
        let decision = OutcomePolicy(rules: rules).decide(
            Self.sample(kind),
            answer: answer,
            startedAt: Timestamp(seconds: 1),
            now: Timestamp(seconds: 1),
            using: &random
        )
        switch kind {
        case .open: job = Self.afterOpening(judgement, retry, rules)
        case .lookUp: job = Self.afterLookUp(judgement.outcome, rules)
        }
        account = Self.account(decision, kind)
        crm = Self.crm(decision.verdict, judgement)
    }

    private static func afterOpening(_ judgement: ErrorJudgement, _ retry: RetryRule, _ rules: OutcomeRules) -> String {
        let again: Backoff
        switch judgement.outcome {
        case .refused(.declined): return "ends as declined; nothing more is sent for it"
        case .refused(.configFault):
            return "gets its attempt back and waits: it is fine, its account is not"
        case .refused(.retryFast): again = retry.backoff(over: rules.fast)
        case .refused(.limited): again = retry.backoff(over: rules.limited)
        case .refused(.retrySlow): again = retry.backoff(over: rules.slow)
        case .refused(.maintenance), .refused(.verify), .unknown, .opened, .notSent, .found, .notFound, .lookUpRefused:
            let wait = rules.lookUpSchedule[0].inWords
            return "may have a session: it is looked up after \(wait), and nothing is sent again before that"
        }
        let attempts = retry.attemptsMax ?? rules.attemptsMax
        let waits =
            again.base == again.cap ? again.base.inWords : "\(again.base.inWords), doubling to \(again.cap.inWords)"
        return "is sent again after a wait of up to \(waits); after \(attempts) attempts or "
            + "\(rules.timeBudget.inWords) it ends as failed"
    }

    private static func afterLookUp(_ outcome: CallOutcome, _ rules: OutcomeRules) -> String {
        let policy = (rules.unknownPolicy == .repost ? UnknownPolicy.wait : rules.unknownPolicy).rawValue
        return switch outcome {
        case .notFound:
            "counts as not opened once its request can no longer be accepted, and is sent again then; before that it "
                + "is looked up again"
        case .lookUpRefused:
            "is looked up again until its request can no longer be accepted; then unknown_policy decides: \(policy)"
        case .refused(.configFault):
            "is looked up again later; after many refusals unknown_policy decides: \(policy)"
        case .opened, .refused, .notSent, .unknown, .found: "is looked up again later"
        }
    }

    private static func account(_ decision: Decision, _ kind: CashierCall.Kind) -> String {
        switch decision.sign.hold?.kind {
        case .fault where kind == .lookUp, .maintenance where kind == .lookUp:
            return "goes on if its openings go well, and is held for every worker if not"
        case .fault, .maintenance:
            return "is held for every worker: none of its jobs is sent, but a trial now and then, until one goes well"
        case .delay: return "is held for every worker for as long as the Cashier says"
        case .byOperator, nil: break
        }
        if decision.sign.isOverload { return "goes on with fewer calls at once" }
        return decision.sign.isFailure ? "goes on; the failure counts for its breaker" : "goes on"
    }

    private static func crm(_ verdict: Verdict, _ judgement: ErrorJudgement) -> String {
        switch verdict {
        case .ended(let state, let error):
            "gets the job's one result now: \(state.name), error code \(error.code): \(judgement.advice)"
        case .opened, .release, .retry, .verify, .park: "hears nothing yet; the job's one result comes with its end"
        }
    }

    /// A job whose first request was just answered.
    private static func sample(_ kind: CashierCall.Kind) -> ClaimedJob {
        ClaimedJob(
            lease: LeaseRef(jobID: 0, epoch: 0),
            purpose: kind == .open ? .open : .lookUp,
            order: Order(account: "", orderID: ""),
            generation: 1,
            lane: .interactive,
            campaign: nil,
            attempts: 1,
            lookUps: kind == .open ? 0 : 1,
            acceptedAt: Timestamp(seconds: 0),
            notAfter: Timestamp(seconds: 1_000_000),
            firstSend: Timestamp(seconds: 0),
            lastSend: Timestamp(seconds: 0),
            request: nil,
            traceparent: nil
        )
    }
}
