import Logs
import SessionCore

extension PostgresStore {
    /// How the database's schema stands to this version. Throws `StoreError`.
    package func schemaStatus() async throws -> SchemaStatus {
        try await schemaStatus(known: SQL.migrations)
    }

    /// Applies the migrations that are missing, one transaction each, one migrator at a time.
    /// Returns the schema's version. Throws `StoreError`; `.refused` with code `0A000` for a changed or newer schema.
    @discardableResult
    package func migrate() async throws -> Int {
        try await migrate(SQL.migrations)
    }

    /// Throws `StoreError.refused` with code `0A000`, saying what to do, unless the schema is this version's.
    package func requireCurrentSchema() async throws {
        if let problem = try await schemaStatus().problem { throw StoreError.refused(sqlState: "0A000", problem) }
    }

    func schemaStatus(known: [Migration]) async throws -> SchemaStatus {
        try await pool.run { link in SchemaStatus(applied: try Self.applied(link), known: known) }
    }

    func migrate(_ known: [Migration]) async throws -> Int {
        while true {
            let (status, ran) = try await pool.run { link in try Self.applyNext(of: known, on: link) }
            if let ran { log.notice("migrated", [.version: .init(ran.version), .schema: .text(ran.name)]) }
            switch status {
            case .current(let version): return version
            case .behind: continue
            case .newer, .changed:
                throw StoreError.refused(sqlState: "0A000", status.problem ?? "the schema cannot be migrated")
            }
        }
    }

    /// Applies the first migration that is missing; returns the status after it.
    private static func applyNext(
        of known: [Migration],
        on link: PostgresLink
    ) throws -> (SchemaStatus, Migration?) {
        let before = SchemaStatus(applied: try applied(link), known: known)
        guard case .behind = before else { return (before, nil) }
        return try link.migration { link in
            // Another migrator may have come first.
            let applied = try applied(link)
            guard case .behind = SchemaStatus(applied: applied, known: known) else {
                return (SchemaStatus(applied: applied, known: known), nil)
            }
            if try !schemaExists(link) { try link.run(SQL.Session.createSchema) }
            let next = known[applied.count]
            try link.run(next)
            try link.run(SQL.Schema.record, [.int4(next.version), .text(next.name), .bytes(next.sha256)])
            return (SchemaStatus(applied: try Self.applied(link), known: known), next)
        }
    }

    private static func schemaExists(_ link: PostgresLink) throws -> Bool {
        try link.run(SQL.Schema.exists).first { row in try row.next(Bool.self) } ?? false
    }

    private static func applied(_ link: PostgresLink) throws -> [AppliedMigration] {
        guard try schemaExists(link) else { return [] }
        return try link.run(SQL.Schema.applied).map { row in
            AppliedMigration(
                version: try row.next(),
                name: try row.next(),
                sha256: try row.next(),
                appliedAt: try row.next()
            )
        }
    }
}

extension PostgresLink {
    /// A transaction that waits for other migrators and has no time limit.
    fileprivate func migration<Value>(_ body: (PostgresLink) throws -> Value) throws -> Value {
        try runWithoutLimit(SQL.Session.beginMigrating)
        let value: Value
        do {
            value = try body(self)
        } catch {
            // What made the body fail is what the caller needs; a failed rollback ends the connection's use.
            try? run(SQL.Session.rollback)
            throw error
        }
        try run(SQL.Session.commit)
        return value
    }
}
