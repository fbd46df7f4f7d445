/// What a person did, for the append-only table; written by the transaction that has the effect.
struct AuditEntry: Sendable {
    var actor: String
    /// The verb, as typed.
    var action: String
    var subject: String?
    var reason: String?
    var before: String?
    var after: String?

    /// For `audit/insert`.
    var parameters: [PGParameter] {
        [
            .text(actor.cut(to: 128)), .text(action), .optional(subject) { .text($0.cut(to: 256)) },
            .optional(reason) { .text($0.cut(to: 1_024)) }, .optional(before) { .text($0) },
            .optional(after) { .text($0) },
        ]
    }
}
