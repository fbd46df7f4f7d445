import BlockingThreads
import CLibpq
import Glibc
import Synchronization

/// Why no throw-away server could be started.
package enum ThrowAwayPostgresError: Error, Equatable, Sendable {
    /// Neither `/usr/lib/postgresql` nor `PATH` has the server's programs.
    case notInstalled
    /// A step failed; `detail` holds the end of what it printed.
    case failed(step: String, detail: String)
}

/// A PostgreSQL server of one's own, for `usher dev` and for tests: made from the system's programs in a private
/// folder, reachable through a socket in that folder only, gone with this process however that ends.
///
/// A shell guards the server: it reads its input, whose other end is ours, and on its end stops the server and deletes
/// the folder. As root, the server runs as `postgres` (or `nobody`), because it refuses to run as root.
package final class ThrowAwayPostgres: Sendable {
    /// The folder with the socket, the data and the server's log.
    package let folder: String
    private let programs: PostgresPrograms
    private let runAs: ServerUser?
    private let guardian: ChildProcess
    private let lock: OwnerLock

    /// Whether the server's programs are installed.
    package static var isInstalled: Bool {
        PostgresPrograms.find() != nil
    }

    /// libpq's connection string for a database of this server; the user is its superuser.
    package func connection(database: String = "postgres") -> String {
        "host=\(folder) user=usher dbname=\(database)"
    }

    /// Makes a server and waits until it answers. Throws `ThrowAwayPostgresError`.
    ///
    /// - Parameters:
    ///   - fsync: whether commits survive a crash of the machine; off only where nothing is to be proved.
    ///   - settings: `name=value`, in the form of `postgres -c`.
    package static func start(fsync: Bool = true, settings: [String] = []) async throws -> ThrowAwayPostgres {
        try await onThread("postgres-start") { try ThrowAwayPostgres(fsync: fsync, settings: settings) }
    }

    /// Makes a database, as a copy of `template` if one is named. Throws `ThrowAwayPostgresError`.
    package func createDatabase(_ name: String, template: String? = nil) async throws {
        var arguments = [programs.path("createdb"), "--host=\(folder)", "--username=usher"]
        if let template { arguments.append("--template=\(template)") }
        arguments.append(name)
        let command = arguments
        let folder = self.folder
        try await Self.onThread("postgres-create") {
            try Self.run(command, step: "createdb", output: "\(folder)/createdb.log")
        }
    }

    /// Stops the server, waits until it and all its children are gone, and deletes the folder.
    package func stop() async {
        let guardian = self.guardian
        // The thread's body throws nothing.
        try? await Self.onThread("postgres-stop") {
            guardian.closeInput()
            guardian.wait()
        }
    }

    private init(fsync: Bool, settings: [String]) throws {
        guard let programs = PostgresPrograms.find() else { throw ThrowAwayPostgresError.notInstalled }
        self.programs = programs
        OwnerLock.removeAbandonedFolders()
        runAs = geteuid() == 0 ? ServerUser.find() : nil
        let prefix = runAs?.prefix ?? []
        (folder, lock) = try OwnerLock.makeFolder()
        if let runAs { chown(folder, runAs.userID, runAs.groupID) }
        let data = "\(folder)/data"
        let initialise = [
            programs.path("initdb"), "--pgdata=\(data)", "--username=usher", "--auth=trust", "--encoding=UTF8",
            "--locale=C", "--no-sync",
        ]
        do {
            try Self.run(prefix + initialise, step: "initdb", output: "\(folder)/initdb.log")
        } catch {
            OwnerLock.remove(folder)
            throw error
        }
        let own = [
            "listen_addresses=", "unix_socket_directories=\(folder)", "unix_socket_permissions=0700",
            "fsync=\(fsync ? "on" : "off")", "shared_buffers=128MB", "max_wal_size=1GB",
            "log_error_verbosity=terse", "log_min_error_statement=panic", "log_parameter_max_length_on_error=0",
        ]
        let server = [programs.path("postgres"), "-D", data] + (own + settings).flatMap { ["-c", $0] }
        guardian = try Self.start(
            ["sh", "-c", Self.guardScript, "sh", folder] + prefix + server,
            output: "\(folder)/log"
        )
        do {
            try waitUntilReady(within: .seconds(30))
        } catch {
            guardian.closeInput()
            guardian.wait()
            OwnerLock.remove(folder)
            throw error
        }
    }

    /// The inner shell waits for our end and stops the server (SIGINT: fast shutdown, again until it has heard it); the
    /// outer one waits for the server, whoever stopped it, and clears up, unless the server never became ready and its
    /// log is still to be read. A shell gives background commands an empty input, hence descriptor 3.
    private static let guardScript = """
        folder=$1; shift
        exec 3<&0
        "$@" </dev/null 3<&- &
        server=$!
        trap '' INT TERM HUP
        { cat <&3 >/dev/null; while kill -INT "$server"; do sleep 0.2; done; } 2>/dev/null &
        watch=$!
        wait "$server"
        kill -KILL "$watch" 2>/dev/null
        test -e "$folder/ready" || exit 1
        case "$folder" in */usher-postgres-*) rm -rf -- "$folder" ;; esac
        """

    private func waitUntilReady(within timeout: Duration) throws {
        let deadline = ContinuousClock.now + timeout
        while PQping(connection()) != PQPING_OK {
            guard guardian.exitCode == nil, ContinuousClock.now < deadline else {
                throw ThrowAwayPostgresError.failed(step: "postgres", detail: endOfFile("\(folder)/log"))
            }
            blockThread(for: .milliseconds(20))
        }
        close(open("\(folder)/ready", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
    }

    private static func run(_ arguments: [String], step: String, output: String) throws {
        let child = try start(arguments, output: output)
        child.closeInput()
        guard child.wait() == 0 else {
            throw ThrowAwayPostgresError.failed(step: step, detail: endOfFile(output))
        }
    }

    private static func start(_ arguments: [String], output: String) throws -> ChildProcess {
        let environment = ["PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C", "TZ=UTC"]
        do {
            return try ChildProcess(arguments, environment: environment, output: .file(output))
        } catch {
            let reason = String(cString: strerror(error.code))
            throw ThrowAwayPostgresError.failed(step: error.program, detail: reason)
        }
    }

    /// Runs blocking work on a thread of its own.
    private static func onThread<Value: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            _ = NamedThread(name) { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// The last kilobyte of a file, for an error's text.
private func endOfFile(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    fseek(file, max(0, ftell(file) - 1_024), SEEK_SET)
    var bytes = [UInt8](repeating: 0, count: 1_024)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
}
