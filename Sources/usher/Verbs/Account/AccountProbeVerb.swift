import CLinux
import CashierClient
import Cryptography
import Glibc
import SessionCore
import Settings
import Terminal

/// `usher account probe`.
enum AccountProbeVerb {
    static let command = Command(
        "probe",
        "ask a provider's sandbox what its documentation leaves open",
        discussion: """
            Asks ten questions that settings turn on, explains each answer in plain words, and writes what follows to
            a file that the settings can include (`accounts.<name>.provider_file`). docs/PROBE.md explains them.

            Some questions open sessions: the plan says which, and a person has to agree to it. Orders are the probe's
            own, `probe-…`; the sessions are listed at the end and expire by themselves. Kafka and Postgres are not
            needed. Live systems are refused unless --this-is-live is given.

            Exit code 1 tells that a question stayed unclear or that something stands in the way of using the account.
            """,
        options: [
            .flag("yes", short: "y", "Asks without having the plan confirmed."),
            .value("only", "N,N", "Only these questions, by number."),
            .flag("read-only", "Asks only what opens no session."),
            .flag("wait", "Also waits for a session to expire, which takes session_lifetime."),
            .value("paid-order", "ORDER", "An order that somebody paid, to be looked up."),
            .value("expired-order", "ORDER", "An order whose session has expired, to be looked up."),
            .value(
                "output",
                "FILE",
                "Where to write; by default the account's provider_file, or ACCOUNT.provider.yaml."
            ),
            .flag("no-output", "Writes no file."),
            .flag("this-is-live", "Allows a host that is not known to be a sandbox."),
            CommandTree.json,
        ],
        arguments: [CommandArgument("ACCOUNT", "The account, as the settings name it.")],
        examples: [
            CommandExample("usher account probe sandbox", "see the plan, agree, read the answers"),
            CommandExample("usher account probe sandbox --read-only --yes", "open nothing"),
            CommandExample("usher account probe sandbox --only 3,6 --yes --json", "two questions, for a program"),
        ],
        exitCodes: [
            .success, .failure, .unavailable, .cannotCreate, .noPermission, .configuration, .interrupted,
        ]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let name = invocation.argument("ACCOUNT")
        // A file that an earlier probe wrote, or that this one is to write, must not stand in the way.
        let configuration = try context.load(checksFiles: false, readsProviderFiles: false).configuration
        _ = usher_forbid_dumps()
        guard let settings = configuration.accounts[name] else {
            let known = configuration.accounts.keys.sorted().joined(separator: ", ")
            throw VerbError.ended("there is no account \(name); the settings have \(known)", .configuration)
        }
        let account = try settings.cashierAccount()
        let host = account.hosts.first ?? ""
        let care = ProbeHost(account)
        if let refusal = care.refusal, !invocation.flag("this-is-live") {
            throw UsageError(path: invocation.path, message: "\(account.hosts.joined(separator: ", ")) \(refusal)")
        }
        let plan = try plan(invocation, account)
        guard try isAgreed(to: plan, name, host, care, context) else {
            context.note("Nothing was asked.")
            return .failure
        }
        let requests = try requests(settings, account)
        var report = try await ask(plan, requests, context, name, host)
        try write(&report, plan, requests.prefix, settings, context)
        let width = StandardStream.output.terminalWidth ?? 100
        try context.print(invocation.flag("json") ? report.json : report.text(width: width))
        return report.exitCode
    }

    // MARK: Before

    private static func plan(_ invocation: Invocation, _ account: CashierAccount) throws(UsageError) -> ProbePlan {
        var plan = ProbePlan()
        plan.isReadOnly = invocation.flag("read-only")
        plan.waits = invocation.flag("wait")
        plan.paidOrder = invocation.value("paid-order")
        plan.expiredOrder = invocation.value("expired-order")
        plan.isLocal = account.isLocal
        plan.lifetime = account.sessionLifetime
        guard let text = invocation.value("only") else { return plan }
        guard let questions = ProbePlan.questions(text) else {
            let message = "--only takes numbers from 1 to 10, separated by commas, such as 3,6"
            throw UsageError(path: invocation.path, message: message)
        }
        plan.questions = questions
        return plan
    }

