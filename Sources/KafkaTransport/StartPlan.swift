import SessionCore

/// Where reading an assigned partition starts. Pure.
enum StartPlan {
    /// Per partition the smaller of what Kafka and the store know; the one that is known where only one is; nil, the
    /// beginning, where neither is.
    static func starts(
        of partitions: [TopicPartition],
        committed: [TopicPartition: Int64],
        stored: [TopicPartition: Int64]
    ) -> [TopicPartition: Int64?] {
        var starts: [TopicPartition: Int64?] = [:]
        for place in partitions {
            let known: Int64? = [committed[place], stored[place]].compactMap { $0 }.min()
            starts.updateValue(known, forKey: place)
        }
        return starts
    }
}
