import CashierSimulator
import Cryptography
import SessionCore
import Settings
import Terminal

/// `usher simulator`.
enum SimulatorVerb {
    static let command = Command(
        "simulator",
        "run the simulated Cashier by itself",
        discussion: """
            Behaves as the provider documents, with signatures, error codes and session lifetimes, and makes the
            faults that a plan asks for. Nothing leaves this machine. Needs no settings file.

            The first line says where it listens; then come its endpoints, and the settings of an account that
            works with it. Ctrl-C ends it. SIGHUP reads --secret-file again: the account's secret is another from
            then on.

            What the provider's documentation leaves open is a personality: single switches below, and presets
            that name a supposition about the provider. Presets are \(SimulatorOptions.presets).

            A personality, a fault plan and callbacks can be posted to it while it runs: docs/SIMULATOR.md.
            """,
        options: SimulatorOptions.options + [CommandTree.json],
        examples: [
            CommandExample("usher simulator", "a Cashier on port 8081 with a secret of its own"),
            CommandExample(
                "usher simulator --port 0 --faults '503=5%,latency=200ms'",
                "one that is unwell, on any port"
            ),
            CommandExample("usher simulator --secret-file secret --personality idempotent", "with a secret of yours"),
            CommandExample(
                "usher simulator --secret-file secret --state simulator.state",
                "one that goes on where it was ended, even by kill -9"
            ),
            CommandExample(
                "usher simulator --personality newer-texts,http-errors --nulls omitted --clock-tolerance 5s",
                "one that answers as another reading of the documentation has it"
            ),
        ],
        exitCodes: [.success, .unavailable, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let options = try SimulatorOptions(context.invocation)
        let stop = StopSwitch()
        let hangUp = SignalAction()
        let signals = StopSignals(hangUp: { hangUp.run() }) { _ in stop.turn() }
        defer { withExtendedLifetime(signals) {} }
        let simulator = try CashierSimulator.start(options.configuration)
        if let path = context.invocation.value("secret-file") {
            hangUp.connect {
                do throws(SettingsFileError) {
                    simulator.setSecret(Secret(try SecretFile(path: path).read()))
                    context.note("the secret was read again")
                } catch {
                    context.note("the secret stays what it was: \(error)")
                }
            }
        }
        let address = "http://\(options.configuration.host):\(simulator.port)"
        let text = context.invocation.flag("json") ? json(options, address) : self.text(options, address, context)
        do {
            try context.print(text)
        } catch {
            simulator.stop()
            throw error
        }
        while !stop.isTurned { try await ContinuousClock().sleep(for: .milliseconds(50)) }
        simulator.stop()
        let statistics = simulator.statistics()
        context.note(
            "stopped; \(grouped(statistics.sessionsOpened)) sessions opened "
                + "for \(grouped(statistics.ordersKnown)) orders"
        )
        return .success
    }

    private static func text(_ options: SimulatorOptions, _ address: String, _ context: VerbContext) -> String {
        let account = options.configuration.accounts.first
        let secret =
            options.madeSecret.map { "/path/to/secret   # a file of yours, mode 0400, that holds: \($0)" }
            ?? context.invocation.value("secret-file") ?? ""
        return """
            listening on \(address)
              POST /cashier/virtual-terminal   opens a session
              POST /agent/find-order           looks an order up
              GET  /stats                      counts, and what was opened for each order
              GET  /accepts                    every accept and look-up, one JSON object a line
              GET  /faults, POST /faults       reads and changes what goes wrong
              POST /sessions                   changes the status of a session
              GET  /_control/personality       what it does where the documentation leaves a choice; POST changes it
              POST /_control/callbacks         sends notifications and validations; GET lists them with their answers
              POST /reset                      forgets everything
            Personality: \(personality(options))

            An account that works with it:
              accounts:
                simulator:
                  endpoint: \(address)/cashier/virtual-terminal
                  merchant_id: \(account?.merchantID ?? "")
                  application_key: \(account?.applicationKey ?? "")
                  secret_file: \(secret)
                  allow_http_loopback: true
            Ctrl-C ends it.
            """
    }

    private static func personality(_ options: SimulatorOptions) -> String {
        let differences = options.configuration.personality.differences
        return differences.isEmpty ? "documented" : differences
    }

    private static func json(_ options: SimulatorOptions, _ address: String) -> String {
        JSONWriter.object { writer in
            writer.member("address", address)
            writer.member("endpoint", "\(address)/cashier/virtual-terminal")
            writer.member("find_order_endpoint", "\(address)/agent/find-order")
            writer.member("merchant_id", options.configuration.accounts.first?.merchantID)
            writer.member("application_key", options.configuration.accounts.first?.applicationKey)
            writer.member("secret", options.madeSecret)
            writer.member("personality", personality(options))
        }
    }
}
