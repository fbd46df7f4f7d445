import BlockingThreads
import CLinux
import Glibc
import Logs
import PostgresStore
import SessionCore
import Settings
import Synchronization
import Terminal
import Worker

/// `usher run`.
enum RunVerb {
    static let command = Command(
        "run",
        "work: take jobs in, open sessions, publish results",
        discussion: """
            Start as many as you like, on as many machines: they share the topics' partitions and the work in the
            database.

            The first SIGTERM or SIGINT stops intake and claiming, waits for the calls in flight
            (shutdown.grace), gives back what was not sent, publishes what was decided, and leaves the group. A
            second one ends the process at once, which is safe too: what was in flight is looked up by the other
            workers.

            Secret files are read again when they change, and at once upon SIGHUP; nothing has to be restarted.

            A database that is away is waited for. A login that it refuses ends the start, with 77 or 78; once there
            was a connection, that is waited for too, as passwords are changed under way: their files are read again
            for each login. A keys.file that holds other keys than the database is filled with ends the start with 78.
            """,
        options: [.flag("json", "Logs JSON lines, as `--log-format json` does.")],
        examples: [
            CommandExample("usher run -c /etc/usher/usher.yaml", "work until told to stop"),
            CommandExample("usher run --set dispatch.in_flight_max=50 --log-format json", "with a setting of its own"),
        ],
        exitCodes: [.success, .unavailable, .software, .tryAgain, .noPermission, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let loaded = try context.load()
        let configuration = loaded.configuration
        // From here on secrets are in memory: no core dump, no debugger of the same user.
        _ = usher_forbid_dumps()
        var log = logger(configuration)
        if context.invocation.flag("json") { log.format = .json }
        return try await work(configuration, log)
    }

    private static func work(_ configuration: Configuration, _ log: Log) async throws -> ExitCode {
        let stop = StopSwitch()
        let hangUp = SignalAction()
        let signals = StopSignals(hangUp: { hangUp.run() }) { signal in
            // First: the line may wait for somebody who reads it.
            stop.turn()
            log.notice("stop signal", [.signal: .init(signal)])
        }
        defer { withExtendedLifetime(signals) {} }
        tellStart(configuration, log)
        let assembly = try WorkerAssembly(configuration, log: log)
        try await waitForDatabase(assembly.store, keysFile: configuration.keysFile.path, stop, log)
        try await assembly.errorRules.load(until: { stop.isTurned })
        guard !stop.isTurned else { return .success }
        try await ClockCheck.require(assembly.store)
        let rules = Task { await assembly.errorRules.run() }
        defer { rules.cancel() }
        let worker = try assembly.makeWorker()
        let secrets = assembly.watchSecrets()
        defer { secrets.stop() }
        hangUp.connect { secrets.lookNow() }
        stop.connect { worker.stop() }
        do {
            try await worker.run()
        } catch {
            let (message, code) = Explanation.of(error)
            log.error("ended", [.error: .text(message)])
            return code
        }
        rules.cancel()
        await rules.value
        await assembly.store.close()
        return .success
    }

    static func logger(_ configuration: Configuration) -> Log {
        Log(
            level: LogLevel(name: configuration.log.level) ?? .info,
            format: LogFormat(rawValue: configuration.log.format) ?? .text
        )
    }

    private static func tellStart(_ configuration: Configuration, _ log: Log) {
        log.notice(
            "starting",
            [
                .version: .text(Version.usher),
                .library: .text(Version.libraries.map { "\($0.name) \($0.version)" }.joined(separator: ", ")),
                .broker: .text(configuration.kafka.bootstrapServers.joined(separator: ",")),
                .group: .text(configuration.kafka.groupID),
                .topic: .text(configuration.kafka.jobsTopics.map(\.name).joined(separator: ",")),
                .database: .text("\(configuration.postgres.host)/\(configuration.postgres.database)"),
                .pid: .init(getpid()),
            ]
        )
    }

    /// Waits for a database that cannot be reached; ends for a login that is refused, a schema that does not fit, and
    /// keys that are not the database's. To be called before anything is sealed.
    static func waitForDatabase(
        _ store: PostgresStore,
        keysFile: String,
        _ stop: StopSwitch,
        _ log: Log
    ) async throws {
        var hasTold = false
        while !stop.isTurned {
            do {
                try await store.requireCurrentSchema()
                try await KeyCheck.require(store, file: keysFile, log: log)
                if hasTold { log.notice("the database is there", [.waitingFor: "postgres"]) }
                return
            } catch let error as StoreError {
                guard let reason = error.passingReason else { throw error }
                if !hasTold {
                    log.warning("waiting for the database", [.waitingFor: "postgres", .reason: .text(reason)])
                }
                hasTold = true
                try await ContinuousClock().sleep(for: .milliseconds(500))
            }
        }
    }
}

/// Says "stop" to what is there, or to what will be.
final class StopSwitch: Sendable {
    private struct State {
        var isTurned = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var isTurned: Bool {
        state.withLock { $0.isTurned }
    }

    func turn() {
        let action = state.withLock { state in
            state.isTurned = true
            return state.action
        }
        action?()
    }

    /// `action` runs when the switch is turned, at once if it was.
    func connect(_ action: @escaping @Sendable () -> Void) {
        let isTurned = state.withLock { state in
            state.action = action
            return state.isTurned
        }
        if isTurned { action() }
    }
}
