import CashierClient
import PostgresStore
import SessionCore
import Settings
import Spelling
import Terminal

/// `usher account errors revert`.
enum ErrorsRevertVerb {
    static let command = Command(
        "revert",
        "take a rule away that was set, so that those below it hold again",
        discussion: """
            The rule goes and its line in the audit comes in one transaction. Standard rules cannot be taken away; set a
            rule for the same answers instead.

            Where recorded answers of unknown outcome would be taken for definite ones without the rule, it is refused:
            after such an answer a session may exist. Only who knows better says --i-know-it-was-not-done.
            """,
        options: [
            Operator.reason, Operator.person, ErrorsVerb.promise,
            .flag("dry-run", "say what would happen, and change nothing."), CommandTree.json,
        ],
        arguments: [
            CommandArgument("ACCOUNT", "of which account."),
            CommandArgument("RULE", "the rule's name in `errors list`, such as set-417."),
        ],
        examples: [
            CommandExample("usher account errors revert main set-417 --reason 'support corrected it'", "back to before")
        ],
        exitCodes: [.success, .failure, .unavailable, .tryAgain, .noPermission, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let act = try Operator.act(invocation)
        let isDryRun = invocation.flag("dry-run")
        let isKnown = invocation.flag(ErrorsVerb.promise.name)
        let report = try await StoreAccess.with(context) { store, configuration in
            let account = try invocation.knownAccount(in: configuration).name
            let name = invocation.argument("RULE")
            return try await revert(name, of: account, in: store, isDryRun: isDryRun, isKnown: isKnown, act: act)
        }
        return try ErrorsVerb.end(with: report, isKnown: isKnown, context)
    }

    /// Takes a rule away, unless it is only tried, or would break a promise that nobody vouches for: nothing is changed
    /// then, and the report says what would be. Throws `StoreError`, and `VerbError` when there is no such rule.
    static func revert(
        _ name: String,
        of account: String,
        in store: PostgresStore,
        isDryRun: Bool,
        isKnown: Bool,
        act: OperatorAct
    ) async throws -> ErrorSetReport {
        var stored = try await store.errorTable()
        let own = stored.overrides.filter { $0.account == account }.map(\.rule)
        let rule = try find(name, own, account)
        let before = stored.table(of: account).table
        stored.overrides.removeAll { $0.account == account && $0.rule.ruleID == rule.ruleID }
        let after = stored.table(of: account).table
        let replies = try await store.lastReplies(account: account, limit: ErrorsSetVerb.repliesMax)
        let comparison = TableComparison(replies, before: before, after: after)
        func report(isDryRun: Bool) -> ErrorSetReport {
            ErrorSetReport(
                account: account,
                rule: rule,
                isRevert: true,
                replaced: nil,
                comparison: comparison,
                doubts: [],
                isDryRun: isDryRun
            )
        }
        let planned = report(isDryRun: true)
        guard !isDryRun, !planned.isDangerous || isKnown else { return planned }
        let list = "usher account errors list \(ShellWord.quoted(account))"
        let reverted = try await Operator.once(seenBy: list) {
            try await store.revertErrorOverride(rule.ruleID, account: account, act: act)
        }
        guard reverted != nil else {
            throw VerbError.ended("\(rule.ruleID) of \(account) was taken away by somebody else just now", .failure)
        }
        return report(isDryRun: false)
    }

    /// The rule of that name; `417` is taken for `set-417`.
    private static func find(_ name: String, _ own: [ErrorRuleRow], _ account: String) throws -> ErrorRuleRow {
        if let rule = own.first(where: { $0.ruleID == name || $0.ruleID == "set-\(name)" }) { return rule }
        let ids = own.map(\.ruleID)
        let near = nearestWord(to: name, among: ids).map { "; did you mean \($0)?" } ?? ""
        let list = ids.isEmpty ? "none is set" : "set are " + ids.joined(separator: ", ")
        throw VerbError.ended(
            "account \(account) has no rule \(printable(name)) that was set\(near) (\(list))",
            .failure
        )
    }
}
