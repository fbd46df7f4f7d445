import CashierClient
import SessionCore
import Terminal

/// What setting or taking away a rule does, as it is told before and after. Pure.
struct ErrorSetReport {
    let account: String
    /// The rule that is set, or taken away.
    let rule: ErrorRuleRow
    let isRevert: Bool
    /// The rule for the same answers that it takes the place of.
    let replaced: ErrorRuleRow?
    let comparison: TableComparison
    /// What of unknown outcome it would take for a definite answer.
    let doubts: [String]
    let isDryRun: Bool
    /// False where the table was so already.
    var isChange = true

    /// How long it takes until every worker goes by it.
    static let inForceWithin = Duration.seconds(5)

    /// Whether it would break the promise not to repeat blindly.
    var isDangerous: Bool { !doubts.isEmpty || comparison.newlyDefinite > 0 }

    var warning: [String] {
        guard isDangerous else { return [] }
        let what = isRevert ? "without this rule it is taken" : "this rule takes it"
        var lines = ["WARNING: after such an answer a session may exist, and \(what) for a definite no:"]
        lines += doubts.map { "  - \(printable($0))" }
        if comparison.newlyDefinite > 0 {
            let groups = comparison.changes.filter(\.breaksDoubt)
            let orders = groups.flatMap(\.orders).prefix(3).joined(separator: ", ")
            let count = grouped(comparison.newlyDefinite)
            lines.append(
                "  - \(count) recorded replies of unknown outcome, such as those of \(orders)"
            )
        }
        return lines + [
            "What is sent again, or ended, without a look-up may open a second session, or leave one that nobody knows."
        ]
    }

    /// Why it was not done, and what to do instead.
    var refusal: [String] {
        let instead =
            isRevert
            ? "Nothing was changed. Leave the rule, set another for the same answers, or add"
            : "Nothing was changed. Use class verify, narrow the rule with --text or --http-status, or add"
        return warning + [
            instead, "--i-know-it-was-not-done if the Cashier promises that after this answer no session exists.",
        ]
    }

    func lines(width: Int?) -> [String] {
        var lines = [head]
        if let replaced, isChange { lines.append("instead of: \(printable(replaced.summary))") }
        lines += warning
        lines.append("")
        if comparison.total == 0 {
            lines.append("No reply that was no success is recorded: nothing to compare with.")
        } else {
            lines.append(ErrorTestReport.summary(comparison, isTrial: true) + (comparison.changed == 0 ? "." : ":"))
            lines += ErrorTestReport.changes(comparison, width: width)
        }
        return lines + ["", ending]
    }

    private var head: String {
        let words = printable(rule.summary)
        let name = isDryRun && !isRevert ? "the rule" : rule.ruleID
        if isRevert { return "\(account): \(name) \(isDryRun ? "would be" : "is") taken away: \(words)" }
        guard isChange else { return "\(account): \(name) was set so already: \(words)" }
        return "\(account): \(name) \(isDryRun ? "would be" : "is") set: \(words)"
    }

    private var ending: String {
        if isDryRun { return "Nothing was changed (--dry-run)." }
        guard isChange else { return "Nothing was changed; it is in force." }
        return "In force in every running worker within \(Self.inForceWithin.inWords), also for calls on their way."
    }

    var json: String {
        JSONWriter.object { writer in
            writer.member("account", account)
            writer.member(isRevert ? "reverted" : "set") { $0.members(of: rule) }
            if let replaced { writer.member("replaced") { $0.members(of: replaced) } }
            writer.member("changed", isChange && !isDryRun)
            writer.member("dry_run", isDryRun)
            writer.key("doubts")
            writer.beginArray()
            for doubt in doubts { writer.string(doubt) }
            writer.endArray()
            writer.member("recorded") { $0.members(of: comparison) }
            if isChange, !isDryRun { writer.member("in_force_within_ms", Self.inForceWithin.wholeMilliseconds) }
        }
    }
}
