package import SessionCore

extension PostgresStore {
    /// More waiting jobs than this are not counted. Half as many again as the caps of all topics are together: topics
    /// are paused some time after they reached theirs, and what one has beyond its cap must not hide another's jobs.
    static let countMax = Int64(Backlog.capsMax) * 3 / 2

    /// Counting an unserved account's jobs of a lane stops here.
    static let unservedMax: Int32 = 100_000

    package func backlog(leavingOut accounts: [String] = []) async throws -> Backlog {
        let oldest = try await pool.run { link in
            try link.run(SQL.Outbox.oldest).first { row in try row.next(Int64.self) }
        }
        try await countIfDue(leavingOut: accounts)
        let count = backlogCount.withLock { $0 }
        return Backlog(
            jobsByTopic: count.jobsByTopic,
            oldestUnpublished: oldest.map { .microseconds($0) },
            uncounted: count.failure
        )
    }

    package func unserved(besides accounts: [String]) async throws -> [UnservedAccount] {
        let parameters: [PGParameter] = [.texts(accounts), .int4(Self.unservedMax)]
        return try await pool.run { link in
            try link.run(SQL.Jobs.unserved, parameters).map { row in
                UnservedAccount(name: try row.next(), waiting: Int(try row.next(Int64.self)), isCut: try row.next())
            }
        }
    }

    /// A count that the server breaks off would be broken off the next time, too, so it is not an error: results that
    /// wait must stop claiming all the same. A database that is away is one.
    private func countIfDue(leavingOut accounts: [String]) async throws {
        guard backlogCount.withLock({ $0.isDue(at: .now) }) else { return }
        let start = ContinuousClock.now
        let parameters: [PGParameter] = [.int8(Self.countMax), .texts(accounts)]
        do {
            let rows = try await pool.run { link in
                // Planned for the rows that are there: a generic plan would sort millions in order to group them.
                try link.reading { link in
                    try link.run(SQL.Jobs.countWaiting, parameters).map { row in
                        (topic: try row.next(String.self), jobs: Int(try row.next(Int64.self)))
                    }
                }
            }
            let counts = Dictionary(rows.map { ($0.topic, $0.jobs) }, uniquingKeysWith: +)
            backlogCount.withLock { $0.counted(counts, from: start, to: .now) }
        } catch {
            guard case .refused("57014", _) = error else { throw error }
            backlogCount.withLock { $0.failed(error, from: start, to: .now) }
        }
    }
}
