import SessionCore
import Testing

@Suite("Retry budget")
struct RetryBudgetTests {
    @Test("from a standing start there is the burst, then one repeat per ten first successes")
    func shareOfSuccesses() {
        var budget = RetryBudget(ratio: 0.1, burst: 3, tricklePerSecond: 0.001)
        for _ in 0..<3 { #expect(budget.withdraw(at: .zero) == true) }
        #expect(budget.withdraw(at: .zero) == false)
        for _ in 0..<11 { budget.callSucceeded(wasRepeat: false) }
        #expect(budget.withdraw(at: .zero) == true)
        #expect(budget.withdraw(at: .zero) == false)
    }

    @Test(
        "a repeat that succeeds costs nothing, so a backlog of repeats drains at full speed when the provider is well"
    )
    func successfulRepeatsAreFree() {
        var budget = RetryBudget(ratio: 0.1, burst: 2, tricklePerSecond: 0.001)
        for _ in 0..<1_000 {
            #expect(budget.withdraw(at: .zero) == true)
            budget.callSucceeded(wasRepeat: true)
        }
    }

    @Test("extra calls stay within the share plus burst and trickle, whatever fails")
    func neverBeyondTheShare() {
        var random = SeededGenerator(seed: 11)
        var budget = RetryBudget(ratio: 0.1, burst: 10, tricklePerSecond: 1)
        var successes = 0
        var wasted = 0
        for step in 0..<20_000 {
            let uptime = Duration.milliseconds(step)
            let wantsRepeat = Int.random(in: 0..<2, using: &random) == 0
            if wantsRepeat {
                guard budget.withdraw(at: uptime) else { continue }
                if Int.random(in: 0..<3, using: &random) == 0 {
                    budget.callSucceeded(wasRepeat: true)
                } else {
                    wasted += 1
                }
            } else {
                budget.callSucceeded(wasRepeat: false)
                successes += 1
            }
        }
        #expect(wasted <= successes / 10 + 10 + 20)
        #expect(wasted > successes / 20)
    }

    @Test("how many tokens there were lately is what first calls and repeats paid in, and the trickle")
    func tokensPerSecond() {
        var budget = RetryBudget(ratio: 0.1, burst: 10, tricklePerSecond: 1)
        #expect(budget.tokensPerSecond == 1)
        for _ in 0..<100 { budget.callSucceeded(wasRepeat: false) }
        for _ in 0..<10 { budget.callSucceeded(wasRepeat: true) }
        _ = budget.withdraw(at: .milliseconds(900))
        #expect(budget.tokensPerSecond == 1)
        _ = budget.withdraw(at: .seconds(2))
        #expect((10.9...11.1).contains(budget.tokensPerSecond))
        _ = budget.withdraw(at: .seconds(3))
        #expect(budget.tokensPerSecond == 1)
    }

    @Test("with nothing but failures the trickle still lets one through a second")
    func trickle() {
        var budget = RetryBudget(ratio: 0.1, burst: 1, tricklePerSecond: 1)
        #expect(budget.withdraw(at: .zero) == true)
        #expect(budget.withdraw(at: .milliseconds(900)) == false)
        #expect(budget.withdraw(at: .milliseconds(1_901)) == true)
    }
}
