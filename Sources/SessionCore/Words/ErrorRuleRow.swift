/// A rule of the error table as it is stored: words and numbers that nobody has judged yet.
package struct ErrorRuleRow: Equatable, Sendable {
    /// What `statusKind` may say.
    package enum StatusKind: String, CaseIterable, Sendable {
        /// The body's `status` is `status`.
        case exactly
        /// The body's `status` is below zero.
        case negative
        /// There is no body of the provider's; `httpStatus` decides.
        case none
        /// A positive `status` that no other rule names.
        case unlisted
    }

    /// Names the rule for people: `400-json`, `set-417`.
    package var ruleID: String
    /// A word of `StatusKind`.
    package var statusKind: String
    /// With `exactly` only.
    package var status: Int64?
    /// Words looked for in the description; empty for any text.
    package var text: String
    package var httpStatus: Int?
    /// A word of `ErrorClass`.
    package var errorClass: String
    /// Replaces the provider's number as the answer's code.
    package var name: String?
    /// What it means and what to change, for the CRM's developers.
    package var message: String
    package var meansNotFound: Bool
    package var retry: RetryRule

    package init(
        ruleID: String,
        statusKind: String,
        status: Int64? = nil,
        text: String = "",
        httpStatus: Int? = nil,
        errorClass: String,
        name: String? = nil,
        message: String,
        meansNotFound: Bool = false,
        retry: RetryRule = RetryRule()
    ) {
        self.ruleID = ruleID
        self.statusKind = statusKind
        self.status = status
        self.text = text
        self.httpStatus = httpStatus
        self.errorClass = errorClass
        self.name = name
        self.message = message
        self.meansNotFound = meansNotFound
        self.retry = retry
    }

    /// Whether both are for the same answers: then one takes the other's place.
    package func isForTheSame(as other: ErrorRuleRow) -> Bool {
        statusKind == other.statusKind && status == other.status && text == other.text && httpStatus == other.httpStatus
    }

    /// One line for the audit and for people: `code 417 with text "limit" → declined as limit: Too much.`
    package var summary: String {
        var words = "code \(status.map { String($0) } ?? statusKind)"
        if let httpStatus { words += " under HTTP \(httpStatus)" }
        if !text.isEmpty { words += " with text \"\(text)\"" }
        words += " → \(errorClass)"
        if let name { words += " as \(name)" }
        if meansNotFound { words += ", not found" }
        if let wait = retry.firstWait { words += ", wait \(Self.span(wait))" }
        if let cap = retry.waitCap { words += ", wait at most \(Self.span(cap))" }
        if let attempts = retry.attemptsMax { words += ", at most \(attempts) attempts" }
        return words + ": \(message)"
    }

    /// As the options take it: `1500ms`, `30s`, `10m`.
    private static func span(_ duration: Duration) -> String {
        let milliseconds = duration.wholeMilliseconds
        if milliseconds % 60_000 == 0 { return "\(milliseconds / 60_000)m" }
        return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000)s" : "\(milliseconds)ms"
    }
}

/// A rule that an operator set for one account; it comes before the standard ones.
package struct ErrorOverride: Equatable, Sendable {
    package var account: String
    package var rule: ErrorRuleRow
    package var setAt: Timestamp
    package var actor: String
    package var reason: String

    package init(account: String, rule: ErrorRuleRow, setAt: Timestamp, actor: String, reason: String) {
        self.account = account
        self.rule = rule
        self.setAt = setAt
        self.actor = actor
        self.reason = reason
    }
}

/// The stored error table, as one snapshot.
package struct StoredErrorTable: Equatable, Sendable {
    /// Grows with every change.
    package var revision: Int64
    /// In their order; the rule for unlisted codes is among them.
    package var standard: [ErrorRuleRow]
    /// The newest first.
    package var overrides: [ErrorOverride]

    package init(revision: Int64, standard: [ErrorRuleRow], overrides: [ErrorOverride]) {
        self.revision = revision
        self.standard = standard
        self.overrides = overrides
    }
}
