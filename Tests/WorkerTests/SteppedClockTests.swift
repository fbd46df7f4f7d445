import SessionCore
import Testing
import UsherTestKit

@testable import Worker

/// A worker whose database's clock is set ahead under way.
@Suite("A database's clock that is set ahead")
struct SteppedClockTests {
    @Test("what was sent before is not sent again until it can no longer be accepted by the worker's own time")
    func notSentAgain() async throws {
        var rules = WorkerBench.rules
        rules.requestValidity = .milliseconds(300)
        rules.clockSkew = .milliseconds(100)
        let bench = WorkerBench(outcomes: rules, stepMax: .seconds(10)) { call in
            if call.kind == .lookUp { return CashierAnswer(outcome: .notFound, code: "not_found", message: "") }
            guard call.job.attempts == 1 else { return WorkerBench.opened(call) }
            return CashierAnswer(outcome: .unknown, code: "timeout", message: "")
        }
        bench.deliver(["o-1"])
        try await bench.eventually("its answer is lost") {
            bench.store.row("o-1")?.attemptRecords.count == 1 && bench.store.row("o-1")?.leaseUntil == nil
        }
        let setAt = ContinuousClock.now
        bench.store.advance(by: .seconds(300))
        try await bench.eventually("it is looked up") {
            bench.store.row("o-1")?.attemptRecords.count == 2 && bench.store.row("o-1")?.leaseUntil == nil
        }
        #expect(bench.store.row("o-1")?.state == .verify, "that nothing was found proves nothing")
        #expect(bench.cashier.calls.map(\.kind) == [.open, .lookUp])
        #expect(bench.logged("the database's clock was set ahead") == 1)
        try await bench.eventually("it is opened") {
            bench.store.advance(by: .milliseconds(5))
            return bench.store.row("o-1")?.state == .opened
        }
        #expect(ContinuousClock.now - setAt >= .milliseconds(300))
        #expect(bench.logged("the database's clock was set ahead") == 1)
        try await bench.stop()
    }

    @Test("leases that run out by it are not a lost worker's: an outcome that is on its way is written")
    func notReaped() async throws {
        let bench = WorkerBench(stepMax: .seconds(10), answer: WorkerBench.opened)
        bench.store.campaignOutcomes.close()
        bench.deliver(["o-1"], campaign: "autumn")
        try await bench.eventually("its outcome waits") { bench.store.campaignOutcomes.waiting == 1 }
        bench.cashier.fallSilent()
        bench.deliver(["o-2"], partition: 1)
        try await bench.eventually("the other's call is out") { bench.cashier.calls.count == 2 }
        try await bench.eventually("lost workers' would be taken") { bench.store.takeOvers.last == true }
        bench.store.advance(by: .seconds(300))
        try await bench.eventually("it is found out") { bench.logged("the database's clock was set ahead") == 1 }
        let (lifeSigns, takeOvers) = (bench.store.lifeSigns, bench.store.takeOvers.count)
        try await bench.eventually("leases could have been ended") { bench.store.lifeSigns >= lifeSigns + 2 }
        // The first one's lease would be kept in any case, as its outcome waits.
        #expect(bench.store.rows.map(\.state) == [.sending, .sending])
        #expect(
            !bench.store.takeOvers.dropFirst(takeOvers).contains(true),
            "nor are living workers' results taken over"
        )
        bench.store.campaignOutcomes.open()
        try await bench.eventually("it is published") { bench.sink.published.count == 1 }
        #expect(bench.store.row("o-1")?.state == .opened)
        #expect(bench.cashier.calls.count == 2)
        #expect(!bench.hasLogged("lease lost"))
        try await bench.stop()
    }
}
