import SessionCore

// Lists for an operator: each page in one read-only snapshot.
extension PostgresStore {
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
            // For more than there are, all would be read.
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
