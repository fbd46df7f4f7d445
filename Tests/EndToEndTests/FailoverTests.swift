import SessionCore
import Testing
import UsherTestKit

extension EndToEnd {
    /// The primary dies for good and its standby takes over, whose address the settings name as well. Workers find it
    /// by themselves. With a synchronous standby it is an outage like any other. A standby that lagged lost what was
    /// acknowledged: that is not hidden, and what Kafka holds still is read again.
    @Suite("Failover of Postgres", .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"))
    struct FailoverTests {
        @Test(
            "to a synchronous standby, in the middle of a run: nothing is lost or done twice",
            .timeLimit(.minutes(5))
        )
        func synchronous() async throws {
            try await withWorkers(isSynchronous: true) { installation, postgres, workers in
                let workload = Workload(jobs: 3_000, duplicates: 1, conflicts: 1, unreadable: 1)
                try await workload.enqueue(to: installation)
                try await eventually("a tenth is done", within: .seconds(60)) {
                    try await installation.count("select count(*) from usher.job where state >= 10") > 300
                }
                try await postgres.failOver()
                try await eventually("everything is done and published", within: .seconds(120)) {
                    try await installation.isDone(workload)
                }
                #expect(workers.allSatisfy { !$0.hasEnded }, "a worker ended with the primary")
                let truth = try await Reconciliation(installation, workload)
                try await truth.checkAccounting()
                try await truth.checkOutcomes()
                try truth.checkAgainstProvider()
            }
        }

        @Test(
            "to a standby that lagged: what it lost is read again, though nothing more comes",
            .timeLimit(.minutes(5))
        )
        func lossy() async throws {
            try await withWorkers(isSynchronous: false) { installation, postgres, workers in
                let kept = Workload(jobs: 100, prefix: "kept")
                try await kept.enqueue(to: installation)
                try await eventually("the first are done", within: .seconds(60)) { try await installation.isDone(kept) }
                try await postgres.cutOff()
                let lost = Workload(jobs: 5, prefix: "lost")
                try await lost.enqueue(to: installation)
                try await eventually("five more are done", within: .seconds(60)) {
                    try await installation.count("select count(*) from usher.job where state >= 10") == 105
                }
                // What one worker stored another must miss.
                await workers[0].end()
                try await eventually("the other has all partitions", within: .seconds(30)) {
                    workers[1].lines.contains { $0.contains("partitions assigned") && $0.contains("partitions=6") }
                }
                try await postgres.failOver()
                let lostJobs = "select count(*) from usher.job where order_id like 'lost-%' and state >= 10"
                try await eventually("they are there again, and done", within: .seconds(60)) {
                    try await installation.count(lostJobs) == 5
                }
                #expect(!workers[1].hasEnded)
                let said = workers[1].lines.filter { $0.contains("the database lost commits") }
                #expect(!said.isEmpty, "nobody was told")
                #expect(try await installation.count("select count(*) from usher.job") == 105)
            }
        }

        private func withWorkers(
            isSynchronous: Bool,
            _ body: (Installation, ReplicatedPostgres, [UsherProcess]) async throws -> Void
        ) async throws {
            try await withRealKafka { kafka in
                let postgres = try await ReplicatedPostgres.start(isSynchronous: isSynchronous)
                let installation = try await Installation(
                    on: KafkaCluster(kafka),
                    partitions: 6,
                    faults: "latency=30ms",
                    database: postgres
                )
                try await installation.use { installation in
                    let workers = try ["w1", "w2"].map { try installation.startWorker($0) }
                    try await body(installation, postgres, workers)
                }
            }
        }
    }
}
