package import SessionCore

extension PostgresStore {
    /// Notes in the audit that a person is about to see secrets by a verb: of `subject`, an order, a topic or a record,
    /// and of it what `asked` says. Throws `StoreError`; nothing may be shown then.
    package func noteReveal(by verb: String, of subject: String, asked: String, act: OperatorAct) async throws {
        let entry = AuditEntry(act: act, action: "\(verb) reveal", subject: subject, before: nil, after: asked)
        // Done again after an answer that was lost, it may be noted twice: better than not at all.
        try await pool.run { link in try link.transaction { link in try entry.write(link) } }
    }
}
