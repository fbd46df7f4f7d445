import SessionCore
import Testing
import UsherTestKit

@testable import Worker

/// Jobs whose `not_after` passes while their account is held.
@Suite("Jobs that expire while their account is held")
struct OverdueJobsTests {
    private func expire(_ bench: WorkerBench, orders: [String]) async throws {
        bench.deliver(orders)
        try await bench.eventually("they wait") { bench.store.rows.count == orders.count }
        bench.store.advance(by: .seconds(3_700))
        try await bench.eventually("they have ended") { bench.store.rows.allSatisfy { $0.state == .expired } }
        try await bench.eventually("their results are published") { bench.activity.published == orders.count }
    }

    @Test("a person's hold keeps no job from expiring, and stays")
    func operatorHold() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.store.setOperatorHold("main", true)
        try await expire(bench, orders: ["o-1", "o-2"])
        #expect(bench.cashier.calls.isEmpty)
        #expect(bench.store.heldAccounts.map(\.kind) == [.byOperator])
        try await bench.stop()
    }

    @Test("nor does a hold for as long as the Cashier asked to wait")
    func delay() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        let cause = HoldCause(kind: .delay, lasts: .seconds(1_000_000), code: "429", reason: "too many")
        try await bench.store.hold(account: "main", cause, trialAfter: .zero)
        try await expire(bench, orders: ["o-1"])
        #expect(bench.cashier.calls.isEmpty)
        try await bench.stop()
    }

    @Test("what is to be looked up, and what has time left, waits for the hold's end")
    func othersWait() async throws {
        let bench = WorkerBench { call in
            guard call.job.order.orderID == "lost" else { return WorkerBench.opened(call) }
            return CashierAnswer(outcome: .unknown, code: "timeout", message: "")
        }
        bench.deliver(["lost"])
        try await bench.eventually("its answer is lost") {
            bench.store.row("lost")?.state == .verify && bench.store.row("lost")?.leaseUntil == nil
        }
        bench.store.setOperatorHold("main", true)
        bench.deliver(["late"], from: 1)
        try await bench.eventually("it waits") { bench.store.row("late") != nil }
        bench.store.advance(by: .seconds(3_700))
        try await bench.eventually("one has ended") { bench.store.row("late")?.state == .expired }
        // The worker has learnt the time by then.
        bench.deliver(["young"], from: 2)
        try await bench.eventually("it waits") { bench.store.row("young") != nil }
        #expect(bench.store.row("young")?.state == .ready)
        #expect(bench.store.row("lost")?.state == .verify)
        #expect(bench.cashier.calls.count == 1)
        try await bench.stop()
    }

    @Test("an account whose breaker is open is one of which jobs wait")
    func openBreaker() {
        let account = AccountGuardsTests.account(concurrencyMax: 4)
        let guards = AccountGuards(accounts: ["main": account, "other": account])
        #expect(guards.stalled().isEmpty)
        for number in 1...account.breaker.failures {
            let call = AccountGuards.EndedCall(
                job: AccountGuardsTests.job(Int64(number)),
                sign: AccountSign(isFailure: true)
            )
            _ = guards.begin([AccountGuardsTests.call(Int64(number))])
            _ = guards.ended([call], at: .zero, now: AccountGuardsTests.now)
        }
        #expect(guards.stalled() == ["main"])
    }
}
