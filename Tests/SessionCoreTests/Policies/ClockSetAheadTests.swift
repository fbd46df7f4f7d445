import SessionCore
import Testing

/// The database's clock was set ahead by five minutes, one second after an order's request was sent.
@Suite("Outcomes after the database's clock was set ahead")
struct ClockSetAheadTests {
    private static let setAt = OutcomePolicyTests.sent.advanced(by: .seconds(301))

    private func verdict(
        _ outcome: CallOutcome,
        afterStep: Duration,
        policy: UnknownPolicy = .repost,
        steadySince: Timestamp? = Self.setAt
    ) -> Verdict {
        var random = SeededGenerator(seed: 3)
        var outcomes = OutcomePolicy(rules: OutcomePolicyTests.rules(policy))
        outcomes.steadySince = steadySince
        let now = Self.setAt.advanced(by: afterStep)
        return outcomes.decide(
            OutcomePolicyTests.job(.lookUp, lookUps: 9),
            answer: CashierAnswer(outcome: outcome, code: "c", message: "m"),
            startedAt: now,
            now: now,
            using: &random
        ).verdict
    }

    @Test("a look-up that finds nothing proves nothing until validity and skew have passed since")
    func notFound() {
        #expect(verdict(.notFound, afterStep: .zero) == .verify(after: .seconds(70)))
        #expect(verdict(.notFound, afterStep: .seconds(69)) == .verify(after: .seconds(1)))
        #expect(verdict(.notFound, afterStep: .seconds(70)) == .retry(after: .zero))
    }

    @Test("where look-ups are refused nothing is sent before that, either")
    func lookUpRefused() {
        #expect(verdict(.lookUpRefused, afterStep: .seconds(69), policy: .park) == .verify(after: .seconds(1)))
        #expect(verdict(.lookUpRefused, afterStep: .seconds(70), policy: .park) == .park)
    }

    @Test("a lost session is waited out for its whole life")
    func wait() {
        #expect(verdict(.found(.open), afterStep: .seconds(700), policy: .wait) == .verify(after: .seconds(270)))
        #expect(verdict(.found(.open), afterStep: .seconds(970), policy: .wait) == .retry(after: .zero))
    }

    @Test("a clock that has always been steady, or has been since before the request, changes nothing")
    func steady() {
        let before = OutcomePolicyTests.sent.advanced(by: .seconds(-1))
        for since in [nil, before, OutcomePolicyTests.sent] {
            #expect(verdict(.notFound, afterStep: .zero, steadySince: since) == .retry(after: .zero))
        }
    }
}
