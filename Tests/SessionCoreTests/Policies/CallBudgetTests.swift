import SessionCore
import Testing

@Suite("Call budget")
struct CallBudgetTests {
    @Test("over any while no more calls start than the bound allows, and nearly as many", arguments: [1, 7, 50, 2_000])
    func bound(perSecond: Int) {
        var budget = CallBudget(perSecond: perSecond)
        var started = 0
        for tick in 0...2_000 {
            let calls = budget.available(at: .milliseconds(tick * 5))
            budget.started(calls)
            started += calls
        }
        let burst = max(1, perSecond / 5)
        #expect((perSecond * 10 - 1...perSecond * 10 + burst + 1).contains(started), "\(started) in ten seconds")
    }

    @Test("a rest is not saved up beyond a fifth of a second, and what was overdrawn is paid back")
    func restAndDebt() {
        var budget = CallBudget(perSecond: 100)
        #expect(budget.available(at: .zero) == 20)
        #expect(budget.available(at: .seconds(3_600)) == 20)
        budget.started(50)
        #expect(budget.available(at: .seconds(3_600)) == 0)
        #expect(budget.available(at: .seconds(3_600) + .milliseconds(290)) == 0)
        #expect(budget.available(at: .seconds(3_600) + .milliseconds(411)) == 11)
    }
}
