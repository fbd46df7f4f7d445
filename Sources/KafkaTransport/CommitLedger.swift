import SessionCore

/// Which offsets Kafka is to be told of: the newest per partition, one request in flight at a time. Pure.
struct CommitLedger: Sendable {
    private var waiting: [TopicPartition: Int64] = [:]
    private var inFlight: [TopicPartition: Int64] = [:]
    private var told: [TopicPartition: Int64] = [:]

    var isIdle: Bool { waiting.isEmpty && inFlight.isEmpty }

    /// Everything before `next` is accounted for. An offset behind one that Kafka was told of changes nothing.
    mutating func report(_ place: TopicPartition, next: Int64) {
        let known = [waiting[place], inFlight[place], told[place]].compactMap { $0 }.max()
        if let known, known >= next { return }
        waiting[place] = next
    }

    /// What to send now; nil while a request is in flight or nothing waits.
    mutating func takeForSending() -> [PartitionOffset]? {
        guard inFlight.isEmpty, !waiting.isEmpty else { return nil }
        inFlight = waiting
        waiting = [:]
        return inFlight.map { PartitionOffset(partition: $0.key, offset: $0.value) }
            .sorted { TopicPartition.inOrder($0.partition, $1.partition) }
    }

    /// The request with `sent` ended, for the partitions of `failed` without success: those are sent again unless
    /// something newer waits. Requests of an earlier assignment are passed over.
    mutating func finished(_ sent: [PartitionOffset], failed: Set<TopicPartition>) {
        for entry in sent where inFlight[entry.partition] == entry.offset {
            inFlight[entry.partition] = nil
            if !failed.contains(entry.partition) {
                told[entry.partition] = entry.offset
            } else if waiting[entry.partition] == nil {
                waiting[entry.partition] = entry.offset
            }
        }
    }

    /// The request in flight is not heard of any more.
    mutating func gaveUp() {
        waiting.merge(inFlight) { waiting, _ in waiting }
        inFlight = [:]
    }

    /// The partitions went to other members: nothing more is said about them.
    mutating func revoke() {
        waiting = [:]
        inFlight = [:]
        told = [:]
    }

    /// The partition's position was taken back, so that lower offsets are news again.
    mutating func rewind(_ place: TopicPartition) {
        waiting[place] = nil
        inFlight[place] = nil
        told[place] = nil
    }
}
