package import SessionCore

// Where partitions stand.
extension PostgresStore {
    package func positions(of partitions: [TopicPartition]) async throws -> [TopicPartition: StoredPosition] {
        let parameters: [PGParameter] = [.texts(partitions.map(\.topic)), .int4s(partitions.map(\.partition))]
        let rows = try await pool.run { link in
            try link.run(SQL.Positions.read, parameters).map { row in
                let partition = TopicPartition(topic: try row.next(), partition: try row.next())
                let next = try row.next(Int64.self)
                return (partition, StoredPosition(next, floor: try row.next()))
            }
        }
        // A topic may be among what a database lost: its number is asked for again.
        if rows.count < partitions.count { forgetTopics() }
        return Dictionary(rows) { _, new in new }
    }

    /// A person puts a partition's position from where it stands (nil: it has none) to another offset, which may be the
    /// same: from then on nothing before it is read or stored, until it is put elsewhere. Audited. False, and nothing
    /// changed, if it no longer stands there. Throws `StoreError`; after `.unavailable` it may have happened.
    package func movePosition(
        of partition: TopicPartition,
        from before: Int64?,
        to offset: Int64,
        act: OperatorAct
    ) async throws -> Bool {
        let place: [PGParameter] = [.int2(try await topicID(of: partition.topic)), .int4(partition.partition)]
        // Done again after an answer that was lost, it would say that somebody else had moved it.
        return try await pool.run(repeatsAfterLoss: false) { link in
            try link.transaction { link in
                let moved =
                    if let before {
                        try link.run(SQL.Positions.move, place + [.int8(before), .int8(offset)]).count == 1
                    } else {
                        try link.run(SQL.Positions.begin, place + [.int8(offset), .int8(offset)]).count == 1
                    }
                guard moved else { return false }
                let entry = AuditEntry(
                    act: act,
                    action: "position set",
                    subject: "\(partition.topic)[\(partition.partition)]",
                    before: before.map(String.init),
                    after: String(offset)
                )
                try entry.write(link)
                return true
            }
        }
    }
}
