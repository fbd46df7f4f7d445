import SessionCore
import Testing

@testable import Worker

/// Outcomes that cannot be written while life signs can.
@Suite("Outcomes that wait")
struct OutcomeWaitTests {
    private let wait = OutcomeWait()

    private func decided(_ numbers: Int64...) -> [DecidedJob] {
        numbers.map { number in
            let job = AccountGuardsTests.job(number)
            return DecidedJob(job: job, verdict: .release(after: .zero), decidedAt: job.acceptedAt)
        }
    }

    /// The jobs whose leases are kept, with what nobody has taken yet.
    private func kept(with gathered: [DecidedJob] = [], at milliseconds: Int) -> Set<Int64> {
        Set(wait.leasesToKeep(with: gathered, at: .milliseconds(milliseconds)).map(\.jobID))
    }

    @Test("leases are kept of all that waits once a batch has waited for a second")
    func keeps() {
        let first = wait.began(decided(1, 2), at: .seconds(10))
        #expect(kept(with: decided(4), at: 10_999).isEmpty)
        let second = wait.began(decided(3), at: .milliseconds(10_999))
        #expect(kept(with: decided(4), at: 11_000) == [1, 2, 3, 4])
        wait.wentOn(first, at: .seconds(11))
        #expect(kept(at: 11_500).isEmpty, "a part of it was written")
        #expect(kept(at: 12_000) == [1, 2, 3])
        wait.ended(second)
        #expect(kept(at: 12_000) == [1, 2])
        wait.ended(first)
        #expect(kept(with: decided(4), at: 60_000).isEmpty, "it is about to be taken")
    }

    @Test("they are kept for as long as a link lives")
    func keepsForSoLong() {
        _ = wait.began(decided(1), at: .seconds(10))
        #expect(kept(at: 909_999) == [1])
        #expect(kept(at: 910_000).isEmpty)
    }

    @Test("those that wait beside one that has for longer are kept")
    func keepsTheYounger() {
        _ = wait.began(decided(1), at: .seconds(10))
        _ = wait.began(decided(2), at: .seconds(880))
        #expect(kept(at: 911_000) == [2])
    }

    @Test("nothing gets through once as many batches as may be written have waited for five seconds")
    func stuck() {
        let first = wait.began(decided(1), at: .seconds(10))
        #expect(wait.stuck(at: .seconds(60)) == nil, "others get through beside it")
        let second = wait.began(decided(2), at: .seconds(60))
        #expect(wait.stuck(at: .milliseconds(64_999)) == nil)
        #expect(wait.stuck(at: .seconds(65)) == .seconds(5))
        wait.wentOn(second, at: .seconds(65))
        #expect(wait.stuck(at: .seconds(66)) == nil)
        #expect(wait.stuck(at: .seconds(70)) == .seconds(5))
        wait.ended(first)
        #expect(wait.stuck(at: .seconds(70)) == nil)
    }

    @Test("while none can be written their leases are kept, and nothing is claimed; then they are written after all")
    func ofAWorker() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.store.campaignOutcomes.close()
        for batch in Int64(0)..<2 {
            bench.deliver(["c-\(batch)"], from: batch, campaign: "autumn")
            try await bench.eventually("its outcome waits") {
                bench.store.campaignOutcomes.waiting == batch + 1
            }
        }
        // A lease is 60 s long: together that is more.
        for _ in 0..<2 {
            let until = try #require(bench.store.rows.compactMap(\.leaseUntil).max())
            bench.store.advance(by: .seconds(45))
            try await bench.eventually("the leases are kept") {
                bench.store.rows.count { ($0.leaseUntil ?? until) > until } == 2
            }
        }
        let said = "no jobs are claimed: outcomes cannot be written"
        try await bench.eventually("it is said that nothing is claimed") { bench.hasLogged(said) }
        bench.deliver(["a-1"], partition: 1)
        try await bench.eventually("the agent's job is stored") { bench.store.row("a-1") != nil }
        let lifeSigns = bench.store.lifeSigns
        try await bench.eventually("it could have been claimed") { bench.store.lifeSigns > lifeSigns }
        #expect(bench.store.row("a-1")?.state == .ready)
        bench.store.campaignOutcomes.open()
        try await bench.eventually("all are published") { bench.sink.published.count == 3 }
        #expect(bench.cashier.calls.count == 3)
        #expect(!bench.hasLogged("lease lost"))
        try await bench.eventually("it is said that jobs are claimed") {
            bench.hasLogged("outcomes are written again: jobs are claimed")
        }
        #expect(bench.logged(said) == 1)
        try await bench.stop()
    }
}
