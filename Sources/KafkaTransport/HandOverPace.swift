/// When the producer is handed what waits: at once after a rest, and in larger groups the more there is. Pure.
///
/// A broker's work for results is a matter of how many requests bring them, and each request is for one partition: a
/// handful of results every few milliseconds, spread over the partitions by their keys, would be a request a result.
/// So the more requests a group was, the longer the next is gathered.
struct HandOverPace: Sendable {
    /// How many requests a millisecond the groups may come to.
    private static let requestsPerMs = 2
    private static let intervalMs = 2...8
    /// A group of this size follows at once.
    private static let recordsMax = 1_000

    /// When the next group may follow.
    private var next: ContinuousClock.Instant?

    /// How many milliseconds to wait before these records are handed over; 0 for now.
    func wait(records: Int, now: ContinuousClock.Instant) -> Int32 {
        guard let next, records < Self.recordsMax else { return 0 }
        let left = next - now
        guard left > .zero else { return 0 }
        return Int32((left / .milliseconds(1)).rounded(.up))
    }

    /// So many records were handed over, to a topic of which so many partitions are known.
    mutating func handedOver(records: Int, partitions: Int, now: ContinuousClock.Instant) {
        let wanted = min(records, partitions) / Self.requestsPerMs
        next = now + .milliseconds(min(max(wanted, Self.intervalMs.lowerBound), Self.intervalMs.upperBound))
    }
}
