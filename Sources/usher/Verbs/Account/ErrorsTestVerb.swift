import CashierClient
import PostgresStore
import SessionCore
import Terminal

/// `usher account errors test`.
enum ErrorsTestVerb {
    static let command = Command(
        "test",
        "say what a reply is taken for, and what a rule would change, without changing anything",
        discussion: """
            With --reply it judges one reply of the Cashier's: a JSON body, or a whole HTTP reply with status line and
            headers, as `curl -i` prints it. With --last it judges the last replies that were no success, which workers
            keep (\(grouped(PostgresStore.repliesMax)) an account, texts redacted). With the options of a rule it
            shows what would be different if that rule were set.
            """,
        options: [
            .value("reply", "FILE", "a reply to judge; - reads standard input."),
            .value(
                "reply-status",
                "N",
                "the HTTP status of a reply that is a JSON body alone; 200 when left out. Without --code, "
                    + "--http-status means the same."
            ),
            .flag("look-up", "the reply answers a look-up, not a request for a session."),
            .value("last", "COUNT", "judge so many recorded replies, at most \(PostgresStore.repliesMax)."),
        ] + RuleOptions.options + [CommandTree.json],
        arguments: [CommandArgument("ACCOUNT", "whose table and settings.")],
        examples: [
            CommandExample("usher account errors test main --reply reply.json --http-status 200", "one reply"),
            CommandExample("usher account errors test main --last 1000", "what came lately, by rule"),
            CommandExample(
                "usher account errors test main --last 1000 --code 417 --class retry_slow --message 'Busy.'",
                "what a rule would change"
            ),
        ],
        exitCodes: [.success, .invalidData, .noInput, .unavailable, .tryAgain, .noPermission, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let last = try invocation.integer("last", in: 1...PostgresStore.repliesMax)
        let file = invocation.value("reply")
        guard (last == nil) != (file == nil) else {
            throw UsageError(path: invocation.path, message: "give either --reply FILE or --last COUNT")
        }
        let replyStatus = try replyStatus(invocation)
        let rule = try trialRule(invocation)
        let reply = try file.map { path in try read(path, replyStatus) }
        let (stored, replies, account, rules) = try await StoreAccess.with(context) { store, configuration in
            let account = try invocation.knownAccount(in: configuration)
            let stored = try await store.errorTable()
            let replies = try await last.asyncMap { try await store.lastReplies(account: account.name, limit: $0) }
            return (stored, replies, account, account.workerAccount(in: configuration).outcomes.rules)
        }
        let before = stored.table(of: account.name).table
        let after = rule.map { before.adding($0) }
        if let reply {
            let report = ErrorTestReport.Reply(
                facts: ReplyFacts(reply),
                kind: invocation.flag("look-up") ? .lookUp : .open,
                before: before,
                after: after,
                rules: rules,
                hasSignature: reply.hasHeader("Gt-Authentication")
            )
            try context.print(invocation.flag("json") ? report.json : report.lines.joined(separator: "\n"))
            return .success
        }
        let comparison = TableComparison(replies ?? [], before: before, after: after)
        if invocation.flag("json") {
            try context.print(JSONWriter.object { $0.members(of: comparison) })
        } else {
            let width = StandardStream.output.terminalWidth
            let lines = ErrorTestReport.lines(comparison, isTrial: after != nil, width: width)
            try context.print(lines.joined(separator: "\n"))
        }
        return .success
    }

    /// The HTTP status of a body alone.
    private static func replyStatus(_ invocation: Invocation) throws(UsageError) -> Int? {
        if let status = try invocation.integer("reply-status", in: 100...599) { return status }
        guard invocation.value("code") == nil, invocation.value("reply") != nil else { return nil }
        return try invocation.integer("http-status", in: 100...599)
    }

    /// The rule that is tried. --http-status alone is about the reply.
    private static func trialRule(_ invocation: Invocation) throws(UsageError) -> ErrorRule? {
        let others = RuleOptions.options.filter { $0.name != "http-status" }
        let isTrial = others.contains { option in
            option.value == nil ? invocation.flag(option.name) : invocation.value(option.name) != nil
        }
        guard isTrial else {
            guard invocation.value("http-status") == nil || invocation.value("reply") != nil else {
                throw UsageError(path: invocation.path, message: "--http-status needs --code, or --reply")
            }
            return nil
        }
        return try RuleOptions.requiredRule(invocation)
    }

    private static func read(_ path: String, _ httpStatus: Int?) throws -> HTTPReply {
        let bytes = try FileAccess.read(path)
        do throws(PastedReply.Fault) {
            return try PastedReply.read(bytes, httpStatus: httpStatus)
        } catch {
            throw VerbError.ended("\(JobFile.name(of: path)): \(error.text)", .invalidData)
        }
    }
}

extension Optional {
    fileprivate func asyncMap<Value>(_ transform: (Wrapped) async throws -> Value) async rethrows -> Value? {
        guard let self else { return nil }
        return try await transform(self)
    }
}
