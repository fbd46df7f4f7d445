import SessionCore
import Testing
import UsherTestKit

@testable import Worker

/// How a campaign is taken from its topic while agents send jobs.
@Suite("Intake beside agents")
struct IntakeBesideAgentsTests {
    private let bench = WorkerBench(campaigns: "bulk", answer: WorkerBench.opened)

    private func isOut(_ partition: Int32) -> Bool {
        bench.source.isOut(TopicPartition(topic: "bulk", partition: partition))
    }

    @Test("a campaign's batches are taken in one at a time, with a rest after each")
    func inTurn() async throws {
        bench.store.slowDownIntake(to: .milliseconds(8))
        bench.deliver(["o-0"])
        try await bench.eventually("the agent's job is stored") { bench.store.row("o-0") != nil }
        // Two chains of batches: each partition's next is there when its last was stored.
        for partition in Int32(0)..<2 {
            for batch in Int64(0)..<8 {
                let order = "c-\(partition)-\(batch)"
                bench.deliver([order], from: batch, topic: "bulk", partition: partition, campaign: "autumn")
            }
            try await bench.eventually("a loop has its first") { isOut(partition) }
        }
        var sent: Int64 = 1
        try await bench.eventually("all of the campaign is stored") {
            bench.deliver(["o-\(sent)"], from: sent)
            sent += 1
            return bench.store.rows.count { $0.job.lane == .campaign } == 16
        }
        let batches = bench.store.takenIn.filter { $0.topic == "bulk" }
        #expect(batches.count >= 8)
        for (batch, next) in zip(batches, batches.dropFirst()) {
            let rest = min(batch.began.duration(to: batch.ended) * 3, RightOfWay.restMax)
            #expect(batch.ended.duration(to: next.began) >= rest)
        }
        try await bench.stop()
    }

    @Test("without agents batches are taken in side by side")
    func sideBySide() async throws {
        bench.store.intake.close()
        for partition in Int32(0)..<2 {
            bench.deliver(["c-\(partition)"], topic: "bulk", partition: partition, campaign: "autumn")
            try await bench.eventually("it is being stored") { bench.store.intake.waiting == Int(partition) + 1 }
        }
        bench.store.intake.open()
        try await bench.stop()
    }
}
