import CashierClient
import SessionCore
import Terminal

/// What the error table makes of a reply or of many, as `usher account errors test` prints it. Pure.
enum ErrorTestReport {
    /// A pasted reply.
    struct Reply {
        var facts: ReplyFacts
        var kind: CashierCall.Kind
        var before: ErrorTable
        /// With the rule that is tried; nil for none.
        var after: ErrorTable?
        var rules: OutcomeRules
        var hasSignature: Bool

        private func effect(_ judgement: ErrorJudgement) -> ErrorEffect {
            ErrorEffect(judgement, kind: kind, rules: rules)
        }

        var lines: [String] {
            var lines = [
                "reply    HTTP \(facts.httpStatus), "
                    + (facts.status.map { "status \($0)" } ?? "no answer of the Cashier's (\(facts.unread))")
            ]
            if !facts.text.isEmpty { lines.append("text     \(printable(facts.redactedText))") }
            if facts.status == 0 {
                return lines + [
                    "", "It says success: no error rule is asked, its signature and its fields are checked.",
                ]
            }
            if hasSignature {
                lines.append("         signed: a worker checks that first, and believes it only if it is right")
            }
            let judgement = before.judge(facts, kind: kind)
            lines += [""] + self.lines(judgement)
            guard let after else { return lines }
            let changed = after.judge(facts, kind: kind)
            if TableComparison.Taken(judgement) == TableComparison.Taken(changed) {
                return lines + ["", "With the rule that is tried: the same."]
            }
            return lines + ["", "With the rule that is tried:"] + self.lines(changed)
        }

        private func lines(_ judgement: ErrorJudgement) -> [String] {
            let effect = effect(judgement)
            let rule = judgement.rule.map { rule in
                judgement.isUnlisted ? "none lists it, so \(rule.id) holds" : "\(rule.id) (\(rule.row.summary))"
            }
            return [
                "rule     \(printable(rule ?? "none fits"))",
                "taken as \(judgement.outcome.verdict), code \(judgement.code)",
                "job      \(effect.job)",
                "account  \(effect.account)",
                "CRM      \(printable(effect.crm))",
            ]
        }

        var json: String {
            JSONWriter.object { writer in
                writer.member("http_status", facts.httpStatus)
                writer.member("status", facts.status)
                if !facts.text.isEmpty { writer.member("text", facts.redactedText) }
                guard facts.status != 0 else { return writer.member("verdict", "success") }
                for (name, table) in [("now", before), ("then", after)] {
                    guard let judgement = table?.judge(facts, kind: kind) else { continue }
                    writer.member(name) { writer in
                        writer.members(of: judgement)
                        writer.member("effect") { $0.members(of: effect(judgement)) }
                    }
                }
            }
        }
    }

    /// What recorded replies are taken for, and how a rule would change that.
    static func lines(_ comparison: TableComparison, isTrial: Bool, width: Int?) -> [String] {
        guard comparison.total > 0 else { return ["no reply that was no success is recorded"] }
        var lines = [summary(comparison, isTrial: isTrial)]
        if !isTrial || comparison.changed > 0 { lines.append("") }
        lines += isTrial ? changes(comparison, width: width) : table(comparison.groups, isTrial: false, width: width)
        if comparison.takenOtherwiseThen > 0 {
            let what = "\(grouped(comparison.takenOtherwiseThen)) of them were taken otherwise when they came"
            lines += ["", "\(what): by another table, or by words that are redacted here."]
        }
        return lines
    }

    static func summary(_ comparison: TableComparison, isTrial: Bool) -> String {
        let total = "\(grouped(comparison.total)) recorded \(comparison.total == 1 ? "reply" : "replies")"
        guard isTrial else { return "the last \(total) that were no success" }
        return "\(grouped(comparison.changed)) of \(total) would have been taken otherwise"
    }

    static func changes(_ comparison: TableComparison, width: Int?) -> [String] {
        comparison.changes.isEmpty ? [] : table(comparison.changes, isTrial: true, width: width)
    }

    private static func table(_ groups: [TableComparison.Group], isTrial: Bool, width: Int?) -> [String] {
        var columns: [TextTable.Column] = [.init("COUNT", .right), .init(isTrial ? "NOW" : "RULE: TAKEN AS")]
        if isTrial { columns.append(.init("THEN")) }
        columns += [.init("CODE"), .init("ORDERS, FOR EXAMPLE", isFlexible: true)]
        var table = TextTable(columns)
        for group in groups {
            var row = [grouped(group.count), group.before.words]
            if isTrial { row.append(group.after.words) }
            let code = group.before.code == group.after.code ? "" : " → \(group.after.code)"
            table.add(row + [group.before.code + code, group.orders.joined(separator: ", ")])
        }
        return table.lines(width: width)
    }
}
