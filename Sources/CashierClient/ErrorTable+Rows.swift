package import SessionCore

/// A stored rule that cannot be used: which one, which part of it, and what that part must be.
package struct ErrorRuleFault: Error, Equatable, Sendable, CustomStringConvertible {
    package var ruleID: String
    /// The column's name.
    package var part: String
    package var advice: String

    package var description: String { "rule \(ruleID): \(part) \(advice)" }
}

extension ErrorRule {
    /// The rule of a row.
    ///
    /// - Throws: The first part that makes no sense.
    package init(_ row: ErrorRuleRow) throws(ErrorRuleFault) {
        func fault(_ part: String, _ advice: String) -> ErrorRuleFault {
            ErrorRuleFault(ruleID: row.ruleID, part: part, advice: advice)
        }
        let httpStatuses = [200..<300, 400..<600]
        if let httpStatus = row.httpStatus, !httpStatuses.contains(where: { $0.contains(httpStatus) }) {
            throw fault("http_status", "must be from 200 to 299 or from 400 to 599: redirects are never followed")
        }
        let status: Status
        guard let kind = ErrorRuleRow.StatusKind(rawValue: row.statusKind) else {
            let words = ErrorRuleRow.StatusKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw fault("status_kind", "must be one of \(words)")
        }
        switch kind {
        case .exactly:
            guard let code = row.status, code != 0 else { throw fault("code", "must be a number other than 0") }
            status = .exactly(code)
        case .negative: status = .negative
        case .none:
            guard row.httpStatus != nil else { throw fault("http_status", "is needed where there is no code") }
            guard row.text.isEmpty else { throw fault("text", "must be empty where there is no body to have one") }
            status = .none
        case .unlisted:
            guard row.httpStatus == nil, row.text.isEmpty else {
                throw fault("code", "that no rule lists has neither text nor HTTP status: it is for all that are left")
            }
            status = .unlisted
        }
        if let advice = TextPattern.fault(row.text) { throw fault("text", advice) }
        guard let errorClass = ErrorClass(rawValue: row.errorClass) else {
            throw fault("class", "must be one of \(ErrorClass.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        if let name = row.name, !Self.isName(name) {
            throw fault("name", "must be a lower-case word of letters, digits and _, at most 64 long")
        }
        guard (1...256).contains(row.message.utf8.count), !row.message.utf8.contains(where: { $0 < 0x20 }) else {
            throw fault("message", "must be one line of 1 to 256 bytes")
        }
        guard !row.meansNotFound || errorClass == .declined else {
            throw fault("means_not_found", "goes with class declined only")
        }
        if let (part, advice) = Self.retryFault(row.retry, errorClass) { throw fault(part, advice) }
        self.init(
            row.ruleID,
            status,
            text: TextPattern(row.text),
            httpStatus: row.httpStatus,
            errorClass,
            name: row.name,
            meansNotFound: row.meansNotFound,
            retry: row.retry,
            advice: row.message
        )
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, 0x61...0x7A ~= first, name.utf8.count <= 64 else { return false }
        return name.utf8.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x5F }
    }

    private static func retryFault(_ retry: RetryRule, _ errorClass: ErrorClass) -> (part: String, advice: String)? {
        let waits = Duration.milliseconds(1) ... .seconds(86_400)
        if let wait = retry.firstWait, !waits.contains(wait) { return ("wait", "must be from 1ms to 1d") }
        if let cap = retry.waitCap, !waits.contains(cap) { return ("wait-cap", "must be from 1ms to 1d") }
        if let wait = retry.firstWait, let cap = retry.waitCap, wait > cap {
            return ("wait-cap", "must not be below the first wait")
        }
        if let attempts = retry.attemptsMax, !(1...1_000).contains(attempts) {
            return ("attempts-max", "must be from 1 to 1000")
        }
        guard retry == RetryRule() || errorClass.isTriedAgain else {
            let classes = ErrorClass.allCases.filter(\.isTriedAgain).map(\.rawValue).joined(separator: ", ")
            return ("wait", "and its like are for what is tried again: \(classes)")
        }
        return nil
    }

    /// As it is stored.
    package var row: ErrorRuleRow {
        let (kind, code): (ErrorRuleRow.StatusKind, Int64?) =
            switch status {
            case .exactly(let code): (.exactly, code)
            case .negative: (.negative, nil)
            case .none: (.none, nil)
            case .unlisted: (.unlisted, nil)
            }
        return ErrorRuleRow(
            ruleID: id,
            statusKind: kind.rawValue,
            status: code,
            text: text.text,
            httpStatus: httpStatus,
            errorClass: errorClass.rawValue,
            name: name,
            message: advice,
            meansNotFound: meansNotFound,
            retry: retry
        )
    }
}

extension ErrorClass {
    /// Whether a job that is refused so is sent again by itself.
    package var isTriedAgain: Bool {
        switch self {
        case .retryFast, .retrySlow, .limited: true
        case .declined, .verify, .configFault, .maintenance: false
        }
    }
}

extension ErrorTable {
    /// An account's table from stored rows: its own rules first, in the order given, then the standard ones.
    ///
    /// A row that cannot be used is left out and told in `faults`; for a standard one the built-in rule of that id
    /// steps in, so that no unknown outcome turns into a definite one by a slip. Without any standard row all are
    /// built in.
    package static func read(
        standard: [ErrorRuleRow],
        overrides: [ErrorRuleRow]
    ) -> (table: ErrorTable, faults: [ErrorRuleFault]) {
        var faults: [ErrorRuleFault] = []
        func rule(_ row: ErrorRuleRow) -> ErrorRule? {
            do throws(ErrorRuleFault) {
                return try ErrorRule(row)
            } catch {
                faults.append(error)
                return nil
            }
        }
        let own = overrides.compactMap(rule)
        let builtIn = Self.standard.rules + [Self.standard.unlisted]
        var known = standard.compactMap { row in rule(row) ?? builtIn.first { $0.id == row.ruleID } }
        if known.isEmpty { known = builtIn }
        let unlisted = (own + known).first { $0.status == .unlisted } ?? Self.standard.unlisted
        return (ErrorTable(rules: (own + known).filter { $0.status != .unlisted }, unlisted: unlisted), faults)
    }

    /// With a rule put before all others, and without the one that it takes the place of.
    package func adding(_ rule: ErrorRule) -> ErrorTable {
        var table = self
        if rule.status == .unlisted {
            table.unlisted = rule
        } else {
            // What the new rule hides stays in its place below: it never gets its turn.
            table.rules.insert(rule, at: 0)
        }
        return table
    }
}
