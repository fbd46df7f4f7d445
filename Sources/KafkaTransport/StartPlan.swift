import SessionCore

/// Where reading an assigned partition starts. Pure.
enum StartPlan {
    /// Per partition the smaller of what Kafka and the store know, but nothing before where an operator put it; the one
    /// that is known where only one is; nil, the beginning, where neither is.
    static func starts(
        of partitions: [TopicPartition],
        committed: [TopicPartition: Int64],
        stored: [TopicPartition: StoredPosition]
    ) -> [TopicPartition: Int64?] {
        var starts: [TopicPartition: Int64?] = [:]
        for place in partitions {
            let known: Int64? = [committed[place], stored[place]?.next].compactMap { $0 }.min()
            let start = known.map { max($0, stored[place]?.floor ?? 0) }
            starts.updateValue(start, forKey: place)
        }
        return starts
    }
}
