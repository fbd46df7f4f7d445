/// Up to where each partition is to be read: where its log ended when reading began. Pure: time comes from outside.
///
/// A broker may tell that there is no more before that: started again, it has not caught up yet, or records were lost
/// with a leader. The log's end, asked again, says which.
struct ReadingEnds: Sendable {
    private static let askEvery: Duration = .seconds(1)

    /// Of the partitions that are not read to their end yet.
    private var ends: [Int32: Int64] = [:]
    /// Of these, where a broker told too early that there is no more.
    private var early: [Int32: Int64] = [:]
    private var askNotBefore: ContinuousClock.Instant?

    /// Whether each partition was read to its end.
    var areReached: Bool { ends.isEmpty }

    /// A partition is to be read up to `end`, the offset that its next record gets.
    mutating func note(_ partition: Int32, end: Int64) {
        ends[partition] = end
    }

    /// A record was read.
    mutating func read(_ partition: Int32, offset: Int64) {
        early[partition] = nil
        if let end = ends[partition], offset + 1 >= end { ends[partition] = nil }
    }

    /// A broker told that a partition has nothing at `next` and behind it.
    mutating func toldEnd(of partition: Int32, at next: Int64) {
        guard let end = ends[partition] else { return }
        early[partition] = next
        reach(partition, end)
    }

    /// Partitions whose log's end is to be asked again.
    mutating func due(now: ContinuousClock.Instant) -> [Int32] {
        guard !early.isEmpty, askNotBefore.map({ now >= $0 }) ?? true else { return [] }
        askNotBefore = now + Self.askEvery
        return early.keys.sorted()
    }

    /// The log of a partition ends at `end` now. If it was cut, it is read up to there.
    mutating func asked(_ partition: Int32, end: Int64) {
        guard let noted = ends[partition] else { return }
        let end = min(noted, end)
        ends[partition] = end
        reach(partition, end)
    }

    private mutating func reach(_ partition: Int32, _ end: Int64) {
        guard let next = early[partition], next >= end else { return }
        ends[partition] = nil
        early[partition] = nil
    }
}
