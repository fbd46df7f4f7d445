import Foundation
import Glibc
import KafkaTransport
import PostgresStore
import Testing
import UsherTestKit

extension EndToEnd {
    /// `usher enqueue`: where jobs go, and what ends it.
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

        @Test("a terminal that goes away ends it as Ctrl-C does, with where to go on", .timeLimit(.minutes(1)))
        func hangUp() async throws {
            let kafka = try EmbeddedKafka()
            defer { kafka.close() }
            try kafka.createTopic("jobs", partitions: 1)
            // Too few replicas, says the broker to whoever produces: everything is tried again and again.
            kafka.failRequests(0, errors: [Int32](repeating: 19, count: 10_000))
            let folder = try ProgramTests.settingsFolder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try Self.write(agents: 8, campaigns: 0, to: "\(folder)/jobs.ndjson")
            let process = try UsherProcess(
                [
                    "enqueue", "\(folder)/jobs.ndjson", "-c", "\(folder)/usher.yaml", "--set",
                    "kafka.bootstrap_servers=\(kafka.bootstrapServers)",
                ],
                log: "\(folder)/log"
            )
            try await eventually("it sends", within: .seconds(20), every: .milliseconds(5)) {
                Self.threads(of: process.id).contains("usher-enqueue")
            }
            process.signal(SIGHUP)
            #expect(try await process.exitCode(within: .seconds(20)) == 130)
            #expect(process.lines.contains { $0.hasSuffix("go on with: --from-line 1") }, "\(process.lines)")
        }

        @Test("with standard input and error closed its notes go nowhere, and stop nothing", .timeLimit(.minutes(1)))
        func closedDescriptors() async throws {
            let kafka = try EmbeddedKafka()
            defer { kafka.close() }
            try kafka.createTopic("jobs", partitions: 1)
            let folder = try ProgramTests.settingsFolder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let file = "\(folder)/jobs.ndjson"
            try Self.write(agents: 2, campaigns: 0, to: file)
            // A bad line, of which a note is written to standard error.
            let text = try String(contentsOfFile: file, encoding: .utf8)
            try Data((text + "{broken\n").utf8).write(to: URL(fileURLWithPath: file))
            let script = """
                exec "$0" enqueue "$1/jobs.ndjson" --skip-bad -c "$1/usher.yaml" --set "kafka.bootstrap_servers=$2" \
                  <&- 2>&-
                """
            let answer = try await Shell.run(
                ["/bin/sh", "-c", script, UsherProcess.binary, folder, kafka.bootstrapServers],
                within: .seconds(30)
            )
            #expect(answer.code == 65, "\(answer)")
            #expect(answer.output.contains("2 jobs sent to jobs, 2 acknowledged"), "\(answer.output)")
        }

        @Test("under nohup it hears nothing of a terminal that goes away", .timeLimit(.minutes(1)))
        func noHangUp() async throws {
            let folder = try ProgramTests.settingsFolder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let script = "trap '' HUP; exec \"$0\" enqueue - -c \"$1/usher.yaml\""
            let process = try ChildProcess(
                ["/bin/sh", "-c", script, UsherProcess.binary, folder],
                environment: Shell.environment,
                output: .file("\(folder)/log")
            )
            defer { process.signal(SIGKILL) }
            try await eventually("it waits for its input", within: .seconds(20), every: .milliseconds(5)) {
                Self.threads(of: process.id).contains("usher-input")
            }
            let status = try String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("SigIgn:") }
            let ignored = line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
            #expect(ignored & 1 << UInt64(SIGHUP - 1) != 0, "\(status)")
            process.signal(SIGINT)
            try await eventually("Ctrl-C ends it", within: .seconds(10)) { process.exitCode != nil }
            #expect(process.exitCode == 130)
        }

        private static func write(agents: Int, campaigns: Int, to file: String) throws {
            let lines =
                (0..<agents).map { Workload.line("agent-\($0)", amount: 1_999) }
                + (0..<campaigns).map { Workload.line("campaign-\($0)", amount: 1_999, campaign: "winter") }
            // Without the key.
            let values = lines.compactMap { $0.split(separator: "\t", maxSplits: 1).last }
            try Data((values.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: file))
        }

        private static func threads(of process: Int32) -> [String] {
            let folder = "/proc/\(process)/task"
            let ids = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return ids.compactMap { try? String(contentsOfFile: "\(folder)/\($0)/comm", encoding: .utf8) }
                .map { $0.trimmingCharacters(in: .newlines) }
        }
    }
}
