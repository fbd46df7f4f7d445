import SessionCore
import Testing
import UsherTestKit

@testable import Worker

@Suite("Probes of a breaker")
struct BreakerProbeTests {
    @Test("behind look-ups that are not answered a job that can be sent is the next probe, and closes the breaker")
    func lookUpsInVain() async throws {
        let policy = Breaker.Policy(
            failures: 5,
            window: .seconds(60),
            openFor: .milliseconds(1),
            probeInterval: .milliseconds(1)
        )
        let bench = WorkerBench(breaker: policy) { call in
            guard call.kind == .lookUp || call.job.order.orderID != "o-1" else { return WorkerBench.opened(call) }
            return CashierAnswer(outcome: .unknown, code: "timeout", message: "")
        }
        bench.deliver((0..<5).map { "lost-\($0)" })
        try await bench.eventually("the breaker is open") { bench.hasLogged("breaker open") }
        try await bench.eventually("all answers are lost") {
            bench.store.rows.count == 5 && bench.store.rows.allSatisfy { $0.state == .verify && $0.leaseUntil == nil }
        }
        // No probe before there is one of each kind.
        bench.store.setOperatorHold("main", true)
        try await bench.eventually("the worker knows") { bench.hasLogged("account held") }
        bench.store.advance(by: .milliseconds(10))
        bench.deliver(["o-1"], from: 5)
        try await bench.eventually("it waits") { bench.store.row("o-1") != nil }
        bench.store.setOperatorHold("main", false)
        try await bench.eventually("it is opened") { bench.store.row("o-1")?.state == .opened }
        #expect(bench.cashier.calls.dropFirst(5).prefix(2).map(\.kind) == [.lookUp, .open])
        try await bench.eventually("that closes the breaker") { bench.logged("breaker closed") == 1 }
        try await bench.stop()
    }
}
