import Foundation
import KafkaTransport
import Logs
import Testing

@testable import usher

@Suite("Sending jobs to brokers that refuse them")
struct JobSenderTests {
    /// Sends four jobs, for which the broker tells the error again and again; what became of them.
    private func send(refusedWith error: Int32) async throws -> EnqueueReport {
        let kafka = try EmbeddedKafka()
        defer { kafka.close() }
        try kafka.createTopic("jobs", partitions: 1)
        kafka.failRequests(0, errors: [Int32](repeating: error, count: 10_000))
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("usher-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let lines = (1...4).map { LineCheckTests.line($0, order: "o-\($0)").bytes + [0x0A] }
        try Data(lines.joined()).write(to: URL(fileURLWithPath: path))
        let stop = StopSwitch()
        let file = JobFile(path: path, rules: LineCheckTests.rules, stop: stop)
        var report = EnqueueReport(
            input: "jobs.ndjson",
            topics: TopicChoiceTests.one,
            lines: try await file.check(from: 1)
        )
        let settings = KafkaSettings(bootstrapServers: kafka.bootstrapServers)
        var sender = JobSender(settings: settings, topics: report.topics, stop: stop, log: .silent)
        sender.patience = .milliseconds(500)
        try await sender.send(file, &report)
        await file.close()
        return report
    }

    @Test("a broker that has them tried again and again is not said to be away", .timeLimit(.minutes(1)))
    func triedAgain() async throws {
        // Too few replicas.
        let report = try await send(refusedWith: 19)
        #expect(report.ending == .brokerGone && report.exitCode == .unavailable)
        #expect(report.sent == 4 && report.acknowledged == 0 && report.resumeLine == 1)
        #expect(report.failures.values.reduce(0, +) == 4)
        #expect(
            report.failures.keys.allSatisfy { $0.hasPrefix("no acknowledgement within 500ms: brokers answer") },
            "\(report.failures)"
        )
    }
}
