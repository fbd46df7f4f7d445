import Foundation
import Glibc
import KafkaTransport
import Logs
import Testing

@testable import usher

@Suite("Reading an input twice")
struct JobFileTests {
    private func withFile<Value>(_ text: String, _ body: (String) async throws -> Value) async throws -> Value {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("usher-\(UUID().uuidString)").path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(path)
    }

    private func text(_ order: String) -> String {
        String(decoding: LineCheckTests.line(1, order: order).bytes, as: UTF8.self)
    }

    private func open(_ path: String, standardInput: Int32 = STDIN_FILENO) -> JobFile {
        JobFile(path: path, rules: LineCheckTests.rules, stop: StopSwitch(), standardInput: standardInput)
    }

    @Test("gives the good lines as they are, from the line asked for, in batches")
    func sendsGoodLines() async throws {
        let lines = [text("o-1"), "{broken", "", text("o-2"), text("o-3")]
        try await withFile(lines.joined(separator: "\n")) { path in
            let file = open(path)
            let checked = try await file.check(from: 2)
            #expect(checked.read == 4)
            #expect(checked.bad == 1)
            #expect(checked.badLines.first?.line == 2)
            #expect(checked.toSend == 2)
            let first = try await file.next(1, from: 2)
            let second = try await file.next(5, from: 2)
            let third = try await file.next(5, from: 2)
            #expect(first.map(\.orderID) == ["o-2"])
            #expect(first.map(\.line) == [4])
            #expect(first.map(\.value) == [Array(text("o-2").utf8)])
            #expect(second.map(\.orderID) == ["o-3"])
            #expect(third.isEmpty)
            await file.close()
        }
    }

