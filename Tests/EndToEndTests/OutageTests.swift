import Foundation
import Glibc
import KafkaTransport
import SessionCore
import Testing
import UsherTestKit

extension EndToEnd {
    /// What workers live through: Postgres is killed and comes back, no broker answers for half a minute. They stay up,
    /// say what they wait for, lose nothing, and go on by themselves.
    @Suite("Outages")
    struct OutageTests {
        @Test(
            "Postgres is killed with -9 and restarted during a run",
            .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"),
            .timeLimit(.minutes(5))
        )
        func databaseKilled() async throws {
            let postgres = try await RestartablePostgres.start()
            try await withInstallation(jobs: 6_000, database: postgres) { installation, workload, _, workers in
                try await eventually("a tenth is done", within: .seconds(60)) {
                    try await installation.count("select count(*) from usher.job where state >= 10") > 600
                }
                try postgres.kill()
                try await eventually("the workers say that they wait for the database", within: .seconds(20)) {
                    workers.allSatisfy { worker in worker.lines.contains { $0.contains("waiting for the database") } }
                }
                #expect(workers.allSatisfy { !$0.hasEnded }, "a worker died with the database")
                try await postgres.restart()
                try await finish(installation, workload)
                #expect(workers.allSatisfy { !$0.hasEnded })
                try await eventually("nothing of theirs waits for the database any more", within: .seconds(30)) {
                    workers.allSatisfy { worker in worker.lines.contains { $0.contains("the database is back") } }
                }
            }
        }

        @Test(
            "half a minute without any broker",
            .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"),
            .timeLimit(.minutes(6))
        )
        func brokerGone() async throws {
            try await withInstallation(jobs: 6_000) { installation, workload, kafka, workers in
                try await eventually("a tenth is done", within: .seconds(60)) {
                    try await installation.count("select count(*) from usher.job where state >= 10") > 600
                }
                try await kafka.kill()
                let clock = ContinuousClock()
                let outage = clock.now + .seconds(30)
                try await eventually("the workers say that no broker answers", within: .seconds(30)) {
                    workers.allSatisfy { worker in worker.lines.contains { $0.contains("no broker answers") } }
                }
                // The length of the outage is what is being tested.
                try await eventually("half a minute has passed", within: .seconds(40)) { clock.now >= outage }
                #expect(workers.allSatisfy { !$0.hasEnded }, "a worker died with the broker")
                try await kafka.restart()
                try await finish(installation, workload)
                #expect(workers.allSatisfy { !$0.hasEnded })
            }
        }

        private func withInstallation(
            jobs: Int,
            database: (any TestDatabase)? = nil,
            _ body: (Installation, Workload, RealKafka, [UsherProcess]) async throws -> Void
        ) async throws {
            try await withRealKafka { kafka in
                let installation = try await Installation(
                    on: KafkaCluster(kafka),
                    partitions: 6,
                    faults: "latency=30ms",
                    database: database
                )
                try await installation.use { installation in
                    let workload = Workload(jobs: jobs, duplicates: 1, conflicts: 1, unreadable: 1)
                    let workers = try ["w1", "w2"].map { try installation.startWorker($0) }
                    try await workload.enqueue(to: installation)
                    try await body(installation, workload, kafka, workers)
                }
            }
        }

        private func finish(_ installation: Installation, _ workload: Workload) async throws {
            try await eventually("everything is done and published", within: .seconds(150)) {
                try await installation.isDone(workload)
            }
            let truth = try await Reconciliation(installation, workload)
            try await truth.checkAccounting()
            try await truth.checkOutcomes()
            try truth.checkAgainstProvider()
            print("after the outage: \(truth.outcomes), \(truth.copies.count) records, \(truth.repeats) repeats")
        }
    }
}
