import Foundation
import Glibc
import KafkaTransport
import SessionCore
import Testing
import UsherTestKit

extension EndToEnd {
    /// A backlog costs memory in the database, not in the worker.
    @Suite("Backlog")
    struct BacklogTests {
        @Test(
            "a worker with 200,000 ready jobs in the table stays under 150 MB",
            .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"),
            .timeLimit(.minutes(8))
        )
        func memoryIsFlat() async throws {
            try await withRealKafka { kafka in
                // A provider that takes its time: the backlog must stand for a while.
                let installation = try await Installation(
                    on: KafkaCluster(kafka),
                    partitions: 12,
                    faults: "latency=1s",
                    keepsEvents: false
                )
                try await installation.use(scenario)
            }
        }

        private func scenario(_ installation: Installation) async throws {
            let jobs = 200_000
            let worker = try installation.startWorker("w1")
            try await Workload(jobs: jobs, prefix: "backlog").enqueue(to: installation)
            try await eventually("every record is taken in", within: .seconds(300), every: .seconds(1)) {
                try await installation.count("select count(*) from usher.job") == jobs
            }
            let ready = try await installation.count("select count(*) from usher.job where state = 0")
            #expect(ready > jobs / 2, "the backlog was to stand, not to be worked off: \(ready) are left")
            let before = worker.usage
            try await eventually("two thousand more are sent with the backlog in the table", within: .seconds(120)) {
                try await installation.count("select count(*) from usher.job where state = 0") < ready - 2_000
            }
            let after = worker.usage
            print("backlog of \(ready): peak RSS \(after.peak / 1_048_576) MB, now \(after.resident / 1_048_576) MB")
            #expect(after.peak < 150 * 1_048_576)
            #expect(after.resident < before.peak + 20 * 1_048_576, "memory grows with the work done")
            worker.signal(SIGTERM)
            #expect(try await worker.exitCode(within: .seconds(30)) == 0)
        }
    }
}
