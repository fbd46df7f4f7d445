import Foundation
import Glibc
import KafkaTransport
import Logs
import SessionCore
import Testing
import UsherTestKit

extension EndToEnd {
    /// The whole of the main job under fire: a provider with every documented fault, duplicates, conflicts and
    /// unreadable records, one worker that is told to stop and replaced in the middle, one that is killed. At the end,
    /// read by another client, every order has one result, every URL is the provider's, and nothing was sent twice
    /// without a look-up.
    ///
    /// The windows for unknown outcomes are seconds instead of a minute; the simulator keeps to the same.
    @Suite("Killed workers lose nothing")
    struct KilledWorkersLoseNothingTests {
        static let faults =
            "503=5%,333=1%,-1=1%,hang=0.5%,reset=0.5%,late=0.5%@4s,bad_signature=0.2%,latency=20ms"

        @Test(
            "20,000 jobs on 12 partitions of a real Kafka",
            .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"),
            .timeLimit(.minutes(10))
        )
        func realKafka() async throws {
            try await withRealKafka { kafka in
                try await run(on: KafkaCluster(kafka), partitions: 12, jobs: 20_000, within: .seconds(300))
            }
        }

        @Test("1,000 jobs on the embedded cluster", .timeLimit(.minutes(5)))
        func embedded() async throws {
            let kafka = try EmbeddedKafka(brokers: 1)
            defer { kafka.close() }
            try await run(on: KafkaCluster(kafka), partitions: 4, jobs: 1_000, within: .seconds(120))
        }

        private func run(on cluster: KafkaCluster, partitions: Int, jobs: Int, within deadline: Duration) async throws {
            let installation = try await Installation(on: cluster, partitions: partitions, faults: Self.faults)
            try await installation.use { installation in
                let workload = Workload(jobs: jobs, duplicates: 2, conflicts: 1, unreadable: 1)
                try await scenario(installation, workload, within: deadline)
            }
        }

        private func scenario(_ installation: Installation, _ workload: Workload, within deadline: Duration)
            async throws
        {
            let clock = ContinuousClock()
            let began = clock.now
            let first = try installation.startWorker("w1")
            let second = try installation.startWorker("w2")
            try await workload.enqueue(to: installation)
            let total = workload.orders.count
            try await eventually("a quarter is done", within: deadline) { try await ended(installation) >= total / 4 }
            first.signal(SIGTERM)
            try installation.startWorker("w3")
            #expect(try await first.exitCode(within: .seconds(30)) == 0, "a worker that is told to stop ends well")
            try await eventually("half is done", within: deadline) { try await ended(installation) >= total / 2 }
            second.signal(SIGKILL)
            #expect(try await second.exitCode(within: .seconds(10)) == 128 + SIGKILL)
            try installation.startWorker("w4")
            try await eventually("everything is done and published", within: deadline) {
                try await installation.isDone(workload)
            }
            let took = clock.now - began
            let truth = try await Reconciliation(installation, workload)
            try await truth.checkAccounting()
            try await truth.checkOutcomes()
            try truth.checkAgainstProvider()
            try truth.checkSecrecy()
            print(
                "\(total) jobs in \(took): outcomes \(truth.outcomes), \(truth.copies.count) records, "
                    + "\(truth.repeats) repeats, provider: \(try truth.faults())"
            )
        }

        private func ended(_ installation: Installation) async throws -> Int {
            try await installation.count("select count(*) from usher.job where state >= 10")
        }
    }
}
