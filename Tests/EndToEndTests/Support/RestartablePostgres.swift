import Foundation
import Glibc
import PostgresStore

/// What a test needs of a database server, whichever kind it is.
protocol TestDatabase: Sendable {
    /// Holds the server's socket.
    var folder: String { get }
    func connection(database: String) -> String
    func createDatabase(_ name: String, template: String?) async throws
    func stop() async
}

extension ThrowAwayPostgres: TestDatabase {}

/// A server with fsync on whose postmaster can be killed and started again on the same data.
final class RestartablePostgres: TestDatabase {
    let folder: String
    private let programs: String
    private let prefix: [String]

    private let options: String

    /// - Parameter options: of the server, beside those that every one has.
    static func start(_ options: String = "") async throws -> RestartablePostgres {
        let server = try RestartablePostgres(options)
        try await server.run([
            "initdb", "-D", server.data, "-U", "usher", "--auth=trust", "--encoding=UTF8", "--locale=C",
        ])
        try await server.restart()
        return server
    }

    /// A server that follows another one, which must run.
    static func start(standbyOf primary: RestartablePostgres) async throws -> RestartablePostgres {
        let server = try RestartablePostgres("")
        try await server.run([
            "pg_basebackup", "-h", primary.folder, "-U", "usher", "-D", server.data, "-R", "-c", "fast",
        ])
        try await server.restart()
        return server
    }

    private init(_ options: String) throws {
        self.options = options
        let root = "/usr/lib/postgresql"
        guard let version = try FileManager.default.contentsOfDirectory(atPath: root).compactMap(Int.init).max() else {
            throw Failure("no PostgreSQL under \(root)")
        }
        programs = "\(root)/\(version)/bin"
        folder = NSTemporaryDirectory() + "usher-e2e-pg-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        prefix = geteuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] : []
        guard geteuid() == 0, let user = getpwnam("postgres") else { return }
        chown(folder, user.pointee.pw_uid, user.pointee.pw_gid)
    }

    private var data: String { "\(folder)/data" }

    func connection(database: String) -> String {
        "host=\(folder) user=usher dbname=\(database)"
    }

    func createDatabase(_ name: String, template: String?) async throws {
        try await run(["createdb", "-h", folder, "-U", "usher", name])
    }

    /// SIGKILL to the postmaster, as a machine's memory killer does it.
    func kill() throws {
        let text = try String(contentsOfFile: "\(data)/postmaster.pid", encoding: .utf8)
        guard let id = text.split(separator: "\n").first.flatMap({ Int32($0) }) else { throw Failure("no postmaster") }
        Glibc.kill(id, SIGKILL)
    }

    func restart() async throws {
        let options =
            "-c listen_addresses= -c unix_socket_directories=\(folder) -c fsync=on -c synchronous_commit=on \(options)"
        // The children of a killed postmaster need a moment to notice before the data may be used again.
        let script = """
            for try in $(seq 100); do
              "$0" -D "$1" -l "$2" -w -t 60 -o "$3" start >/dev/null 2>&1 && exit 0
              sleep 0.1
            done
            tail -5 "$2" >&2; exit 1
            """
        let command = ["sh", "-c", script, "\(programs)/pg_ctl", data, "\(folder)/log", options]
        let answer = try await Shell.run(prefix + command)
        guard answer.code == 0 else { throw Failure("pg_ctl start: \(answer.error)") }
    }

    /// A standby becomes a server of its own; when this returns it takes writes.
    func promote() async throws {
        try await run(["pg_ctl", "-D", data, "-w", "-t", "60", "promote"])
    }

    func value(_ sql: String) async throws -> String {
        let answer = try await Shell.run(["psql", "-XAt", "-d", connection(database: "postgres"), "-c", sql])
        guard answer.code == 0 else { throw Failure("psql: \(answer.error)") }
        return answer.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func execute(_ sql: String) async throws {
        _ = try await value(sql)
    }

    func stop() async {
        _ = try? await Shell.run(prefix + ["\(programs)/pg_ctl", "-D", data, "-m", "immediate", "stop"])
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func run(_ command: [String]) async throws {
        let answer = try await Shell.run(prefix + ["\(programs)/\(command[0])"] + command.dropFirst())
        guard answer.code == 0 else { throw Failure("\(command[0]): \(answer.error)") }
    }
}
