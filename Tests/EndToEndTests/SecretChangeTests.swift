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

        /// The provider goes on with the old secret for a while, and is told when that is over.
        @Test("callbacks are taken under the old secret during the overlap, and not after it", .timeLimit(.minutes(3)))
        func callbacks() async throws {
            let kafka = try EmbeddedKafka(brokers: 1)
            defer { kafka.close() }
            let cluster = KafkaCluster(kafka)
            try await cluster.createTopic("vt.session.transactions", partitions: 1)
            let installation = try await Installation(on: cluster, partitions: 1)
            try await installation.use(receive)
        }

        private func receive(_ installation: Installation) async throws {
            try installation.startWorker("w1")
            try await Workload(jobs: 1, prefix: "cb").enqueue(to: installation)
            try await opened(1, in: installation)
            let port = try Provider.freePort()
            let receiver = try await installation.startReceiver(
                "c1",
                ["--set", "callbacks.listen=127.0.0.1:\(port)", "--set", "accounts.main.secret_overlap=5s"]
            )
            let provider = Provider(port: port)
            func tell(_ status: String, _ secret: String) -> Int? {
                let post = Provider.body("cb-0", tid: 1, status: status, secret: secret)
                return provider.post(post.text, signature: post.signature)
            }
            let new = "the-second-secret-of-the-tests"
            #expect(tell("initialized", Installation.secret) == 0)
            #expect(tell("pending", new) == -1, "nobody knows it yet")
            try installation.writeSecret(new)
            receiver.signal(SIGHUP)
            try await eventually("the new secret verifies", within: .seconds(5), every: .milliseconds(20)) {
                tell("pending", new) == 0
            }
            #expect(tell("authorized", Installation.secret) == 0, "the overlap has begun a moment ago")
            try await eventually("the overlap is over", within: .seconds(20)) {
                receiver.lines.contains { $0.contains("verifies nothing any more") }
            }
            #expect(tell("approved", Installation.secret) == -1)
            #expect(tell("approved", new) == 0)
            #expect(!receiver.hasEnded, "SIGHUP ends nothing")
            receiver.signal(SIGTERM)
            #expect(try await receiver.exitCode(within: .seconds(20)) == 0)
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
