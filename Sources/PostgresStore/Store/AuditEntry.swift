import SessionCore

/// What a person did, for the append-only table; written by the transaction that has the effect, or before an effect
/// outside the database.
struct AuditEntry: Sendable {
    var act: OperatorAct
    /// The verb, as typed.
    var action: String
    var subject: String?
    var before: String?
    var after: String?

    func write(_ link: PostgresLink) throws {
        try link.run(
            SQL.Audit.insert,
            [
                .text(act.actor.cut(to: 128)), .text(action), .optional(subject) { .text($0.cut(to: 256)) },
                .text(act.reason.cut(to: 1_024)), .optional(before) { .text($0) }, .optional(after) { .text($0) },
            ]
        )
    }
}
