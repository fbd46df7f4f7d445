import CLinux
import SessionCore
import Settings
import Terminal

/// `usher doctor`.
enum DoctorVerb {
    static let command = Command(
        "doctor",
        "check settings, files, Postgres, Kafka, callbacks and accounts, and that the work goes on",
        discussion: """
            Checks one thing after the other, each in at most 10 seconds, and changes nothing. A line says `ok`,
            `advice` (works, could be better), `problem` with what to do, or `skipped because` what it rests on
            failed. The Cashier's endpoints are asked for their headers only: nothing is opened.

            The work goes on where none of these is a problem: work that waits while no worker runs (one that was
            killed counts for 15 s more) or none that has its account; an agent's job that has been due for a minute
            though nothing holds its account (with the workers whose breaker is open, because the Cashier does not
            answer); results that have waited for a minute, or publishing.unpublished_max, to be published; events of
            callbacks that have waited for a minute to be published; a topic of agents with nine tenths of its
            backlog_max waiting; a partition that is not read on; records that have waited on Kafka for half of their
            topic's retention.ms, or for two minutes in a partition that no worker has. Accounts that are held, and
            orders that wait for an operator, are advice: `usher account status` ends with 1 for the former. Let no
            start depend on this: while nobody works, that is a problem.
            """,
        options: [
            .flag("verbose", short: "v", "Also tells each setting that somebody set, and where."),
            CommandTree.json,
        ],
        examples: [
            CommandExample(
                "usher doctor -c /etc/usher/usher.yaml",
                "before the first start, and when something is odd"
            ),
            CommandExample("usher doctor --json", "for a monitor: exit code 0 means that no problem was found"),
        ],
        exitCodes: [.success, .failure, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        // Both before dumps are forbidden, which takes its own environment from a process that is not root's.
        let loading = Result { try context.load(checksFiles: false) }
        let files = Result { _ = try context.load(checksFiles: true) }
        // The key file and passwords are read: no core dump.
        _ = usher_forbid_dumps()
        let facts = DoctorFacts(context, try? loading.get(), files: files)
        let settings = DoctorCheck(name: "settings") { self.settings(loading) }
        var chain = CheckChain([settings] + DoctorChecks(facts).all)
        let isJSON = context.invocation.flag("json")
        let width = chain.checks.map(\.name.count).max() ?? 0
        let listing = facts.loaded.map(setByHand) ?? []
        try await chain.run { checked in
            guard !isJSON else { return }
            try context.print(printable(checked.line(nameWidth: width)))
            guard checked.check == "settings", context.invocation.flag("verbose") else { return }
            for setting in listing { try context.print("  \(printable(setting.description))") }
        }
        let verdict = verdict(chain.findings, isUsable: facts.loaded != nil)
        if isJSON {
            try context.print(json(chain.findings, context.invocation.flag("verbose") ? listing : nil))
        } else {
            try context.print("\n" + summary(chain.findings))
        }
        return verdict
    }

    /// The code to end with. Pure.
    static func verdict(_ findings: [CheckedFinding], isUsable: Bool) -> ExitCode {
        guard isUsable else { return .configuration }
        return findings.contains { $0.finding.status == .problem } ? .failure : .success
    }

    /// `2 problems, 1 piece of advice, 3 skipped`. Pure.
    static func summary(_ findings: [CheckedFinding]) -> String {
        func count(_ status: Finding.Status) -> Int { findings.filter { $0.finding.status == status }.count }
        let problems = count(.problem)
        var parts = [problems == 0 ? "no problems" : "\(problems) problem\(problems == 1 ? "" : "s")"]
        if count(.advice) > 0 { parts.append("\(count(.advice)) worth a thought") }
        if count(.skipped) > 0 { parts.append("\(count(.skipped)) skipped") }
        return parts.joined(separator: ", ")
    }

    private static func settings(_ loading: Result<LoadedSettings, any Error>) -> [Finding] {
        switch loading {
        case .success(let loaded):
            let files = setByHand(loaded).compactMap { listing -> String? in
                guard case .file(let name, _) = listing.origin else { return nil }
                return name
            }
            let place = files.first.map { "\($0); " } ?? ""
            return [.ok("\(place)\(setByHand(loaded).count) set, the others have their defaults")]
        case .failure(let error as SettingsError): return error.problems.map { .blocking($0.description) }
        case .failure(let error): return [.blocking(Explanation.of(error).message)]
        }
    }

    private static func setByHand(_ loaded: LoadedSettings) -> [SettingListing] {
        loaded.listing.filter { $0.origin != .fallback }
    }

    private static func json(_ findings: [CheckedFinding], _ settings: [SettingListing]?) -> String {
        JSONWriter.object { writer in
            writer.member("ok", !findings.contains { $0.finding.status == .problem })
            writer.member("checks", array: findings) { writer, checked in checked.write(to: &writer) }
            if let settings {
                writer.member("settings", array: settings) { writer, setting in
                    writer.member("key", setting.key)
                    writer.member("value", setting.value)
                    writer.member("origin", setting.origin.description)
                }
            }
        }
    }
}
