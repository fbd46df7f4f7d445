import SessionCore
import Testing

/// How long a session lives whose URL was lost with the reply: its life began when the provider accepted the request,
/// which may have been long after the request's mark.
@Suite("Lost sessions that are waited out")
struct LostSessionTests {
    private let rules = OutcomePolicyTests.rules(.wait)

    /// - Parameter after: since the request's mark.
    private func verdict(_ outcome: CallOutcome, code: String, after: Duration) -> Verdict {
        var random = SeededGenerator(seed: 3)
        let now = OutcomePolicyTests.sent.advanced(by: after)
        return OutcomePolicy(rules: rules).decide(
            OutcomePolicyTests.job(.lookUp, lookUps: 4),
            answer: CashierAnswer(outcome: outcome, code: code, message: "m"),
            startedAt: now,
            now: now,
            using: &random
        ).verdict
    }

    @Test(
        "one whose request was accepted at the last moment lives as long as any: no other opens beside it",
        arguments: [
            (.found(.open), "c"), (.lookUpRefused, "403"), (.lookUpRefused, AnswerCode.lookUpOff),
            (.notSent, AnswerCode.noFindOrderURL),
        ] as [(CallOutcome, String)]
    )
    func acceptedAtTheLastMoment(outcome: CallOutcome, code: String) {
        let accepted = rules.requestValidity + rules.clockSkew - .seconds(1)
        let expires = accepted + rules.sessionLifetime
        let whileOpen = verdict(outcome, code: code, after: expires - .seconds(1))
        #expect(whileOpen == .verify(after: .seconds(2)))
        #expect(verdict(outcome, code: code, after: expires + .seconds(1)) == .retry(after: .zero))
    }
}
