import Foundation
import Glibc
import SessionCore
import Testing
import UsherTestKit

extension EndToEnd {
    /// Somebody sent what must not become jobs, and an operator passes it over.
    @Suite("Records that are passed over", .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"))
    struct PassedOverRecordsTests {
        @Test("they never become jobs, be their topic paused or no worker there", .timeLimit(.minutes(3)))
        func passedOver() async throws {
            try await withRealKafka { kafka in
                try await Installation(on: KafkaCluster(kafka), partitions: 1).use { installation in
                    let worker = try await whileTheTopicIsPaused(installation)
                    worker.signal(SIGTERM)
                    #expect(try await worker.exitCode(within: .seconds(30)) == 0)
                    try await whileNoWorkerIsThere(installation)
                    #expect(try await installation.count("select count(*) from usher.job") == 3)
                    #expect(
                        try await installation.query(
                            "select reason, before, after from usher.audit where action = 'position set' order by at"
                        ) == [["a drill", "1", "101"], ["a drill", "102", "202"]]
                    )
                }
            }
        }

        private func whileTheTopicIsPaused(_ installation: Installation) async throws -> UsherProcess {
            let held = try await usher(installation, ["account", "hold", "main", "--reason", "a drill"])
            #expect(held.code == 0, "\(held)")
            let worker = try installation.startWorker("w1", with: ["kafka.jobs_topics[0].backlog_max=1"])
            try await Workload(jobs: 1, prefix: "first").enqueue(to: installation)
            try await eventually("the topic is paused", within: .seconds(30)) {
                worker.lines.contains { $0.contains("topic paused: its backlog is at its cap") }
            }
            try await Workload(jobs: 100, prefix: "wrong").enqueue(to: installation)
            try await passOver(installation, from: 1, to: 101)
            let released = try await usher(installation, ["account", "release", "main", "--reason", "a drill"])
            #expect(released.code == 0, "\(released)")
            try await Workload(jobs: 1, prefix: "second").enqueue(to: installation)
            try await opened("second-0", installation)
            return worker
        }

        private func whileNoWorkerIsThere(_ installation: Installation) async throws {
            try await Workload(jobs: 100, prefix: "worse").enqueue(to: installation)
            try await passOver(installation, from: 102, to: 202)
            try installation.startWorker("w2")
            try await Workload(jobs: 1, prefix: "third").enqueue(to: installation)
            try await opened("third-0", installation)
        }

        private func passOver(_ installation: Installation, from before: Int, to after: Int) async throws {
            let words = ["set", Installation.jobsTopic, "0", "end", "--skip-records", "--reason", "a drill"]
            let set = try await usher(installation, ["position"] + words)
            #expect(set.code == 0, "\(set)")
            #expect(set.output.contains("stands at \(after) (it stood at \(before))"), "\(set)")
            let list = try await usher(installation, ["position", "list"])
            #expect(list.code == 0 && list.output.contains("nothing waits on Kafka"), "\(list)")
        }

        private func opened(_ order: String, _ installation: Installation) async throws {
            let jobs = "select count(*) from usher.job where order_id = '\(order)' and state = 10"
            try await eventually("\(order) is opened", within: .seconds(60)) {
                try await installation.count(jobs) == 1
            }
        }

        private func usher(_ installation: Installation, _ words: [String]) async throws -> Shell.Answer {
            try await Shell.run([UsherProcess.binary] + words + ["-c", installation.settingsFile])
        }
    }
}
