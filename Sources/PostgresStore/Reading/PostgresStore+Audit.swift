import SessionCore

extension PostgresStore {
    /// Lists the lines of the audit that a filter matches, newest first, `limit` a page. Throws `StoreError`.
    package func auditLines(_ filter: AuditFilter, after cursor: Int64? = nil, limit: Int) async throws -> AuditPage {
        let page = filter.parameters + [.optional(cursor) { .int8($0) }, .int4(Int32(clamping: limit))]
        return try await pool.run { link in
            try link.reading { link in
                let lines = try link.run(SQL.Audit.list, page).map { row in try AuditLine(&row) }
                let isLast = lines.count < limit
                return AuditPage(lines: lines, cursor: isLast ? nil : lines.last?.auditID)
            }
        }
    }
}
