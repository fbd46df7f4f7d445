import SessionCore
import Testing
import UsherTestKit

@testable import Worker

/// How a campaign is claimed that waits in the store while agents send jobs.
@Suite("Claims beside agents")
struct ClaimsBesideAgentsTests {
    private let bench = WorkerBench(concurrencyStart: 500, inFlightMax: 500, answer: WorkerBench.opened)

    /// Stores jobs that wait, as those of a held account do.
    private func store(_ orders: [String], from start: Int64, campaign: String?) async throws {
        let count = bench.store.rows.count + orders.count
        bench.deliver(orders, from: start, campaign: campaign)
        try await bench.eventually("they wait") { bench.store.rows.count == count }
    }

    @Test("it comes in small batches, with a rest after each")
    func smallClaims() async throws {
        bench.store.slowDownClaims(to: .milliseconds(5))
        bench.store.setOperatorHold("main", true)
        try await store((0..<350).map { "c-\($0)" }, from: 0, campaign: "autumn")
        try await store(["o-0"], from: 350, campaign: nil)
        bench.store.setOperatorHold("main", false)
        var sent: Int64 = 1
        try await bench.eventually("all of the campaign is opened") {
            bench.deliver(["o-\(sent)"], from: 350 + sent)
            sent += 1
            return bench.store.rows.allSatisfy { $0.job.lane == .interactive || $0.state == .opened }
        }
        let claims = bench.store.claims.filter { $0.jobs[.campaign] != nil }
        let counts = claims.compactMap { $0.jobs[.campaign] }
        #expect(counts.reduce(0, +) == 350)
        #expect(counts.allSatisfy { $0 <= RightOfWay.batchMax })
        #expect(bench.activity.restsForAgents > 0)
        for ((claim, next), count) in zip(zip(claims, claims.dropFirst()), counts) {
            let rest = min(claim.began.duration(to: claim.ended) * 3, RightOfWay.restMax) * count / 100
            #expect(claim.ended.duration(to: next.began) >= rest)
        }
        try await bench.stop()
    }

    @Test("what agents wait for is claimed during its rests")
    func agentsDoNotRest() async throws {
        bench.store.slowDownClaims(to: .milliseconds(20))
        var next: Int64 = 0
        // More agents than a claim takes, so that some are left for the rest after it. The rest may be over before the
        // claim that is to fall into it: then once more.
        for round in 0..<10 where !bench.store.claims.contains(where: { $0.jobs[.campaign] == nil }) {
            bench.store.setOperatorHold("main", true)
            try await store((0..<400).map { "c-\(round)-\($0)" }, from: next, campaign: "autumn")
            try await store((0..<1_200).map { "o-\(round)-\($0)" }, from: next + 400, campaign: nil)
            next += 1_600
            bench.store.setOperatorHold("main", false)
            try await bench.eventually("all are opened") { bench.store.rows.allSatisfy { $0.state == .opened } }
        }
        let ofAgents = bench.store.claims.firstIndex { $0.jobs[.campaign] == nil }
        let found = try #require(ofAgents, "each claim brought some of the campaign")
        #expect(bench.store.claims[found...].contains { $0.jobs[.campaign] != nil }, "the campaign was through before")
        try await bench.stop()
    }
}
