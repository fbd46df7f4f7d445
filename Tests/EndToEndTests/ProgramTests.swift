import Cryptography
import Foundation
import Glibc
import PostgresStore
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

        @Test("a process is called usher, though the program started itself again", .timeLimit(.minutes(1)))
        func processName() async throws {
            let log = log()
            defer { try? FileManager.default.removeItem(atPath: log) }
            let script = """
                env -u SWIFT_BACKTRACE "$0" simulator --port 0 >"$1" 2>&1 &
                until grep -q 'listening on' "$1"; do sleep 0.05; done
                cat /proc/$!/comm
                kill $!
                """
            let answer = try await Shell.run(["/bin/sh", "-c", script, UsherProcess.binary, log])
            #expect(answer.output == "usher\n")
        }

        @Test(
            "usher dev, wherever it is started, shows what became of every sample job and leaves nothing behind",
            .timeLimit(.minutes(3))
        )
        func dev() async throws {
            let log = log()
            defer { try? FileManager.default.removeItem(atPath: log) }
            let process = try UsherProcess(["dev"], in: "/", log: log)
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

        @Test("enqueue refuses a topic that is none of the settings' jobs topics, and names those")
        func foreignTopic() async throws {
            let folder = try Self.settingsFolder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let jobs = "\(Self.root)/docs/examples/jobs.ndjson"
            let answer = try await Shell.run(
                [UsherProcess.binary, "enqueue", jobs, "--topic", "results", "-c", "\(folder)/usher.yaml"]
            )
            #expect(answer.code == 64)
            #expect(answer.error.contains("the settings have no jobs topic results; there are jobs"), "\(answer.error)")
            #expect(answer.output.isEmpty)
        }

        @Test("doctor works for a user that is not root, and reads the settings from the environment as well")
        func doctorOfAnotherUser() async throws {
            let folder = try Self.settingsFolder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            // Where the build lies another user may not go.
            let program = "\(folder)/usher"
            try FileManager.default.copyItem(atPath: UsherProcess.binary, toPath: program)
            var command = ["/usr/bin/env", "USHER_LOG_LEVEL=warning", program, "doctor", "-c", "\(folder)/usher.yaml"]
            if geteuid() == 0 {
                for path in [folder] + ["keys", "secret"].map({ "\(folder)/\($0)" }) { chown(path, 65_534, 65_534) }
                command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"] + command
            }
            let answer = try await Shell.run(command)
            #expect(answer.code == 1, "there is no database; all else must have been looked at: \(answer.error)")
            #expect(answer.output.contains("every file that the settings name can be read"), "\(answer.output)")
            #expect(!answer.output.contains("/proc/self/environ"))
        }

        @Test("a login that Postgres refuses ends a verb with 77 and names the settings", .timeLimit(.minutes(2)))
        func refusedLogin() async throws {
            let server = try await ThrowAwayPostgres.start(fsync: false)
            let folder = try Self.settingsFolder(databaseHost: server.folder)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let settings = ["-c", "\(folder)/usher.yaml", "--set", "postgres.user=nobody_here"]
            for verb in ["run", "list", "migrate"] {
                let answer = try await Shell.run([UsherProcess.binary, verb] + settings, within: .seconds(20))
                #expect(answer.code == 77, "\(verb): \(answer.error)")
                #expect(answer.error.contains("Postgres refuses the login (28000)"), "\(verb): \(answer.error)")
                #expect(answer.error.contains("postgres.user"))
            }
            let doctor = try await Shell.run([UsherProcess.binary, "doctor"] + settings)
            #expect(doctor.code == 1)
            #expect(doctor.output.contains("Postgres refuses the login (28000)"), "\(doctor.output)")
            await server.stop()
        }

        @Test(
            "list --all prints an order a line, and where nobody reads on it says how it goes on",
            .timeLimit(.minutes(2))
        )
        func wholeList() async throws {
            let server = try await ThrowAwayPostgres.start(fsync: false)
            try await server.createDatabase("usher")
            let folder = try Self.settingsFolder(databaseHost: server.folder)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let settings = ["-c", "\(folder)/usher.yaml"]
            let migrated = try await Shell.run([UsherProcess.binary, "migrate"] + settings)
            #expect(migrated.code == 0, "\(migrated.error)")
            let orders = """
                INSERT INTO usher.job (job_id, due_at, not_after, finished_at, src_offset, src_partition, topic_id,
                  state, lane, account, order_id, content_digest)
                SELECT n, now(), now(), now(), n, 0, 1, 12, 0, 'main', 'o-' || n, sha256(n::text::bytea)
                FROM generate_series(1, 2000) n
                """
            let database = server.connection(database: "usher")
            let filled = try await Shell.run(["psql", "-XAtq", "-d", database, "-c", orders])
            #expect(filled.code == 0, "\(filled.error)")

            let all = try await Shell.run([UsherProcess.binary, "list", "--all", "--json"] + settings)
            #expect(all.code == 0 && all.output.split(separator: "\n").count == 2_000, "\(all.error)")
            // The second page is longer than what a pipe holds: it is being written when its reader ends.
            let script = "\"$0\" list --all --json -c \"$1\" | head -n 1001"
            let cut = try await Shell.run(["/bin/sh", "-c", script, UsherProcess.binary, "\(folder)/usher.yaml"])
            let command = cut.error.split(separator: "\n").first { $0.contains("--after") } ?? ""
            #expect(cut.error.contains("usher list: ended after 1,000 orders; the rest comes with"), "\(cut.error)")
            #expect(command == "  usher list -c \(folder)/usher.yaml --all --json --after 1001", "\(cut.error)")
            let cursor = command.split(separator: " ").last.map { String($0) } ?? ""
            let rest = try await Shell.run(
                [UsherProcess.binary, "list", "--all", "--json", "--after", cursor] + settings
            )
            let lines = Array(cut.output.split(separator: "\n").prefix(1_000)) + rest.output.split(separator: "\n")
            // After the account comes the order's id.
            let found = Set(lines.map { $0.split(separator: ",")[1] })
            #expect(lines.count == 2_000 && found.count == 2_000, "\(rest.error)")
            await server.stop()
        }

        @Test("migrating needs neither sealing keys nor merchants' secrets", .timeLimit(.minutes(2)))
        func migrationWithoutSecrets() async throws {
            let server = try await ThrowAwayPostgres.start(fsync: false)
            try await server.createDatabase("usher")
            let folder = try Self.settingsFolder(databaseHost: server.folder)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            for name in ["keys", "secret"] { try FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
            let answer = try await Shell.run([UsherProcess.binary, "migrate", "-c", "\(folder)/usher.yaml"])
            #expect(answer.code == 0, "\(answer.error)")
            #expect(answer.output.hasPrefix("the schema is at version "))
            await server.stop()
        }

        @Test("a second signal to stop ends a worker whose log nobody reads", .timeLimit(.minutes(1)))
        func signalsBehindAFullLog() async throws {
            let folder = try Self.settingsFolder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let script = """
                mkfifo "$1/log"; sleep 60 < "$1/log" & exec 3> "$1/log"; head -c 65536 /dev/zero >&3
                exec "$0" run -c "$1/usher.yaml" 2>&3
                """
            let worker = try ChildProcess(
                ["/bin/sh", "-c", script, UsherProcess.binary, folder],
                environment: Shell.environment,
                output: .file("\(folder)/output")
            )
            try await eventually("it takes signals", within: .seconds(20), every: .milliseconds(20)) {
                let status = (try? String(contentsOfFile: "/proc/\(worker.id)/status", encoding: .utf8)) ?? ""
                let caught = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
                let mask = caught.flatMap { UInt64($0.dropFirst(7).drop { $0 == "\t" || $0 == " " }, radix: 16) } ?? 0
                let name = (try? String(contentsOfFile: "/proc/\(worker.id)/comm", encoding: .utf8)) ?? ""
                return name.hasPrefix("usher") && mask & 1 << UInt64(SIGTERM - 1) != 0
            }
            defer { worker.signal(SIGKILL) }
            // Two that come before the first was taken are one.
            try await eventually("a signal ends it", within: .seconds(10)) {
                worker.signal(SIGTERM)
                return worker.exitCode != nil
            }
        }

        /// Settings that can be used, of servers that are not there.
        static func settingsFolder(databaseHost: String? = nil) throws -> String {
            let folder = NSTemporaryDirectory() + "usher-program-" + UUID().uuidString
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for (name, text) in [("keys", KeyRing.newKeyFile(id: "k1")), ("secret", Installation.secret)] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
                try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: "\(folder)/\(name)")
            }
            let settings = """
                kafka:
                  bootstrap_servers: ["127.0.0.1:1"]
                  jobs_topics: [{name: jobs}]
                  results_topic: results
                  security: {protocol: plaintext}
                postgres: {host: "\(databaseHost ?? folder)", database: usher, user: usher}
                keys: {file: \(folder)/keys}
                accounts:
                  main:
                    endpoint: http://127.0.0.1:1/cashier/virtual-terminal
                    merchant_id: M-1
                    application_key: A-1
                    secret_file: \(folder)/secret
                    allow_http_loopback: true

                """
            try Data(settings.utf8).write(to: URL(fileURLWithPath: "\(folder)/usher.yaml"))
            return folder
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
