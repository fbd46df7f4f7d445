import BlockingThreads
import CLinux
import Glibc
import Logs
import PostgresStore
import Settings
import Terminal

/// `usher callbacks`.
enum CallbacksVerb {
    static let command = Command(
        "callbacks",
        "receive the Cashier's notifications and validations, and publish them",
        discussion: """
            Listens on callbacks.listen for posts whose path ends in /notification or /validation, checks their
            signatures, stores what is new, answers with a signature, and publishes each as an event on
            callbacks.topic. GET /healthz answers while it listens. `docs/CALLBACKS.md` says what is taken and why.

            Start as many as you like behind a balancer: they share the database. The first SIGTERM or SIGINT closes
            the port, answers what was posted, publishes what was stored, and ends. A second one ends the process at
            once, which is safe too: the Cashier posts again what was not answered, and the others publish what was
            stored. SIGHUP reads the secret files at once; a change of them is seen within seconds without it.
            """,
        options: [.flag("json", "Logs JSON lines, as `--log-format json` does.")],
        examples: [
            CommandExample("usher callbacks -c /etc/usher/usher.yaml", "receive until told to stop"),
            CommandExample("usher callbacks --set callbacks.listen=127.0.0.1:9000", "on another port"),
        ],
        exitCodes: [.success, .unavailable, .software, .noPermission, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let configuration = try context.load().configuration
        // From here on secrets are in memory: no core dump, no debugger of the same user.
        _ = usher_forbid_dumps()
        var log = RunVerb.logger(configuration)
        if context.invocation.flag("json") { log.format = .json }
        return try await receive(configuration, log)
    }

    private static func receive(_ configuration: Configuration, _ log: Log) async throws -> ExitCode {
        let stop = StopSwitch()
        let hangUp = SignalAction()
        let signals = StopSignals(hangUp: { hangUp.run() }) { signal in
            // First: the line may wait for somebody who reads it.
            stop.turn()
            log.notice("stop signal", [.signal: .init(signal)])
        }
        defer { withExtendedLifetime(signals) {} }
        let callbacks = configuration.callbacks
        log.notice(
            "starting",
            [
                .version: .text(Version.usher),
                .broker: .text(configuration.kafka.bootstrapServers.joined(separator: ",")),
                .topic: .text(callbacks.topic),
                .database: .text("\(configuration.postgres.host)/\(configuration.postgres.database)"),
                .pid: .init(getpid()),
            ]
        )
        let assembly = try CallbacksAssembly(configuration, log: log)
        try await RunVerb.waitForDatabase(assembly.store, keysFile: configuration.keysFile.path, stop, log)
        guard !stop.isTurned else { return .success }
        let receiver = try assembly.start()
        let scheme = callbacks.certificateFile == nil ? "http" : "https"
        log.notice(
            "listening",
            [
                .address: .text("\(scheme)://\(callbacks.host):\(receiver.port)"),
                .account: .text(assembly.accountNames.joined(separator: ",")),
            ]
        )
        let secrets = assembly.watchSecrets(for: receiver)
        defer { secrets.stop() }
        hangUp.connect { secrets.lookNow() }
        // It blocks, and a second signal must still be heard.
        stop.connect { _ = NamedThread("callbacks-stop") { receiver.stop() } }
        await receiver.run()
        await assembly.store.close()
        log.notice("ended")
        return .success
    }
}
