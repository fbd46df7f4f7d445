/// A reply of the provider's that was no success, as it is kept for questions about the error table. No URL, no name,
/// no token.
package struct ReplyRecord: Equatable, Sendable {
    package var order: Order
    /// `AttemptRecord.open` or `.lookUp`.
    package var kind: String
    package var httpStatus: Int
    /// The body's `status`; nil without a body of the provider's.
    package var status: Int64?
    /// The body's description, redacted; at most 256 bytes.
    package var text: String
    /// Whether the error table decided; it does not where a signature was wrong, or where `status` is 0.
    package var isByTable: Bool
    /// Whether no rule names its code.
    package var isUnlisted: Bool
    /// What the answer was taken as: a word of `ErrorClass`, or of the outcome (`unknown`, `not_found`, …).
    package var verdict: String
    package var code: String
    /// The rule that fitted; nil for none.
    package var ruleID: String?
    /// When it was stored; nil before.
    package var at: Timestamp?

    package init(
        order: Order,
        kind: String,
        httpStatus: Int,
        status: Int64?,
        text: String,
        isByTable: Bool,
        isUnlisted: Bool,
        verdict: String,
        code: String,
        ruleID: String?,
        at: Timestamp? = nil
    ) {
        self.order = order
        self.kind = kind
        self.httpStatus = httpStatus
        self.status = status
        self.text = text
        self.isByTable = isByTable
        self.isUnlisted = isUnlisted
        self.verdict = verdict
        self.code = code
        self.ruleID = ruleID
        self.at = at
    }
}

/// A code that no rule names, and how often it came.
package struct UnlistedCode: Equatable, Sendable {
    /// What tells one from another.
    package struct Key: Hashable, Sendable {
        package var account: String
        /// The provider's number, or `http_404` and the like where there was no body.
        package var code: String
        package var httpStatus: Int

        package init(account: String, code: String, httpStatus: Int) {
            self.account = account
            self.code = code
            self.httpStatus = httpStatus
        }
    }

    package var key: Key
    package var count: Int64
    package var firstSeen: Timestamp
    package var lastSeen: Timestamp
    /// Redacted; at most 256 bytes.
    package var lastText: String

    package init(key: Key, count: Int64, firstSeen: Timestamp, lastSeen: Timestamp, lastText: String) {
        self.key = key
        self.count = count
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.lastText = lastText
    }
}

/// Sightings of an unlisted code that are to be added to those stored.
package struct UnlistedSightings: Equatable, Sendable {
    package var key: UnlistedCode.Key
    package var count: Int64
    /// Redacted; at most 256 bytes.
    package var lastText: String

    package init(key: UnlistedCode.Key, count: Int64, lastText: String) {
        self.key = key
        self.count = count
        self.lastText = lastText
    }
}
