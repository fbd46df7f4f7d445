import SessionCore

/// Compares the positions that the database has with what this worker knows of its partitions. Pure.
struct PositionCheck {
    /// How far the database had accounted for each partition.
    let accounted: [TopicPartition: Int64]
    /// Where reading stopped, of the partitions that are not read on.
    let stopped: [TopicPartition: Int64]

    /// Those to be asked about.
    var partitions: [TopicPartition] {
        Array(Set(accounted.keys).union(stopped.keys))
    }

    /// Stopped partitions whose position was moved. One that lies before the stop, and not before what was accounted
    /// for, is no sign of that, unless an operator put it there: what was read before the stop may be on its way to the
    /// database. A position of 0 where there was none is always an operator's: what was read lies behind a record.
    func moved(_ stored: [TopicPartition: StoredPosition]) -> [TopicPartition] {
        stopped.compactMap { partition, stop in
            guard let position = stored[partition] else { return nil }
            let expected = accounted[partition] ?? 0
            let isMoved = position.next > stop || position.next < expected || position.floor > expected
            let isFirst = accounted[partition] == nil && position.next == 0
            return isMoved || isFirst ? partition : nil
        }
    }

    /// Partitions that are read and whose position an operator put ahead of what was accounted for, with the offset up
    /// to which it was. One of which nothing was accounted for yet tells with its first batch, which is not stored.
    func ahead(_ stored: [TopicPartition: StoredPosition]) -> [(TopicPartition, Int64)] {
        accounted.compactMap { partition, expected in
            guard stopped[partition] == nil, let position = stored[partition] else { return nil }
            return position.floor > expected ? (partition, expected) : nil
        }
    }

    /// Partitions of which the database forgot something, with the offset up to which it had accounted for them.
    func lost(_ stored: [TopicPartition: StoredPosition]) -> [(TopicPartition, Int64)] {
        accounted.compactMap { partition, expected in
            let isBehind = expected > stored[partition]?.next ?? 0
            return isBehind && stopped[partition] == nil ? (partition, expected) : nil
        }
    }
}