    private func append(_ text: String, to path: String) throws {
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    @Test("takes what is added after the check for no part of it, and tells with which line that begins")
    func grows() async throws {
        // The second file's last line may not have been whole.
        for (end, line) in [("\n", 2), ("", 1)] {
            try await withFile(text("o-1") + end) { path in
                let file = open(path)
                _ = try await file.check(from: 1)
                let unchanged = await file.grownFrom()
                #expect(unchanged == nil)
                try append("\n" + text("o-2") + "\n", to: path)
                let batch = try await file.next(10, from: 1)
                #expect(batch.map(\.orderID) == ["o-1"])
                let grownFrom = await file.grownFrom()
                #expect(grownFrom == line)
                await file.close()
            }
        }
    }

    @Test("that is still being written while it is checked is not sent")
    func growsWhileChecked() async throws {
        try await withFile(text("o-1") + "\n") { path in
            let file = open(path)
            try await file.open()
            try append(text("o-2") + "\n", to: path)
            do {
                _ = try await file.check(from: 1)
                Issue.record("it was taken for whole")
            } catch VerbError.ended(let message, let code) {
                #expect(message.contains("grew while it was being checked"))
                #expect(code == .ioError)
            }
            await file.close()
        }
    }

    @Test("that ends before the line to begin with is told where it ends")
    func endsBefore() async throws {
        try await withFile(text("o-1") + "\n" + text("o-2") + "\n\n") { path in
            let last = try await open(path).check(from: 2)
            #expect(last.toSend == 1)
            do {
                _ = try await open(path).check(from: 3)
                Issue.record("nothing to send was taken for done")
            } catch VerbError.ended(let message, let code) {
                #expect(message.hasSuffix(" ends at line 2: there is nothing to send from line 3 on"), "\(message)")
                #expect(code == .usage)
            }
        }
    }

    @Test("begins where standard input stands, which is line 1 from then on")
    func standsWithin() async throws {
        let lines = ["a header", text("o-1"), "{broken", text("o-2")]
        try await withFile(lines.joined(separator: "\n")) { path in
            let descriptor = Glibc.open(path, O_RDONLY)
            defer { Glibc.close(descriptor) }
            let start = off_t(lines[0].utf8.count + 1)
            #expect(lseek(descriptor, start, SEEK_SET) == start)
            let file = open("-", standardInput: descriptor)
            let checked = try await file.check(from: 2)
            #expect(checked.read == 3)
            #expect(checked.badLines.map(\.line) == [2])
            #expect(checked.toSend == 1)
            let batch = try await file.next(10, from: 2)
            #expect(batch.map(\.line) == [3])
            #expect(batch.map(\.orderID) == ["o-2"])
            await file.close()
        }
    }

    @Test("says so when standard input stands at its end, or beyond it", arguments: [0, 10])
    func standsAtTheEnd(beyond: Int) async throws {
        try await withFile(text("o-1") + "\n") { path in
            let descriptor = Glibc.open(path, O_RDONLY)
            defer { Glibc.close(descriptor) }
            #expect(lseek(descriptor, off_t(beyond), SEEK_END) > 0)
            let file = open("-", standardInput: descriptor)
            await #expect(throws: VerbError.self) { try await file.check(from: 1) }
        }
    }

    @Test("takes one object over several lines as one job, numbered by the line on which it begins")
    func object() async throws {
        let spread = "\n" + text("o-1").replacingOccurrences(of: ",\"", with: ",\n  \"") + "\n\n"
        try await withFile(spread) { path in
            let file = open(path)
            let checked = try await file.check(from: 1)
            #expect(checked.read == 1)
            #expect(checked.bad == 0)
            let batch = try await file.next(10, from: 1)
            #expect(batch.map(\.line) == [2])
            #expect(batch.map(\.orderID) == ["o-1"])
            let rest = try await file.next(10, from: 1)
            #expect(rest.isEmpty)
            await file.close()
        }
    }

    @Test("says so when there is nothing, or no file", arguments: ["", "\n \n"])
    func nothing(text: String) async throws {
        try await withFile(text) { path in
            await #expect(throws: VerbError.self) { try await open(path).check(from: 1) }
        }
        await #expect(throws: VerbError.self) { try await open("/nowhere/jobs.ndjson").check(from: 1) }
    }

    @Test("ends when the stop signal came")
    func stops() async throws {
        try await withFile(text("o-1")) { path in
            let stop = StopSwitch()
            stop.turn()
            let file = JobFile(path: path, rules: LineCheckTests.rules, stop: stop)
            await #expect(throws: VerbError.self) { try await file.check(from: 1) }
        }
    }

    @Test("reads a named pipe from the coming of its writer to the end", .timeLimit(.minutes(1)))
    func namedPipe() async throws {
        try await withNamedPipe { path in
            let file = open(path)
            let check = Task { try await file.check(from: 1) }
            var writer: Int32 = -1
            while writer < 0 {
                // There has to be a reader.
                writer = Glibc.open(path, O_WRONLY | O_NONBLOCK)
                if writer < 0 { try await ContinuousClock().sleep(for: .milliseconds(2)) }
            }
            for order in ["o-1", "o-2"] {
                let line = Array((text(order) + "\n").utf8)
                #expect(Glibc.write(writer, line, line.count) == line.count)
            }
            Glibc.close(writer)
            let checked = try await check.value
            #expect(checked.good == 2)
            await file.close()
        }
    }

    @Test("waits for a named pipe's writer until the stop signal comes", .timeLimit(.minutes(1)))
    func namedPipeWithoutWriter() async throws {
        try await withNamedPipe { path in
            let stop = StopSwitch()
            let file = JobFile(path: path, rules: LineCheckTests.rules, stop: stop)
            let check = Task { try await file.check(from: 1) }
            stop.turn()
            await #expect(throws: VerbError.self) { try await check.value }
        }
    }

    private func withNamedPipe(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("usher-\(UUID().uuidString)").path
        #expect(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        try await body(path)
    }

    @Test("that became shorter while it was being sent is told of, with where to go on")
    func shorterWhileSending() async throws {
        let kafka = try EmbeddedKafka()
        try kafka.createTopic("jobs", partitions: 1)
        let lines = (1...10).map { text("o-\($0)") }
        try await withFile(lines.joined(separator: "\n") + "\n") { path in
            let file = open(path)
            var report = EnqueueReport(
                input: "jobs.ndjson",
                topics: TopicChoiceTests.one,
                lines: try await file.check(from: 1)
            )
            let half = lines[..<5].reduce(0) { $0 + $1.utf8.count + 1 }
            #expect(truncate(path, off_t(half)) == 0)
            let settings = KafkaSettings(bootstrapServers: kafka.bootstrapServers)
            let sender = JobSender(settings: settings, topics: report.topics, stop: StopSwitch(), log: .silent)
            try await sender.send(file, &report)
            #expect(report.ending == .inputChanged && report.exitCode == .ioError)
            #expect(report.sent == 5 && report.acknowledged == 5 && report.resumeLine == 6)
            #expect(report.summary.contains { $0.contains("jobs.ndjson changed while it was being sent: 5 of 10") })
        }
    }

    @Test("that became longer while it was being sent is told of, with where to go on", .timeLimit(.minutes(1)))
    func longerWhileSending() async throws {
        let kafka = try EmbeddedKafka()
        try kafka.createTopic("jobs", partitions: 1)
        try await withFile(text("o-1") + "\n" + text("o-2") + "\n") { path in
            let file = open(path)
            var report = EnqueueReport(
                input: "jobs.ndjson",
                topics: TopicChoiceTests.one,
                lines: try await file.check(from: 1)
            )
            try append(text("o-3") + "\n", to: path)
            let settings = KafkaSettings(bootstrapServers: kafka.bootstrapServers)
            let sender = JobSender(settings: settings, topics: report.topics, stop: StopSwitch(), log: .silent)
            try await sender.send(file, &report)
            #expect(report.ending == .inputGrown && report.exitCode == .ioError)
            #expect(report.sent == 2 && report.acknowledged == 2 && report.resumeLine == 3)
            let told = "jobs.ndjson has grown since it was checked: lines from 3 on are no part of this"
            #expect(report.summary.contains(told), "\(report.summary)")
            #expect(report.summary.contains { $0.hasSuffix("go on with: --from-line 3") })
            await file.close()
        }
    }

    @Test("that cannot be read a second time is told of, with where to go on", .timeLimit(.minutes(1)))
    func unreadableWhileSending() async throws {
        let kafka = try EmbeddedKafka()
        try kafka.createTopic("jobs", partitions: 1)
        // More than is read at once.
        let lines = (1...3_000).map { text("o-\($0)") }
        try await withFile(lines.joined(separator: "\n") + "\n") { path in
            let descriptor = Glibc.open(path, O_RDONLY)
            defer { Glibc.close(descriptor) }
            let file = open("-", standardInput: descriptor)
            var report = EnqueueReport(
                input: "standard input",
                topics: TopicChoiceTests.one,
                lines: try await file.check(from: 2)
            )
            // Reads the first piece; a folder in the file's place gives no other.
            let first = try await file.next(1, from: 1)
            #expect(first.map(\.line) == [1])
            let folder = Glibc.open("/", O_RDONLY)
            #expect(dup2(folder, descriptor) == descriptor)
            Glibc.close(folder)
            let settings = KafkaSettings(bootstrapServers: kafka.bootstrapServers)
            let sender = JobSender(settings: settings, topics: report.topics, stop: StopSwitch(), log: .silent)
            try await sender.send(file, &report)
            #expect(report.ending == .inputUnreadable && report.exitCode == .ioError)
            #expect(report.inputFault?.hasPrefix("standard input: ") == true)
            #expect(report.sent > 0 && report.sent < 2_999 && report.acknowledged == report.sent)
            #expect(report.resumeLine == 2 + report.sent)
            await file.close()
        }
    }
}
