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
    /// for, is no sign of that: what was read before the stop may be on its way to the database.
    func moved(_ stored: [TopicPartition: Int64]) -> [TopicPartition] {
        stopped.compactMap { partition, stop in
            guard let position = stored[partition] else { return nil }
            return position > stop || position < accounted[partition] ?? 0 ? partition : nil
        }
    }

    /// Partitions of which the database forgot something, with the offset up to which it had accounted for them.
    func lost(_ stored: [TopicPartition: Int64]) -> [(TopicPartition, Int64)] {
        accounted.compactMap { partition, expected in
            let isBehind = expected > stored[partition] ?? 0
            return isBehind && stopped[partition] == nil ? (partition, expected) : nil
        }
    }
}
