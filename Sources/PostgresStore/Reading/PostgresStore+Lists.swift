import SessionCore

// Lists for an operator: each page in one read-only snapshot.
extension PostgresStore {
    /// Lists the orders that a filter matches, newest first, `limit` a page; the first page counts them all.
    /// Throws `StoreError`.
    package func list(
        _ filter: OrderFilter,
        after cursor: OrderCursor? = nil,
        limit: Int
    ) async throws -> OrderPage {
        try await pool.run { link in
            if filter.onlyParked {
                return try link.reading(SQL.Session.beginSnapshot) { link in
                    try Self.parked(filter, after: cursor, limit: limit, link)
                }
            }
            return try link.reading { link in try Self.page(filter, after: cursor, limit: limit, link) }
        }
    }

    /// A page of a list, within a snapshot.
    static func page(
        _ filter: OrderFilter,
        after cursor: OrderCursor?,
        limit: Int,
        _ link: PostgresLink
    ) throws -> OrderPage {
        var paging = OrderPaging(after: cursor, limit: limit)
        var counts: [JobState: Int] = [:]
        var before = cursor?.jobID
        if paging.needsCount {
            let found = try count(filter, before: before, link)
            if cursor == nil { counts = found.byState }
            paging.count(found.byState.values.reduce(0, +))
            // Whatever is newer need not be looked at again.
            if let newest = found.newest { before = newest + 1 }
        }
        guard paging.rows > 0 else { return OrderPage(counts: counts, orders: [], cursor: nil) }
        let page = filter.parameters + [.optional(before) { .int8($0) }, .int4(Int32(clamping: paging.rows))]
        let orders = try link.run(SQL.Orders.list, page).map { row in try OrderSummary(&row) }
        return OrderPage(counts: counts, orders: orders, cursor: paging.next(after: orders))
    }

    /// How many orders a filter matches, by state, and the newest of them; only those before a job, if one is given.
    private static func count(
        _ filter: OrderFilter,
        before job: Int64?,
        _ link: PostgresLink
    ) throws -> (byState: [JobState: Int], newest: Int64?) {
        var byState: [JobState: Int] = [:]
        var newest: Int64?
        let parameters = filter.parameters + [.optional(job) { .int8($0) }]
        for (state, count, last) in try link.run(SQL.Orders.count, parameters).map({ row in
            (try JobState(stored: row.next()), try row.next(Int64.self), try row.next(Int64.self))
        }) {
            byState[state] = Int(count)
            newest = max(newest ?? last, last)
        }
        return (byState, newest)
    }

    /// A page of the orders that wait for an operator, within a snapshot. Each page counts what is left of them: they
    /// are few, and all of them are looked up anyway.
    static func parked(
        _ filter: OrderFilter,
        after cursor: OrderCursor?,
        limit: Int,
        _ link: PostgresLink
    ) throws -> OrderPage {
        let page = filter.parameters + [.optional(cursor?.jobID) { .int8($0) }, .int4(Int32(clamping: limit))]
        let found = try link.run(SQL.Orders.parked, page).map { row in
            (order: try OrderSummary(&row), matching: try row.next(Int64.self))
        }
        var paging = OrderPaging(after: cursor, limit: limit)
        let matching = Int(found.first?.matching ?? 0)
        paging.count(matching)
        let orders = found.map { $0.order }
        return OrderPage(
            counts: cursor == nil && matching > 0 ? [.verify: matching] : [:],
            orders: orders,
            cursor: paging.next(after: orders)
        )
    }

    /// Lists the quarantined records that a filter matches, newest first, `limit` a page; the first page counts them by
    /// reason, whatever reason the filter names. `last` is the place of the page before's last entry.
    /// Throws `StoreError`.
    package func quarantine(
        _ filter: QuarantineFilter = QuarantineFilter(),
        after last: QuarantinePlace? = nil,
        limit: Int
    ) async throws -> QuarantinePage {
        try await pool.run { link in
            try link.reading { link in try Self.quarantined(filter, after: last, limit: limit, link) }
        }
    }

    /// A page of the quarantine, within a snapshot.
    static func quarantined(
        _ filter: QuarantineFilter,
        after last: QuarantinePlace?,
        limit: Int,
        _ link: PostgresLink
    ) throws -> QuarantinePage {
        var counts: [String: Int] = [:]
        var rows = limit
        if last == nil {
            for (reason, count) in try link.run(SQL.Quarantine.count, filter.parameters).map({ row in
                (try row.next(String.self), try row.next(Int64.self))
            }) { counts[reason] = Int(count) }
            // As for orders: for more than there are, all would be read.
            rows = min(limit, filter.reason.map { counts[$0] ?? 0 } ?? counts.values.reduce(0, +))
        }
        guard rows > 0 else { return QuarantinePage(counts: counts, entries: []) }
        let page: [PGParameter] = [
            .optional(filter.reason) { .text($0) }, .optional(last?.receivedAt) { .time($0) },
            .optional(last?.record.topic) { .text($0) }, .optional(last?.record.partition) { .int4($0) },
            .optional(last?.record.offset) { .int8($0) }, .int4(Int32(clamping: rows)),
        ]
        let entries = try link.run(SQL.Quarantine.list, filter.parameters + page).map { row in
            try QuarantineEntry(&row)
        }
        return QuarantinePage(counts: counts, entries: entries)
    }
}
