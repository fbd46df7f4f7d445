package import SessionCore

// The error table and what is known of the provider's refusals.
extension PostgresStore {
    /// Codes that are counted for an account; more are not kept.
    package static let unlistedCodesMax = 1_000
    /// Replies that are kept of an account.
    package static let repliesMax = 10_000

    /// Whether the error table changed: the number grows with every change. Throws `StoreError`.
    package func errorRevision() async throws -> Int64 {
        try await pool.run { link in try Self.revision(link) }
    }

    /// The error table, in one snapshot. Throws `StoreError`.
    package func errorTable() async throws -> StoredErrorTable {
        try await pool.run { link in
            try link.reading { link in
                StoredErrorTable(
                    revision: try Self.revision(link),
                    standard: try link.run(SQL.Errors.standard).map { row in try ErrorRuleRow(&row) },
                    overrides: try Self.overrides(link, of: nil)
                )
            }
        }
    }

    /// Sets a rule for an account and notes it in the audit, in one transaction. A rule for the same answers is
    /// replaced and keeps its id; setting the newest rule again as it is changes nothing. Throws `StoreError`; after
    /// `.unavailable` it may have happened.
    ///
    /// - Parameter rule: its `ruleID` is what to call it; a number is added where another of the account's has it.
    package func setErrorOverride(
        _ rule: ErrorRuleRow,
        account: String,
        act: OperatorAct
    ) async throws -> ErrorOverrideChange {
        // Done again after an answer that was lost, it would say that the rule had been set before.
        try await pool.run(repeatsAfterLoss: false) { link in
            try link.transaction { link in
                try link.run(SQL.Errors.lock)
                let known = try Self.overrides(link, of: account)
                let replaced = known.first { $0.rule.isForTheSame(as: rule) }
                var rule = rule
                rule.ruleID = replaced?.rule.ruleID ?? Self.freeID(rule.ruleID, known.map(\.rule.ruleID))
                if let newest = known.first, newest.rule == rule {
                    return ErrorOverrideChange(before: newest.rule, after: rule, isChange: false)
                }
                if let replaced {
                    try link.run(SQL.Errors.delete, [.text(account), .text(replaced.rule.ruleID)])
                }
                try link.run(SQL.Errors.insert, Self.parameters(rule, account, act))
                try Self.audit(link, "error_rule_set", account, act, before: replaced?.rule, after: rule)
                return ErrorOverrideChange(before: replaced?.rule, after: rule, isChange: true)
            }
        }
    }

    /// Takes a rule of an account away and notes it in the audit, in one transaction. nil when there is none of that
    /// id. Throws `StoreError`; after `.unavailable` it may have happened.
    package func revertErrorOverride(
        _ ruleID: String,
        account: String,
        act: OperatorAct
    ) async throws -> ErrorRuleRow? {
        try await pool.run(repeatsAfterLoss: false) { link in
            try link.transaction { link in
                try link.run(SQL.Errors.lock)
                let known = try Self.overrides(link, of: account)
                guard let rule = known.first(where: { $0.rule.ruleID == ruleID })?.rule else { return nil }
                try link.run(SQL.Errors.delete, [.text(account), .text(ruleID)])
                try Self.audit(link, "error_rule_reverted", account, act, before: rule, after: nil)
                return rule
            }
        }
    }

    /// Codes that no rule named, the latest first. Throws `StoreError`.
    package func unlistedCodes(account: String? = nil) async throws -> [UnlistedCode] {
        try await pool.run { link in
            try link.run(SQL.Errors.unlisted, [.optional(account) { .text($0) }]).map { row in
                let account: String = try row.next()
                let code: String = try row.next()
                let key = UnlistedCode.Key(account: account, code: code, httpStatus: Int(try row.next(Int16.self)))
                return UnlistedCode(
                    key: key,
                    count: try row.next(),
                    firstSeen: try row.next(),
                    lastSeen: try row.next(),
                    lastText: try row.next()
                )
            }
        }
    }

    private static func revision(_ link: PostgresLink) throws -> Int64 {
        guard let revision = try link.run(SQL.Errors.revision).first({ row in try row.next(Int64.self) }) else {
            throw PostgresFailure.shape("usher.error_revision has no row")
        }
        return revision
    }

    private static func overrides(_ link: PostgresLink, of account: String?) throws -> [ErrorOverride] {
        try link.run(SQL.Errors.overrides, [.optional(account) { .text($0) }]).map { row in
            let rule = try ErrorRuleRow(&row)
            return ErrorOverride(
                account: try row.next(),
                rule: rule,
                setAt: try row.next(),
                actor: try row.next(),
                reason: try row.next()
            )
        }
    }

    /// Rules of one name, with another text, are told apart by a number.
    private static func freeID(_ wanted: String, _ taken: [String]) -> String {
        guard taken.contains(wanted) else { return wanted }
        let free = (2...taken.count + 2).lazy.map { "\(wanted)-\($0)" }.first { !taken.contains($0) }
        return free ?? wanted
    }

    private static func parameters(_ rule: ErrorRuleRow, _ account: String, _ act: OperatorAct) -> [PGParameter] {
        [
            .text(account), .text(rule.ruleID), .text(rule.statusKind), .optional(rule.status) { .int8($0) },
            .text(rule.text), .optional(rule.httpStatus) { .int2(Int16(clamping: $0)) }, .text(rule.errorClass),
            .optional(rule.name) { .text($0) }, .text(rule.message), .bool(rule.meansNotFound),
            .optional(rule.retry.firstWait) { .int8($0.wholeMicroseconds) },
            .optional(rule.retry.waitCap) { .int8($0.wholeMicroseconds) },
            .optional(rule.retry.attemptsMax) { .int2(Int16(clamping: $0)) }, .text(act.actor), .text(act.reason),
        ]
    }

    private static func audit(
        _ link: PostgresLink,
        _ action: String,
        _ account: String,
        _ act: OperatorAct,
        before: ErrorRuleRow?,
        after: ErrorRuleRow?
    ) throws {
        let rule = after ?? before
        let entry = AuditEntry(
            act: act,
            action: action,
            subject: "\(account) \(rule?.ruleID ?? "")",
            before: before?.summary,
            after: after?.summary
        )
        try entry.write(link)
    }
}

/// What setting a rule did.
package struct ErrorOverrideChange: Equatable, Sendable {
    /// The rule for the same answers that it took the place of.
    package var before: ErrorRuleRow?
    /// As it is stored.
    package var after: ErrorRuleRow
    /// False when the newest rule of the account was this one already.
    package var isChange: Bool
}

extension ErrorRuleRow {
    /// The columns that `errors/standard` and `errors/overrides` begin with.
    init(_ row: inout RowReader) throws {
        self.init(
            ruleID: try row.next(),
            statusKind: try row.next(),
            status: try row.nextIfAny(),
            text: try row.next(),
            httpStatus: try row.nextIfAny(Int16.self).map { Int($0) },
            errorClass: try row.next(),
            name: try row.nextIfAny(),
            message: try row.next(),
            meansNotFound: try row.next(),
            retry: RetryRule(
                firstWait: try row.nextIfAny(Int64.self).map { .microseconds($0) },
                waitCap: try row.nextIfAny(Int64.self).map { .microseconds($0) },
                attemptsMax: try row.nextIfAny(Int16.self).map { Int($0) }
            )
        )
    }
}
