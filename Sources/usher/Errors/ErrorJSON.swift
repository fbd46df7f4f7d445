import CashierClient
import SessionCore

// The error table in JSON, in the words of the options and columns.
extension JSONWriter {
    mutating func members(of rule: ErrorRuleRow) {
        member("rule", rule.ruleID)
        member("code", rule.status.map { String($0) } ?? rule.statusKind)
        if !rule.text.isEmpty { member("text", rule.text) }
        if let httpStatus = rule.httpStatus { member("http_status", httpStatus) }
        member("class", rule.errorClass)
        member("name", rule.name)
        member("message", rule.message)
        if rule.meansNotFound { member("means_not_found", true) }
        member("wait_ms", rule.retry.firstWait?.wholeMilliseconds)
        member("wait_cap_ms", rule.retry.waitCap?.wholeMilliseconds)
        if let attempts = rule.retry.attemptsMax { member("attempts_max", attempts) }
    }

    mutating func members(of set: ErrorOverride) {
        member("account", set.account)
        members(of: set.rule)
        member("set_at", set.setAt)
        member("actor", set.actor)
        member("reason", set.reason)
    }

    mutating func members(of fault: ErrorRuleFault) {
        member("rule", fault.ruleID)
        member("part", fault.part)
        member("advice", fault.advice)
    }

    mutating func members(of judgement: ErrorJudgement) {
        member("rule", judgement.rule?.id)
        member("verdict", judgement.outcome.verdict)
        member("code", judgement.code)
        member("message", judgement.advice)
        member("unlisted", judgement.isUnlisted)
    }

    mutating func members(of effect: ErrorEffect) {
        member("job", effect.job)
        member("account", effect.account)
        member("crm", effect.crm)
    }

    mutating func members(of comparison: TableComparison) {
        member("replies", comparison.total)
        member("changed", comparison.changed)
        member("newly_definite", comparison.newlyDefinite)
        member("groups", array: comparison.groups) { writer, group in
            writer.member("before") { $0.members(of: group.before) }
            writer.member("after") { $0.members(of: group.after) }
            writer.member("changes", group.isChange)
            writer.member("count", group.count)
            writer.key("orders")
            writer.beginArray()
            for order in group.orders { writer.string(order) }
            writer.endArray()
        }
    }

    private mutating func members(of taken: TableComparison.Taken) {
        member("rule", taken.rule)
        member("verdict", taken.verdict)
        member("code", taken.code)
    }
}
