import Foundation
import Glibc
import Testing

extension EndToEnd {
    /// The program as a person meets it: `usher dev`, and settings that are wrong.
    @Suite("Program")
    struct ProgramTests {
        private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path

        private func log() -> String {
            NSTemporaryDirectory() + "usher-program-" + UUID().uuidString + ".log"
        }

        @Test("in an environment that says nothing of crash reports the program says nothing of them either")
        func crashReports() async throws {
            let answer = try await Shell.run(["/usr/bin/env", "-u", "SWIFT_BACKTRACE", UsherProcess.binary, "version"])
            #expect(answer.code == 0)
            #expect(answer.output.hasPrefix("usher "))
            #expect(answer.error.isEmpty, "\(answer.error)")
        }

        @Test("usher dev shows what became of every sample job and leaves nothing behind", .timeLimit(.minutes(3)))
        func dev() async throws {
            let log = log()
            defer { try? FileManager.default.removeItem(atPath: log) }
            let jobs = "\(Self.root)/docs/examples/jobs.ndjson"
            let process = try UsherProcess(["dev", "--jobs", jobs], log: log)
            #expect(try await process.exitCode(within: .seconds(120)) == 0)
            let text = process.lines.joined(separator: "\n")
            for word in ["opened", "duplicate", "conflict", "declined", "quarantined"] {
                #expect(text.contains(" \(word) "), "no line became \(word)")
            }
            #expect(!text.contains("unfinished"))
            #expect(!FileManager.default.fileExists(atPath: try folder(in: process)))
        }

        @Test(
            "usher dev --stay runs until Ctrl-C, which ends every child and deletes the folder",
            .timeLimit(.minutes(3))
        )
        func stay() async throws {
            let log = log()
            defer { try? FileManager.default.removeItem(atPath: log) }
            let jobs = "\(Self.root)/docs/examples/jobs.ndjson"
            let process = try UsherProcess(["dev", "--stay", "--jobs", jobs], log: log)
            try await eventually("the addresses are printed", within: .seconds(60)) {
                process.lines.contains { $0.contains("Ctrl-C ends it") }
            }
            let folder = try folder(in: process)
            #expect(!processes(naming: folder).isEmpty)
            let settings = "\(folder)/usher.yaml"
            let version = try await Shell.run([UsherProcess.binary, "migrate", "-c", settings])
            #expect(version.code == 0, "another process can work against it: \(version.error)")
            process.signal(SIGINT)
            _ = try await process.exitCode(within: .seconds(30))
            #expect(!FileManager.default.fileExists(atPath: folder))
            #expect(processes(naming: folder).isEmpty, "a process was left behind")
        }

        @Test("wrong and unknown settings end the start with 78 and name the key, the file and the line")
        func wrongSettings() async throws {
            let file = NSTemporaryDirectory() + "usher-wrong-" + UUID().uuidString + ".yaml"
            defer { try? FileManager.default.removeItem(atPath: file) }
            try Data("kafka:\n  bootstrap_server: [\"a:1\"]\ndispatch: {lease: soon}\n".utf8)
                .write(to: URL(fileURLWithPath: file))
            let answer = try await Shell.run([UsherProcess.binary, "run", "-c", file])
            #expect(answer.code == 78)
            #expect(answer.error.contains("\(file):2"))
            #expect(answer.error.contains("kafka.bootstrap_server"))
            #expect(answer.error.contains("bootstrap_servers"), "it says what was probably meant")
            #expect(answer.error.contains("\(file):3: dispatch.lease"))
            #expect(answer.error.contains("accounts"), "it says what is missing, too")
        }

        /// Processes whose command line has the text.
        private func processes(naming text: String) -> [Int32] {
            let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap(Int32.init) ?? []
            return all.filter { id in
                (try? String(contentsOfFile: "/proc/\(id)/cmdline", encoding: .utf8))?.contains(text) == true
            }
        }

        private func folder(in process: UsherProcess) throws -> String {
            guard let line = process.lines.first(where: { $0.contains("a throw-away server in ") }),
                let start = line.range(of: " in ")
            else { throw Failure("no folder in \(process.lines)") }
            return String(line[start.upperBound...])
        }
    }
}
