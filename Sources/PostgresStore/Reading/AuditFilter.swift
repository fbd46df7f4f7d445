package import SessionCore

/// Which lines of the audit are shown; a part that is nil allows all.
package struct AuditFilter: Equatable, Sendable {
    /// Written at or after.
    package var since: Timestamp?
    /// The action, or its first words: `account` allows `account hold`.
    package var action: String?
    package var subject: String?
    /// The actor in full, or the person's name alone: `anna` allows `anna@host`, `anna as usher@host` and
    /// `says anna, usher@host`.
    package var actor: String?

    package init() {}

    var parameters: [PGParameter] {
        [
            .optional(since) { .time($0) }, .optional(action) { .text($0) }, .optional(subject) { .text($0) },
            .optional(actor) { .text($0) },
        ]
    }
}

/// What a person did, as the audit has it.
package struct AuditLine: Equatable, Sendable {
    /// The store's number of the line: what a page of a list continues from.
    package var auditID: Int64
    package var at: Timestamp
    /// As `OperatorAct.actor` was.
    package var actor: String
    package var action: String
    package var subject: String?
    package var reason: String?
    /// How it was, in words; nil where there was nothing.
    package var before: String?
    /// How it was from then on.
    package var after: String?
}

/// A page of the audit, newest first.
package struct AuditPage: Equatable, Sendable {
    package var lines: [AuditLine]
    /// What the next page begins after; nil when this is the last.
    package var cursor: Int64?
}
