package import SessionCore

// What an operator decides of an order.
extension PostgresStore {
    /// Carries out what a person decided of an order that waits for that. Audited. False, and nothing changed, if it
    /// does not wait for an operator (any more). Throws `StoreError`: `.unsealable` if it is to be sent and its body
    /// does not open; after `.unavailable` it may have happened.
    ///
    /// - Parameter settlement: what becomes of it, from the job and the database's time.
    package func decide(
        _ order: Order,
        as decision: OperatorDecision,
        act: OperatorAct,
        settlement: @escaping @Sendable (ClaimedJob, Timestamp) -> Settlement
    ) async throws -> Bool {
        let keys = keys
        let name: [PGParameter] = [.text(order.account), .text(order.orderID)]
        // Done again after an answer that was lost, it would say that nobody was waited for.
        return try await pool.run(repeatsAfterLoss: false) { link in
            try link.transaction { link in
                let row = try link.run(SQL.Jobs.takeParked, name).first { row in try ClaimedRow(&row) }
                guard let row else { return false }
                let body = row.openBody(keys)
                // What is given up can end without its body: its result lacks the CRM's own variables then.
                guard body != nil || decision == .giveUp else {
                    throw StoreError.unsealable("the job of \(order.account)/\(order.orderID)")
                }
                let columns = SettleColumns([settlement(row.job(body: body), row.now)], keys: keys)
                let outcome = try columns.outcome(
                    link.run(SQL.Jobs.settle, columns.parameters(ending: [], worker: nil))
                )
                guard outcome.missed.isEmpty else {
                    throw PostgresFailure.shape("jobs/settle did not find the job that jobs/take_parked took")
                }
                let entry = AuditEntry(
                    act: act,
                    action: "decide",
                    subject: "\(order.account)/\(order.orderID)",
                    before: JobState.verify.name,
                    after: decision.rawValue
                )
                try entry.write(link)
                return true
            }
        }
    }
}
