import CashierSimulator
import Cryptography
import Settings
import Terminal

/// What `usher simulator` was asked for.
struct SimulatorOptions {
    static let options: [CommandOption] =
        [
            .value("port", "PORT", fallback: "8081", "The port; 0 takes any free one."),
            .value("host", "ADDRESS", fallback: "127.0.0.1", "An IPv4 address; 0.0.0.0 lets other machines call."),
            .value("merchant-id", "ID", fallback: "Test-Integration-Merchant", "The account's merchant_id."),
            .value("application-key", "KEY", fallback: "Sandbox", "The account's application_key."),
            .value("secret-file", "FILE", "Holds the account's secret; without it one is made and printed."),
            .value("state", "FILE", "Keeps orders, sessions and counts over a restart; needs --secret-file."),
            .value("faults", "PLAN", "What goes wrong, such as `503=5%,hang=1%,latency=200ms` (docs/SIMULATOR.md)."),
            .value("seed", "N", fallback: "1", "Decides together with the order which faults happen."),
            .value("clock-offset", "SPAN", fallback: "0s", "What the provider's clock shows more; `=-5s` for less."),
            .value("late-after", "SPAN", fallback: "30s", "When `simulate:late-once` answers."),
            .value("held-for", "SPAN", fallback: "30s", "When `simulate:held-once` lets the request be read."),
            .value("redirect-base", "URL", fallback: "https://cashier.example.test", "Where redirect URLs point to."),
            .value("callback-base", "URL", "Where callbacks go instead: `http://127.0.0.1:9000`, before the path."),
            .value("orders-max", "N", fallback: "2000000", "Distinct orders that are remembered."),
            .value("events-max", "N", fallback: "8000000", "Events that are kept for GET /accepts."),
            .value("callbacks-max", "N", fallback: "20000", "Callbacks that are remembered."),
            .value("connections-max", "N", fallback: "20000", "Connections open at once."),
            .flag("no-accepts", "Keeps no log of accepts and look-ups: for long runs."),
            .value(
                "personality",
                "TEXT",
                "Presets and switches, such as `idempotent,nulls=omitted`; later ones win over earlier ones."
            ),
            .value("personality-file", "FILE", "Holds such a text, on lines of its own; --personality wins over it."),
        ] + PersonalitySwitch.all.map(option)

    /// The names of presets, for help.
    static let presets = Preset.all.map { preset in
        let words = preset.summary.hasSuffix(".") ? String(preset.summary.dropLast()) : preset.summary
        return "\(preset.name) (\(words))"
    }.joined(separator: "; ")

    /// A switch as an option. Without a fallback, because a preset may have set it.
    private static func option(_ found: PersonalitySwitch) -> CommandOption {
        let summary = "\(found.summary) Documented: \(found.fallback)."
        return found.isOpen
            ? .value(found.name, found.values[0], summary)
            : .value(found.name, "WORD", choices: found.values, summary)
    }

    let configuration: SimulatorConfiguration
    /// The secret that was made, for printing; nil when it came from a file.
    let madeSecret: String?

    /// Throws `UsageError`, `FaultPlanError`, and what reading the files throws.
    init(_ invocation: Invocation) throws {
        let made = invocation.value("secret-file") == nil ? secureRandomBytes(16).hex : nil
        let secret =
            try invocation.value("secret-file").map { Secret(try SecretFile(path: $0).read()) } ?? Secret(made ?? "")
        let account = SimulatorAccount(
            merchantID: invocation.value("merchant-id") ?? "",
            applicationKey: invocation.value("application-key") ?? "",
            secret: secret
        )
        var configuration = SimulatorConfiguration(accounts: [account])
        try Self.readNetwork(invocation, &configuration)
        try Self.readBehaviour(invocation, &configuration)
        try Self.readTimes(invocation, &configuration)
        self.configuration = configuration
        madeSecret = made
    }

    private static func readNetwork(_ invocation: Invocation, _ configuration: inout SimulatorConfiguration) throws {
        configuration.host = invocation.value("host") ?? configuration.host
        configuration.port = try invocation.integer("port", in: 0...65_535) ?? configuration.port
        configuration.connectionsMax =
            try invocation.integer("connections-max", in: 1...1_000_000) ?? configuration.connectionsMax
        configuration.redirectBase = invocation.value("redirect-base") ?? configuration.redirectBase
        configuration.callbackBase = try callbackBase(invocation)
        configuration.statePath = try statePath(invocation)
    }

    private static func readBehaviour(_ invocation: Invocation, _ configuration: inout SimulatorConfiguration) throws {
        configuration.personality = try Self.personality(invocation)
        configuration.faults = try invocation.value("faults").map { try FaultPlan(parsing: $0) } ?? FaultPlan()
        configuration.seed = UInt64(try invocation.integer("seed", in: 0...Int.max) ?? 1)
        configuration.keepsEvents = !invocation.flag("no-accepts")
        configuration.ordersMax = try invocation.integer("orders-max", in: 1...50_000_000) ?? configuration.ordersMax
        configuration.callbacksMax = try invocation.integer("callbacks-max", in: 1...1_000_000) ?? 20_000
        configuration.eventsMax = try invocation.integer("events-max", in: 0...200_000_000) ?? configuration.eventsMax
    }

    private static func readTimes(_ invocation: Invocation, _ configuration: inout SimulatorConfiguration) throws {
        configuration.clockOffset = try invocation.span("clock-offset", mayBeNegative: true) ?? .zero
        configuration.lateAfter = try invocation.span("late-after") ?? configuration.lateAfter
        configuration.heldFor = try invocation.span("held-for") ?? configuration.heldFor
    }

    /// The file first, then the text, then single switches.
    private static func personality(_ invocation: Invocation) throws -> Personality {
        var personality = Personality()
        var texts: [String] = []
        if let file = invocation.value("personality-file") {
            guard let text = String(validating: try FileAccess.read(file), as: UTF8.self) else {
                throw UsageError(path: invocation.path, message: "--personality-file \(file) is not UTF-8 text")
            }
            texts.append(text)
        }
        if let text = invocation.value("personality") { texts.append(text) }
        for found in PersonalitySwitch.all {
            if let value = invocation.value(found.name) { texts.append("\(found.name)=\(value)") }
        }
        do throws(PersonalityError) {
            for text in texts { try personality.change(by: text) }
        } catch {
            throw UsageError(path: invocation.path, message: error.description)
        }
        return personality
    }

    private static func statePath(_ invocation: Invocation) throws(UsageError) -> String? {
        guard let path = invocation.value("state") else { return nil }
        guard invocation.value("secret-file") != nil else {
            let message = "--state needs --secret-file: with a secret of its own each start would be another provider"
            throw UsageError(path: invocation.path, message: message)
        }
        return path
    }

    private static func callbackBase(_ invocation: Invocation) throws(UsageError) -> String? {
        guard let base = invocation.value("callback-base") else { return nil }
        guard base.hasPrefix("http://"), !base.dropFirst(7).isEmpty, !base.dropFirst(7).contains("/") else {
            let message = "--callback-base is http://HOST:PORT, without a path"
            throw UsageError(path: invocation.path, message: message)
        }
        return base
    }
}
