import CLinux
import PostgresStore
import SessionCore
import Terminal

/// `usher quarantine show`.
enum QuarantineShowVerb {
    static let command = Command(
        "show",
        "print what is known of a quarantined record, and its value where that is asked for",
        discussion: """
            Tells when the record came, why it was refused, and what is stored of its value. TOPIC, PARTITION and OFFSET
            are those of RECORD in `usher list --quarantine`: `jobs[3]@41` is jobs 3 41.

            The value is sealed, and may hold a customer's data. --reveal shows it as it came, and needs --reason: who
            saw it, and why, is in the audit before it is shown, and nothing is shown where the audit cannot be written.
            A value that is no UTF-8 is shown in base64. On a terminal control characters are written as \\u{1b}.

            Values are wiped when retention.quarantine is over. Those with a card number, or of more than 64 KiB, are
            never kept. Nothing is changed: a record that was mended is enqueued as a new one.
            """,
        options: [
            .flag("reveal", "Shows the value. It may hold personal data. Needs --reason."), Operator.reason,
            Operator.person, CommandTree.json,
        ],
        arguments: [
            CommandArgument("TOPIC", "which jobs topic it was on."),
            CommandArgument("PARTITION", "in which partition."), CommandArgument("OFFSET", "at which offset."),
        ],
        examples: [
            CommandExample("usher quarantine show vt.session.jobs 3 41", "why it was refused"),
            CommandExample(
                "usher quarantine show vt.session.jobs 3 41 --reveal --reason 'CRM sends no JSON'",
                "what was on the topic, byte for byte"
            ),
        ],
        exitCodes: [.success, .failure, .unavailable, .tryAgain, .noPermission, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let record = try record(invocation)
        let act = try Operator.revealing(invocation)
        let configuration = try context.load(checksFiles: false).configuration
        // From here on a customer's data may be in memory: no core dump.
        _ = usher_forbid_dumps()
        let found = try await StoreAccess.with(configuration, keys: act == nil ? .none : .file) {
            store -> RevealedRecord? in
            if let act { return try await store.revealQuarantined(record, act: act) }
            return try await store.quarantined(record).map { RevealedRecord(detail: $0, value: nil) }
        }
        guard let found else {
            let list = ShellWord.line(invocation.usher("list") + ["--quarantine"])
            throw VerbError.ended(
                "no record was quarantined at \(printable(OrderWords.source(record))); see `\(list)`",
                .failure
            )
        }
        let report = QuarantinedRecordReport(detail: found.detail, value: found.value)
        let text =
            invocation.flag("json")
            ? report.json : report.lines(isTerminal: StandardStream.output.isTerminal).joined(separator: "\n")
        try context.print(text)
        return .success
    }

    /// Which record a command line names. Throws `UsageError`.
    static func record(_ invocation: Invocation) throws(UsageError) -> RecordPosition {
        guard let partition = Int32(invocation.argument("PARTITION")), partition >= 0 else {
            throw UsageError(path: invocation.path, message: "PARTITION must be a whole number, counted from 0")
        }
        guard let offset = Int64(invocation.argument("OFFSET")), offset >= 0 else {
            throw UsageError(path: invocation.path, message: "OFFSET must be a whole number, counted from 0")
        }
        return RecordPosition(topic: invocation.argument("TOPIC"), partition: partition, offset: offset)
    }
}
