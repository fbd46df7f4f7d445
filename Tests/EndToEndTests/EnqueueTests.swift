import Foundation
import KafkaTransport
import Testing
import UsherTestKit

extension EndToEnd {
    /// `usher enqueue`: where jobs go.
    @Suite("Enqueue")
    struct EnqueueTests {
        private static let bulk = "vt.session.jobs.bulk"
        private static let topics =
            "kafka.jobs_topics=[{name: \(Installation.jobsTopic), lane: interactive}, {name: \(bulk), lane: campaign}]"

        @Test(
            "jobs with a campaign go to the topic and the lane of campaigns, others to the agents'",
            .timeLimit(.minutes(2))
        )
        func twoTopics() async throws {
            let kafka = try EmbeddedKafka()
            defer { kafka.close() }
            let cluster = KafkaCluster(kafka)
            try await cluster.createTopic(Self.bulk, partitions: 1)
            let installation = try await Installation(on: cluster, partitions: 1)
            try await installation.use(sorted)
        }

        private func sorted(_ installation: Installation) async throws {
            let file = "\(installation.folder)/jobs.ndjson"
            try Self.write(agents: 3, campaigns: 5, to: file)
            let answer = try await Shell.run(
                [UsherProcess.binary, "enqueue", file, "-c", installation.settingsFile, "--set", Self.topics]
            )
            #expect(answer.code == 0, "\(answer)")
            let places = "3 to vt.session.jobs (lane interactive), 5 to vt.session.jobs.bulk (lane campaign)"
            #expect(answer.error.contains("sending \(places)\n"), "\(answer.error)")
            #expect(answer.output.contains("8 jobs sent: \(places); 8 acknowledged"), "\(answer.output)")
            try installation.startWorker("w1", with: [Self.topics])
            try await eventually("all are taken in", within: .seconds(60)) {
                try await installation.count("select count(*) from usher.job") == 8
            }
            let taken = try await installation.query(
                """
                select name, lane, campaign, count(*) from usher.job join usher.topic using (topic_id)
                group by name, lane, campaign order by name
                """
            )
            #expect(taken == [["vt.session.jobs", "0", "", "3"], ["vt.session.jobs.bulk", "1", "winter", "5"]])
        }

        private static func write(agents: Int, campaigns: Int, to file: String) throws {
            let lines =
                (0..<agents).map { Workload.line("agent-\($0)", amount: 1_999) }
                + (0..<campaigns).map { Workload.line("campaign-\($0)", amount: 1_999, campaign: "winter") }
            // Without the key.
            let values = lines.compactMap { $0.split(separator: "\t", maxSplits: 1).last }
            try Data((values.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: file))
        }
    }
}
