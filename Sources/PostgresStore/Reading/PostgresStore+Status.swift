import SessionCore

extension PostgresStore {
    /// What the server looks like from here. Throws `StoreError`.
    package func status() async throws -> ServerStatus {
        let schema = try await schemaStatus()
        return try await pool.run { link in
            try link.reading { link in
                let settings = try link.run(SQL.Server.settings).map { row in
                    (try row.next(String.self), try row.next(String.self))
                }
                let missing = try link.run(SQL.Server.missingRights).map { row in
                    "\(try row.next(String.self)) \(try row.next(String.self))"
                }
                let status = try link.run(SQL.Server.about).first { row in
                    let version: Int32 = try row.next()
                    let clock: Timestamp = try row.next()
                    return ServerStatus(
                        version: Int(version),
                        user: try row.next(),
                        database: try row.next(),
                        isStandby: try row.next(),
                        isSuperuser: try row.nextIfAny() ?? false,
                        usesTLS: try row.next(),
                        mayCreateSchemas: try row.next(),
                        clock: clock,
                        oldestTransaction: try row.nextIfAny(Int64.self).map { .milliseconds($0) },
                        settings: Dictionary(settings) { first, _ in first },
                        missingRights: missing,
                        schema: schema
                    )
                }
                guard let status else { throw PostgresFailure.shape("server/about returned no row") }
                return status
            }
        }
    }
}
