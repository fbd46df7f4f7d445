import SessionCore
import Testing
import UsherTestKit

@testable import Worker

/// How campaigns are taken from their topics while agents send jobs.
@Suite("Intake beside agents")
struct IntakeBesideAgentsTests {
    private static let topics = ["spring", "autumn"]
    private static let batches: Int64 = 6

    private let bench = WorkerBench(campaigns: topics, answer: WorkerBench.opened)

    private func deliver(_ batch: Int64, to topic: String, partition: Int32 = 0) {
        let order = "\(topic)-\(partition)-\(batch)"
        bench.deliver([order], from: batch, topic: topic, partition: partition, campaign: topic)
    }

    @Test("batches of all topics of campaigns are taken in one after another, with a rest after each")
    func inTurn() async throws {
        bench.store.slowDownIntake(to: .milliseconds(8))
        bench.deliver(["o-0"])
        try await bench.eventually("the agent's job is stored") { bench.store.row("o-0") != nil }
        let began = ContinuousClock.now
        // A partition's next is there when its last was stored.
        for batch in 0..<Self.batches {
            for topic in Self.topics { deliver(batch, to: topic) }
        }
        var sent: Int64 = 1
        try await bench.eventually("all of the campaigns' are stored") {
            bench.deliver(["o-\(sent)"], from: sent)
            sent += 1
            return bench.store.rows.count { $0.job.lane == .campaign } == 2 * Int(Self.batches)
        }
        let taken = bench.store.takenIn.filter { $0.topic != "jobs" }
        #expect(taken.count == 2 * Int(Self.batches))
        let last = try #require(taken.last)
        #expect(bench.activity.restsForAgents > 0)
        #expect(began.duration(to: last.began) >= .milliseconds(8 + 3 * 8) * (taken.count - 1))
        try await bench.stop()
    }

    @Test("without agents they are taken in side by side")
    func sideBySide() async throws {
        bench.store.intake.close()
        for partition in Int32(0)..<2 {
            deliver(0, to: "spring", partition: partition)
            try await bench.eventually("it is being stored") { bench.store.intake.waiting == Int(partition) + 1 }
        }
        bench.store.intake.open()
        #expect(bench.activity.restsForAgents == 0)
        try await bench.stop()
    }

    @Test("nobody waits for a batch that is stuck")
    func stuck() async throws {
        bench.deliver(["o-0"])
        try await bench.eventually("the agent's job is stored") { bench.store.row("o-0") != nil }
        bench.store.intake.close()
        for (index, topic) in Self.topics.enumerated() {
            deliver(0, to: topic)
            try await bench.eventually("it is being stored") { bench.store.intake.waiting == index + 1 }
        }
        bench.store.intake.open()
        try await bench.stop()
    }
}
