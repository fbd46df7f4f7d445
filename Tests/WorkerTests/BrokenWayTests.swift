import SessionCore
import Testing
import UsherTestKit

@testable import Worker

/// A worker reaches the database and not Kafka.
@Suite("A broken way to Kafka")
struct BrokenWayTests {
    private let store = MemoryStore()

    private func worker(_ number: Int, unpublishedMax: Duration = .seconds(1)) -> WorkerBench {
        WorkerBench(unpublishedMax: unpublishedMax, store: store, number: number, answer: WorkerBench.opened)
    }

    private func orders(_ records: [OutboxRecord]) -> [String] {
        records.map(\.result.orderID).sorted()
    }

    /// Has a worker take in jobs until it claims one.
    private func claimsAgain(_ worker: WorkerBench) async throws {
        let calls = worker.cashier.calls.count
        let stored = store.rows.count
        var sent = 0
        try await worker.eventually("it claims again") {
            if store.rows.count == stored + sent {
                worker.deliver(["again-\(sent)"], from: Int64(sent), partition: 9)
                sent += 1
            }
            return worker.cashier.calls.count > calls
        }
    }

    @Test("others publish what it has, and go on; it claims nothing until its producer is heard of again")
    func othersGoOn() async throws {
        let broken = worker(1)
        broken.sink.holdBack()
        broken.deliver((0..<20).map { "b-\($0)" })
        try await broken.eventually("its results wait") { broken.sink.heldBack.count == 20 }
        let other = worker(2)
        try await other.eventually("the other publishes them") { other.sink.published.count == 20 }
        #expect(orders(other.sink.published) == orders(broken.sink.heldBack))
        try await broken.eventually("it says so") { broken.hasLogged("its results are left to other workers") }

        broken.deliver(["b-20", "b-21"], from: 20)
        other.deliver(["o-1"], partition: 1)
        try await other.eventually("the other goes on") {
            other.sink.published.count == 23 && store.outboxCount == 0
        }
        #expect(broken.cashier.calls.count == 20)
        #expect(broken.sink.heldBack.count == 20)

        broken.sink.letGo()
        try await claimsAgain(broken)
        try await broken.eventually("all is published") { store.outboxCount == 0 }
        let copies = broken.sink.published.prefix(20)
        #expect(copies.allSatisfy { $0.result == store.row($0.result.orderID)?.result }, "a copy has other bytes")
        try await broken.stop()
        try await other.stop()
    }

    @Test("one whose producer gives everything back finds out by a copy of one result that it is well again")
    func triesWithACopy() async throws {
        let broken = worker(1)
        broken.sink.failNext(.max)
        broken.deliver(["b-0", "b-1", "b-2"])
        try await broken.eventually("its results are not taken") { broken.activity.publishFailures >= 3 }
        let other = worker(2)
        try await other.eventually("the other publishes them") {
            other.sink.published.count == 3 && store.outboxCount == 0
        }
        try await broken.eventually("it stands aside") { broken.hasLogged("its results are left to other workers") }
        let failures = broken.activity.publishFailures
        try await broken.eventually("it tries in vain") { broken.activity.publishFailures > failures + 1 }
        #expect(broken.cashier.calls.count == 3)
        broken.sink.failNext(0)
        try await broken.eventually("a copy gets through") { broken.sink.published.count == 1 }
        let copy = try #require(broken.sink.published.first?.result)
        #expect(copy == store.row(copy.orderID)?.result)
        try await claimsAgain(broken)
        try await broken.stop()
        try await other.stop()
    }

    @Test("alone it keeps what it has, claims nothing, and goes on as soon as the broker is back, without a copy")
    func alone() async throws {
        let bench = worker(1)
        bench.sink.holdBack()
        bench.deliver(["o-1"])
        try await bench.eventually("it says what it waits for") { bench.hasLogged("results cannot be published") }
        bench.deliver(["o-2"], from: 1)
        try await bench.eventually("what comes is stored") { store.rows.count == 2 }
        // The relay looks at what cannot be published more often than life signs come.
        let lifeSigns = store.lifeSigns
        try await bench.eventually("the relay has looked") { store.lifeSigns > lifeSigns + 1 }
        #expect(bench.cashier.calls.count == 1)
        bench.sink.letGo()
        try await bench.eventually("all is published") {
            bench.sink.published.count == 2 && store.outboxCount == 0
        }
        #expect(orders(bench.sink.published) == ["o-1", "o-2"])
        #expect(!bench.hasLogged("its results are left to other workers"))
        try await bench.stop()
    }

    @Test("in an outage that all meet an idle worker gets one result, and when it is over no others to copy")
    func outageOfAll() async throws {
        let first = worker(1)
        first.sink.holdBack()
        first.deliver((0..<20).map { "f-\($0)" })
        try await first.eventually("its results wait") { first.sink.heldBack.count == 20 }
        let idle = worker(2)
        idle.sink.holdBack()
        try await idle.eventually("it takes one over") { !idle.sink.heldBack.isEmpty }
        // What is acknowledged is not marked before they have looked for more to take over.
        store.acknowledgements.close()
        let looks = store.takeOvers.count
        idle.sink.letGo()
        first.sink.letGo()
        try await idle.eventually("they look for more") { store.takeOvers.count >= looks + 4 }
        store.acknowledgements.open()
        try await first.eventually("nothing is left") { store.outboxCount == 0 }
        #expect(first.sink.published.count == 20)
        #expect(idle.sink.published.count == 1)
        try await first.stop()
        try await idle.stop()
    }

    @Test("a worker that starts in an outage makes no links, and takes over results to find out when it is over")
    func startsInAnOutage() async throws {
        let first = worker(1, unpublishedMax: .seconds(2))
        first.sink.holdBack()
        first.deliver(["o-1", "o-2", "o-3"])
        try await first.eventually("its results wait") { first.sink.heldBack.count == 3 }
        try await first.eventually("it makes no links") { first.hasLogged("results cannot be published") }
        let second = worker(2, unpublishedMax: .seconds(2))
        second.sink.holdBack()
        try await second.eventually("the other makes none either") {
            second.hasLogged("nothing of this worker's was acknowledged since")
        }
        second.deliver(["o-4"], partition: 1)
        try await second.eventually("it takes some over") { !second.sink.heldBack.isEmpty }
        try await second.eventually("what comes is stored") { store.rows.count == 4 }
        #expect(second.cashier.calls.isEmpty)
        second.sink.letGo()
        try await second.eventually("it publishes all, and claims") {
            Set(orders(second.sink.published)) == ["o-1", "o-2", "o-3", "o-4"]
        }
        #expect(first.cashier.calls.count == 3)
        first.sink.letGo()
        try await first.eventually("nothing is left") { store.outboxCount == 0 }
        try await first.stop()
        try await second.stop()
    }
}
