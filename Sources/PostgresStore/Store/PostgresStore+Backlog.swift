package import SessionCore

extension PostgresStore {
    /// More waiting jobs than this are not counted. Half as many again as the caps of all topics are together: topics
    /// are paused some time after they reached theirs, and what one has beyond its cap must not hide another's jobs.
    static let countMax = Int64(Backlog.capsMax) * 3 / 2

    package func backlog() async throws -> Backlog {
        let oldest = try await pool.run { link in
            try link.run(SQL.Outbox.oldest).first { row in try row.next(Int64.self) }
        }
        return Backlog(
            jobsByTopic: try await jobsByTopic(),
            oldestUnpublished: oldest.map { .microseconds($0) }
        )
    }

    private func jobsByTopic() async throws(StoreError) -> [String: Int] {
        if let fresh = backlogCount.withLock({ $0.fresh(at: .now) }) { return fresh }
        let start = ContinuousClock.now
        let rows = try await pool.run { link in
            // Planned for the rows that are there: a generic plan would sort millions in order to group them.
            try link.reading { link in
                try link.run(SQL.Jobs.countWaiting, [PGParameter.int8(Self.countMax)]).map { row in
                    (topic: try row.next(String.self), jobs: Int(try row.next(Int64.self)))
                }
            }
        }
        let counts = Dictionary(rows.map { ($0.topic, $0.jobs) }, uniquingKeysWith: +)
        backlogCount.withLock { $0.counted(counts, from: start, to: .now) }
        return counts
    }
}