    /// Shows the plan; whoever cannot be asked must have said --yes.
    private static func isAgreed(
        to plan: ProbePlan,
        _ account: String,
        _ host: String,
        _ care: ProbeHost,
        _ context: VerbContext
    ) throws -> Bool {
        context.note("Account \(account), \(host)\(care.refusal == nil ? "" : " (NOT A KNOWN SANDBOX)")")
        for line in plan.lines { context.note(line) }
        context.note("At most \(plan.sessionsMax) sessions are opened in all.")
        if context.invocation.flag("yes") || plan.sessionsMax == 0 { return true }
        guard isatty(STDIN_FILENO) == 1, StandardStream.error.isTerminal else {
            let message = "it opens sessions and nobody can be asked here: add --yes, or --read-only"
            throw UsageError(path: context.invocation.path, message: message)
        }
        _ = StandardStream.error.write("Type the account's name to go on: ")
        return readLine(strippingNewline: true) == account
    }

    private static func requests(
        _ settings: Configuration.Account,
        _ account: CashierAccount
    ) throws -> ProbeRequests {
        let moment = String(Timestamp.systemNow.seconds, radix: 36)
        let chance = String(secureRandomBytes(2).reduce(0) { $0 << 8 | Int($1) }, radix: 36)
        var requests = ProbeRequests(account: account, prefix: "probe-\(moment)\(chance)")
        if let currencies = settings.currencies { requests.currency = currencies.sorted().first ?? requests.currency }
        if !settings.intents.contains(.payment) {
            requests.intent = Intent.allCases.first { settings.intents.contains($0) } ?? .payment
        }
        requests.locale = settings.localeDefault ?? requests.locale
        return requests
    }

    // MARK: Asking

    private static func ask(
        _ plan: ProbePlan,
        _ requests: ProbeRequests,
        _ context: VerbContext,
        _ account: String,
        _ host: String
    ) async throws -> ProbeReport {
        let stop = StopSwitch()
        let signals = StopSignals { _ in stop.turn() }
        defer { withExtendedLifetime(signals) {} }
        let prober = try CashierProber(account: requests.account, now: { .systemNow })
        let total = plan.asked.count
        let isTerminal = StandardStream.error.isTerminal
        var run = ProbeRun(
            plan: plan,
            prober: prober,
            requests: requests,
            now: { .systemNow },
            isStopped: { stop.isTurned },
            tell: { question, place in
                let line = "\(place + 1) of \(total): \(question.title)"
                // Progress that cannot be shown is no reason to stop the work.
                _ = StandardStream.error.write(isTerminal ? "\r\u{1B}[2K\(line)" : line + "\n")
            }
        )
        let ending = await run.run()
        if isTerminal { _ = StandardStream.error.write("\r\u{1B}[2K") }
        await prober.close()
        return ProbeReport(account: account, host: host, plan: plan, ending: ending, record: run.record)
    }

    /// A probe that did not ask everything writes only where it is told to: its file would say less than before.
    private static func write(
        _ report: inout ProbeReport,
        _ plan: ProbePlan,
        _ prefix: String,
        _ settings: Configuration.Account,
        _ context: VerbContext
    ) throws {
        let invocation = context.invocation
        guard !invocation.flag("no-output"), report.ending == .complete else { return }
        let named = invocation.value("output")
        guard named != nil || plan.isWhole else {
            return context.note("No file is written: not everything was asked. --output FILE writes what there is.")
        }
        let path = named ?? settings.providerFile ?? "\(settings.name).provider.yaml"
        let content = ProviderFileText(
            account: settings.name,
            host: report.host,
            probedAt: .systemNow,
            profile: report.profile,
            asked: report.explanations.filter { $0.state == .answered }.map(\.question)
        )
        do {
            try content.write(to: path)
            report.file = path
        } catch {
            // What was found out must not be lost with the file.
            try context.print(invocation.flag("json") ? report.json : report.text(width: 100))
            throw error
        }
    }
}
