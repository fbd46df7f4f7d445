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
        return Backlog(
            jobsByTopic: try await jobsByTopic(leavingOut: accounts),
            oldestUnpublished: oldest.map { .microseconds($0) }
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

    private func jobsByTopic(leavingOut accounts: [String]) async throws(StoreError) -> [String: Int] {
        if let fresh = backlogCount.withLock({ $0.fresh(at: .now) }) { return fresh }
        let start = ContinuousClock.now
        let parameters: [PGParameter] = [.int8(Self.countMax), .texts(accounts)]
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
        return counts
    }
}
