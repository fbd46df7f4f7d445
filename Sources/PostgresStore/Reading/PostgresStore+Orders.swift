import Cryptography
package import SessionCore

// Questions of an operator: each in one read-only snapshot.
extension PostgresStore {
    /// Attempts, results and events of an order that are shown, the newest of each.
    package static let shownMax = 1_000

    /// The order in each account that has it; in `account` only, if one is named. Throws `StoreError`.
    package func show(_ orderID: String, account: String? = nil) async throws -> [OrderDetail] {
        try await pool.run { link in
            try link.reading { link in
                let accounts = try account.map { [$0] } ?? Self.accounts(link)
                let orders = try link.run(SQL.Orders.find, [.texts(accounts), .text(orderID)]).map { row in
                    try OrderDetail(&row)
                }
                return try orders.map { order in try Self.withHistory(order, link) }
            }
        }
    }

    /// The results of an order with their values, for a reveal that the caller audits. Throws `StoreError`,
    /// `.unsealable` when a value does not open.
    package func reveal(_ order: Order) async throws -> [RevealedResult] {
        let sealed = try await pool.run { link in
            try link.reading { link in
                let found = try link.run(SQL.Orders.find, [.texts([order.account]), .text(order.orderID)]).map { row in
                    try OrderDetail(&row).summary.jobID
                }
                return try found.flatMap { jobID in
                    try link.run(SQL.Orders.results, [.int8(jobID), .int4(Int32(Self.shownMax))]).map { row in
                        try SealedResult(&row)
                    }
                }
            }
        }
        return try sealed.map { result in
            let stored = result.stored
            let associated = Seals.result(stored.resultID, orderID: result.orderID, generation: stored.generation)
            guard let value = result.value else { return RevealedResult(stored: stored, value: nil) }
            guard let opened = try? keys.open(value, associated: associated) else {
                throw StoreError.unsealable("result \(stored.resultID.text)")
            }
            return RevealedResult(stored: stored, value: opened)
        }
    }

    private static func withHistory(_ order: OrderDetail, _ link: PostgresLink) throws -> OrderDetail {
        // One more than is shown: whether there are older ones.
        let newest: [PGParameter] = [.int8(order.summary.jobID), .int4(Int32(shownMax + 1))]
        let attempts = try link.run(SQL.Orders.attempts, newest).map { row in try AttemptDetail(&row) }
        let results = try link.run(SQL.Orders.results, newest).map { row in try SealedResult(&row).stored }
        let events = try link.run(SQL.Events.ofJob, newest).map { row in try StoredEventDetail(&row) }
        var order = order
        order.attempts = Array(attempts.suffix(shownMax))
        order.results = Array(results.suffix(shownMax))
        order.events = Array(events.suffix(shownMax))
        order.hasOlderAttempts = attempts.count > shownMax
        order.hasOlderResults = results.count > shownMax
        order.hasOlderEvents = events.count > shownMax
        return order
    }

    private static func accounts(_ link: PostgresLink) throws -> [String] {
        try link.run(SQL.Orders.accounts).map { row in try row.next(String.self) }
    }
}

extension PostgresLink {
    /// A read-only snapshot; by default its statements are planned for the values asked about.
    ///
    /// What the server took too long for is refused with its code, 57014: the server can be reached all the same, and
    /// nothing was to be changed.
    func reading<Value>(
        _ begin: Script = SQL.Session.beginReading,
        _ body: (PostgresLink) throws -> Value
    ) throws -> Value {
        do {
            return try transaction(begin, body)
        } catch PostgresFailure.server(sqlState: "57014", let message) {
            throw StoreError.refused(sqlState: "57014", message)
        }
    }
}
