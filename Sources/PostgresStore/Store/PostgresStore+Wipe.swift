package import SessionCore

extension PostgresStore {
    package func wipe(_ retention: Retention, limit: Int) async throws -> Int {
        let rows = PGParameter.int4(Int32(clamping: limit))
        let bodies = try await pool.run { link in
            let parameters: [PGParameter] = [.int8(retention.request.wholeMicroseconds), rows]
            let count = try link.run(SQL.Bodies.wipe, parameters).first { row in try row.next(Int64.self) }
            return Int(count ?? 0)
        }
        let opened = try await wipeResults(SQL.Results.lockOpenedKept, after: retention.openedResult, rows)
        let others = try await wipeResults(SQL.Results.lockOtherKept, after: retention.otherResult, rows)
        let answers = try await pool.run { link in
            try link.run(SQL.Results.wipeAnswers, [.int8(retention.otherResult.wholeMicroseconds), rows]).count
        }
        let quarantined = try await pool.run { link in
            try link.run(SQL.Quarantine.wipe, [.int8(retention.quarantine.wholeMicroseconds), rows]).count
        }
        // As `usher callbacks` does, which may be switched off by now while its events are still there.
        let events = try await wipeEvents(olderThan: retention.otherResult, limit: limit)
        return bodies + opened + others + answers + quarantined + events
    }

    private func wipeResults(
        _ lock: Statement,
        after age: Duration,
        _ limit: PGParameter
    ) async throws(StoreError) -> Int {
        try await pool.run { link in
            try link.transaction { link in
                let found = try link.run(lock, [.int8(age.wholeMicroseconds), limit]).map { row in
                    (jobID: try row.next(Int64.self), generation: try row.next(Int32.self))
                }
                guard !found.isEmpty else { return 0 }
                let keys: [PGParameter] = [.int8s(found.map(\.jobID)), .int4s(found.map(\.generation))]
                return try link.run(SQL.Results.wipe, keys).count
            }
        }
    }
}
