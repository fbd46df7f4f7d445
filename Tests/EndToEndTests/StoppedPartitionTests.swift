import Foundation
import SessionCore
import Testing
import UsherTestKit

extension EndToEnd {
    /// Records were deleted before they were taken in, and an operator has their partition read on.
    @Suite("A stopped partition", .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"))
    struct StoppedPartitionTests {
        @Test("position list finds it, and the command that it prints has the worker go on", .timeLimit(.minutes(3)))
        func goesOn() async throws {
            try await withRealKafka { kafka in
                try await Installation(on: KafkaCluster(kafka), partitions: 1).use { installation in
                    try await scenario(installation)
                }
            }
        }

        private func scenario(_ installation: Installation) async throws {
            let first = try installation.startWorker("w1")
            try await Workload(jobs: 10, prefix: "early").enqueue(to: installation)
            try await opened(10, installation)
            await first.end()
            try await Workload(jobs: 20, prefix: "late").enqueue(to: installation)
            let topic = Installation.jobsTopic
            try RealKafka.deleteRecords(of: topic, partition: 0, before: 25, on: installation.bootstrapServers)
            let second = try installation.startWorker("w2")
            try await eventually("the partition is stopped", within: .seconds(30)) {
                second.lines.contains { $0.contains("a partition was stopped") }
            }
            let list = try await position(installation, ["list"])
            #expect(list.code == 1)
            #expect(list.output.contains("stopped: 15 records deleted before they were taken in"), "\(list)")
            let command = "usher position set \(topic) 0 first --reason 'why'"
            #expect(list.output.split(separator: "\n").last.map(String.init) == command, "\(list)")
            let doctor = try await Shell.run([UsherProcess.binary, "doctor", "-c", installation.settingsFile])
            #expect(doctor.code == 1 && doctor.output.contains("\(topic)[0] stopped: 15 records deleted"), "\(doctor)")
            let far = try await position(installation, ["set", topic, "0", "27", "--reason", "try"])
            #expect(far.code == 1 && far.error.contains("2 records that Kafka still has"), "\(far)")
            let set = try await position(installation, ["set", topic, "0", "first", "--reason", "retention"])
            #expect(set.code == 0 && set.output.contains("stands at 25 (it stood at 10)"), "\(set)")
            try await opened(15, installation)
            #expect(!second.hasEnded)
            // Kafka hears of it a moment later.
            try await eventually("nothing waits", within: .seconds(10)) {
                let again = try await position(installation, ["list", topic])
                return again.code == 0 && again.output.contains("nothing waits on Kafka")
            }
            #expect(
                try await installation.query("select action, subject, reason, before, after from usher.audit")
                    == [["position set", "\(topic)[0]", "retention", "10", "25"]]
            )
        }

        private func opened(_ count: Int, _ installation: Installation) async throws {
            try await eventually("\(count) are opened", within: .seconds(60)) {
                try await installation.count("select count(*) from usher.job where state = 10") == count
            }
        }

        private func position(_ installation: Installation, _ arguments: [String]) async throws -> Shell.Answer {
            try await Shell.run([UsherProcess.binary, "position"] + arguments + ["-c", installation.settingsFile])
        }
    }
}
