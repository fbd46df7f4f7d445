import CashierSimulator
import Cryptography
import Settings
import Terminal

/// What `usher simulator` was asked for.
struct SimulatorOptions {
    static let options: [CommandOption] = [
        .value("port", "PORT", fallback: "8081", "The port; 0 takes any free one."),
        .value("host", "ADDRESS", fallback: "127.0.0.1", "An IPv4 address; 0.0.0.0 lets other machines call."),
        .value("merchant-id", "ID", fallback: "Test-Integration-Merchant", "The account's merchant_id."),
        .value("application-key", "KEY", fallback: "Sandbox", "The account's application_key."),
        .value("secret-file", "FILE", "Holds the account's secret; without it one is made and printed."),
        .value("faults", "PLAN", "What goes wrong, such as `503=5%,hang=1%,latency=200ms` (docs/SIMULATOR.md)."),
        .value("seed", "N", fallback: "1", "Decides together with the order which faults happen."),
        .value(
            "personality",
            "NAME",
            choices: Personality.allCases.map(\.rawValue),
            fallback: "fresh",
            "What happens to an order that has a session: another one, the same one, or a refusal."
        ),
        .value(
            "error-style",
            "STYLE",
            choices: SimulatorConfiguration.ErrorStyle.allCases.map(\.rawValue),
            fallback: "body",
            "Errors come with HTTP 200, or with the status they name."
        ),
        .value(
            "lookups",
            "MODE",
            choices: SimulatorConfiguration.LookupMode.allCases.map(\.rawValue),
            fallback: "enabled",
            "Whether orders can be looked up."
        ),
        .value("session-lifetime", "SPAN", fallback: "15m", "How long a session lives."),
        .value("request-validity", "SPAN", fallback: "60s", "From this age on a request is refused."),
        .value("clock-tolerance", "SPAN", fallback: "0s", "How far in the future a request may be signed."),
        .value("clock-offset", "SPAN", fallback: "0s", "What the provider's clock shows more; `=-5s` for less."),
        .value("late-after", "SPAN", fallback: "30s", "When `simulate:late-once` answers."),
        .value("held-for", "SPAN", fallback: "30s", "When `simulate:held-once` lets the request be read."),
        .value(
            "wrong-signature-code",
            "CODE",
            choices: ["401", "400"],
            fallback: "401",
            "The status of an answer to a wrong signature."
        ),
        .flag("sign-errors", "Error answers carry a timestamp and a signature."),
        .flag("customer-optional", "A request needs neither customer_data nor customer_token."),
        .value("redirect-base", "URL", fallback: "https://cashier.example.test", "Where redirect URLs point to."),
        .value("orders-max", "N", fallback: "2000000", "Distinct orders that are remembered."),
        .value("events-max", "N", fallback: "8000000", "Events that are kept for GET /accepts."),
        .value("connections-max", "N", fallback: "20000", "Connections open at once."),
        .flag("no-accepts", "Keeps no log of accepts and look-ups: for long runs."),
    ]

    let configuration: SimulatorConfiguration
    /// The secret that was made, for printing; nil when it came from a file.
    let madeSecret: String?

    /// Throws `UsageError`, `FaultPlanError`, and `SettingsFileError` for the secret's file.
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
    }

    private static func readBehaviour(_ invocation: Invocation, _ configuration: inout SimulatorConfiguration) throws {
        configuration.personality = invocation.choice("personality") ?? configuration.personality
        configuration.errorStyle = invocation.choice("error-style") ?? configuration.errorStyle
        configuration.lookups = invocation.choice("lookups") ?? configuration.lookups
        configuration.signsErrors = invocation.flag("sign-errors")
        configuration.requiresCustomer = !invocation.flag("customer-optional")
        configuration.wrongSignatureCode = try invocation.integer("wrong-signature-code", in: 400...401) ?? 401
        configuration.faults = try invocation.value("faults").map { try FaultPlan(parsing: $0) } ?? FaultPlan()
        configuration.seed = UInt64(try invocation.integer("seed", in: 0...Int.max) ?? 1)
        configuration.keepsEvents = !invocation.flag("no-accepts")
        configuration.ordersMax = try invocation.integer("orders-max", in: 1...50_000_000) ?? configuration.ordersMax
        configuration.eventsMax = try invocation.integer("events-max", in: 0...200_000_000) ?? configuration.eventsMax
    }

    private static func readTimes(_ invocation: Invocation, _ configuration: inout SimulatorConfiguration) throws {
        configuration.sessionLifetime = try invocation.span("session-lifetime") ?? configuration.sessionLifetime
        configuration.requestValiditySeconds = try invocation.wholeSeconds("request-validity", atLeast: 1)
        configuration.clockToleranceSeconds = try invocation.wholeSeconds("clock-tolerance", atLeast: 0)
        configuration.clockOffset = try invocation.span("clock-offset", mayBeNegative: true) ?? .zero
        configuration.lateAfter = try invocation.span("late-after") ?? configuration.lateAfter
        configuration.heldFor = try invocation.span("held-for") ?? configuration.heldFor
    }
}

extension Invocation {
    /// An option whose choices are the raw values of an enum.
    fileprivate func choice<Word: RawRepresentable<String>>(_ name: String) -> Word? {
        value(name).flatMap(Word.init(rawValue:))
    }

    fileprivate func wholeSeconds(_ name: String, atLeast least: Int64) throws(UsageError) -> Int64 {
        let span = try span(name) ?? .zero
        guard span.wholeMicroseconds % 1_000_000 == 0, span.components.seconds >= least else {
            throw UsageError(path: path, message: "--\(name) must be whole seconds, at least \(least)s")
        }
        return span.components.seconds
    }
}
