import Foundation
import Glibc
import KafkaTransport
import Testing
import UsherTestKit

extension EndToEnd {
    /// A merchant secret changes while jobs flow. No process is restarted and no job fails.
    @Suite("A changed secret")
    struct SecretChangeTests {
        private static let jobs = 1_500

        /// The provider knows one secret at a time. For as long as both sides differ, its refusals hold the account
        /// and no job.
        @Test("the file is replaced while jobs flow, first seen by itself, then upon SIGHUP", .timeLimit(.minutes(4)))
        func fileReplaced() async throws {
            let kafka = try EmbeddedKafka(brokers: 1)
            defer { kafka.close() }
            let installation = try await Installation(
                on: KafkaCluster(kafka),
                partitions: 4,
                faults: "latency=20ms",
                settings: Installation.shortWindows + "breaker: {open_for: 1s, probe_interval: 1s}\n"
            )
            try await installation.use(scenario)
        }

        private func scenario(_ installation: Installation) async throws {
            let worker = try installation.startWorker("w1")
            let first = Workload(jobs: Self.jobs, prefix: "first")
            try await first.enqueue(to: installation)
            try await opened(Self.jobs / 4, in: installation)

            try installation.writeSecret("the-second-secret-of-the-tests")
            try await eventually("the worker sees the file by itself", within: .seconds(10)) {
                worker.lines.count { $0.contains("the account's secret changed") } == 1
            }
            try await installation.changeProvidersSecret()
            try await opened(Self.jobs, in: installation)

            // Nobody may read what everybody may read: the secret before stays in force, and jobs go on.
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644],
                ofItemAtPath: "\(installation.folder)/secret"
            )
            worker.signal(SIGHUP)
            try await eventually("the worker refuses the file", within: .seconds(10)) {
                worker.lines.contains { $0.contains(" error ") && $0.contains("chmod 0400") }
            }
            try await Workload(jobs: Self.jobs, prefix: "second").enqueue(to: installation)
            try await opened(Self.jobs * 5 / 4, in: installation)

            try installation.writeSecret("the-third-secret-of-the-tests")
            worker.signal(SIGHUP)
            try await installation.changeProvidersSecret()
            try await opened(Self.jobs * 2, in: installation)
            #expect(worker.lines.count { $0.contains("the account's secret changed") } == 2)
            #expect(worker.lines.count { $0.contains("can be used again") } == 1)
            #expect(!worker.hasEnded)
            let text = worker.lines.joined()
            for secret in [Installation.secret, "the-second-secret", "the-third-secret"] {
                #expect(!text.contains(secret), "a secret is in the log")
            }
            worker.signal(SIGTERM)
            #expect(try await worker.exitCode(within: .seconds(20)) == 0)
        }

        /// Waits for so many sessions; nothing may have ended in another way.
        private func opened(_ count: Int, in installation: Installation) async throws {
            try await eventually("\(count) sessions are open", within: .seconds(90)) {
                try await installation.count("select count(*) from usher.job where state = 10") >= count
            }
            #expect(try await installation.count("select count(*) from usher.job where state > 10") == 0)
        }
    }
}
