import CashierClient
import PostgresStore
import SessionCore
import Terminal

/// `usher account errors set`.
enum ErrorsSetVerb {
    static let command = Command(
        "set",
        "teach an error code: a rule for one account, tried before all others",
        discussion: """
            The rule and its line in the audit are one transaction. It replaces the account's rule for the same code,
            text and HTTP status, if there is one, and says what it would have changed among the recorded replies.

            A rule that would take an answer of unknown outcome for a definite one is refused: after such an answer a
            session may exist. Only who knows better says --i-know-it-was-not-done.
            """,
        options: RuleOptions.options + [
            Operator.reason, Operator.person, ErrorsVerb.promise,
            .flag("dry-run", "say what would happen, and change nothing."), CommandTree.json,
        ],
        arguments: [CommandArgument("ACCOUNT", "for which account.")],
        examples: [
            CommandExample(
                "usher account errors set main --code 417 --class declined --message 'The customer has reached the "
                    + "limit.' --name limit_reached --reason 'mail of support, 21 November'",
                "a refusal for good"
            ),
            CommandExample(
                "usher account errors set main --code 418 --class retry_slow --wait 30s --wait-cap 10m "
                    + "--attempts-max 3 --message 'Busy.' --reason INC-7 --dry-run",
                "what trying again would change"
            ),
        ],
        exitCodes: [.success, .failure, .unavailable, .tryAgain, .noPermission, .configuration]
    )

    /// How many recorded replies are compared.
    static let repliesMax = PostgresStore.repliesMax

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let rule = try RuleOptions.requiredRule(invocation)
        let act = try Operator.act(invocation)
        let isDryRun = invocation.flag("dry-run")
        let isKnown = invocation.flag(ErrorsVerb.promise.name)
        let report = try await StoreAccess.with(context) { store, configuration in
            let account = try invocation.knownAccount(in: configuration).name
            let stored = try await store.errorTable()
            let before = stored.table(of: account).table
            let replies = try await store.lastReplies(account: account, limit: repliesMax)
            let comparison = TableComparison(replies, before: before, after: before.adding(rule))
            let replaced = stored.overrides.first { $0.account == account && $0.rule.isForTheSame(as: rule.row) }
            func report(_ row: ErrorRuleRow, isDryRun: Bool, isChange: Bool = true) -> ErrorSetReport {
                ErrorSetReport(
                    account: account,
                    rule: row,
                    isRevert: false,
                    replaced: replaced?.rule,
                    comparison: comparison,
                    doubts: before.doubts(of: rule),
                    isDryRun: isDryRun,
                    isChange: isChange
                )
            }
            let planned = report(rule.row, isDryRun: true)
            guard !isDryRun, !planned.isDangerous || isKnown else { return planned }
            let list = "usher account errors list \(ShellWord.quoted(account))"
            let change = try await Operator.once(seenBy: list) {
                try await store.setErrorOverride(rule.row, account: account, act: act)
            }
            return report(change.after, isDryRun: false, isChange: change.isChange)
        }
        return try ErrorsVerb.end(with: report, isKnown: isKnown, context)
    }
}

// What `set` and `revert` have in common.
extension ErrorsVerb {
    /// The option that lets a change through which would break the promise not to repeat blindly.
    static let promise = CommandOption.flag(
        "i-know-it-was-not-done",
        "the Cashier promises that after this answer no session exists."
    )

    /// Prints what was done, or would be. Throws `VerbError` when it was refused.
    static func end(with report: ErrorSetReport, isKnown: Bool, _ context: VerbContext) throws -> ExitCode {
        let invocation = context.invocation
        if report.isDangerous, !isKnown, !invocation.flag("dry-run") {
            throw VerbError.ended(report.refusal.joined(separator: "\n"), .failure)
        }
        let lines = report.lines(width: StandardStream.output.terminalWidth)
        try context.print(invocation.flag("json") ? report.json : lines.joined(separator: "\n"))
        return report.isDangerous && !isKnown ? .failure : .success
    }
}
