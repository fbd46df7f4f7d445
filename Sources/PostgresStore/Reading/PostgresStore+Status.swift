import SessionCore

extension PostgresStore {
    /// Counting the orders of an account's lane that wait for an operator stops here.
    static let parkedMax: Int32 = 10_000

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
                        schema: schema,
                        ownsTables: try row.next()
                    )
                }
                guard let status else { throw PostgresFailure.shape("server/about returned no row") }
                return status
            }
        }
    }

    /// How the work goes, in one snapshot. Throws `StoreError`.
    package func workStatus() async throws -> WorkStatus {
        try await pool.run { link in
            try link.reading(SQL.Session.beginSnapshot) { link in
                let workers = try link.run(SQL.Workers.living).map { row in
                    LivingWorker(name: try row.next(), version: try row.next())
                }
                let queues = try link.run(SQL.Jobs.queues, [.int4(Self.parkedMax)]).map { row in
                    try QueueStatus(&row)
                }
                let oldest = try link.run(SQL.Outbox.oldest).first { row in try row.next(Int64.self) }
                let oldestEvent = try link.run(SQL.Events.oldest).first { row in try row.next(Int64.self) }
                let holds = try Self.readHolds(link)
                let reports = try link.run(SQL.Holds.reports).map { row in try WorkerReport(&row) }
                let leased = try link.run(SQL.Jobs.leased).first { row in
                    (end: try row.nextIfAny(Timestamp.self), now: try row.next(Timestamp.self))
                }
                guard let leased else { throw PostgresFailure.shape("jobs/leased returned no row") }
                return WorkStatus(
                    workers: workers,
                    queues: queues,
                    firstLeaseEnd: leased.end,
                    oldestUnpublished: oldest.map { .microseconds($0) },
                    oldestUnpublishedEvent: oldestEvent.map { .microseconds($0) },
                    holds: holds,
                    reports: reports,
                    now: leased.now
                )
            }
        }
    }
}
