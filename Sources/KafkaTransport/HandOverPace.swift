/// When the producer is handed what waits: at once after a rest, and in larger groups the more there is. Pure.
///
/// A broker's work for results is a matter of how many requests bring them, and each request is for one partition: a
/// handful of results every few milliseconds, spread over the partitions by their keys, would be a request a result.
/// So the more partitions there are, the longer a group is gathered.
struct HandOverPace: Sendable {
    /// How many requests a millisecond the groups may come to.
    private static let requestsPerMs = 2
    private static let intervalMs = 2...8
    /// A group of this size follows at once.
    private static let recordsMax = 1_000

    private var last: ContinuousClock.Instant?
    /// Partitions that are known to be written to.
    private var partitions = 1

    /// How soon one group follows another.
    private var interval: Duration {
        let wanted = partitions / Self.requestsPerMs
        return .milliseconds(min(max(wanted, Self.intervalMs.lowerBound), Self.intervalMs.upperBound))
    }

    /// How many milliseconds to wait before these records are handed over; 0 for now.
    func wait(records: Int, now: ContinuousClock.Instant) -> Int32 {
        guard let last, records < Self.recordsMax else { return 0 }
        let left = last + interval - now
        guard left > .zero else { return 0 }
        return Int32((left / .milliseconds(1)).rounded(.up))
    }

    mutating func handedOver(now: ContinuousClock.Instant) {
        last = now
    }

    /// A record was delivered to a partition; they count from 0.
    mutating func delivered(to partition: Int32) {
        partitions = max(partitions, Int(partition) + 1)
    }
}
