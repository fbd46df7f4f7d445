/// Records that wait to be handed to the producer, in their order, and when. Pure.
struct HandOverLine: Sendable {
    private var records: [OutgoingRecord] = []
    /// The first so many are handed over.
    private var done = 0
    private var pace = HandOverPace()

    /// An emptied line keeps this much room.
    private static let keptCapacity = 1_000

    var count: Int { records.count - done }

    /// What waits, in order.
    var waiting: ArraySlice<OutgoingRecord> { records[done...] }

    /// The next to be handed over.
    var first: OutgoingRecord? { done < records.count ? records[done] : nil }

    mutating func append(contentsOf more: [OutgoingRecord]) {
        records.append(contentsOf: more)
    }

    /// How many milliseconds until what waits is to be handed over; 0 for now, nil when nothing waits.
    func wait(now: ContinuousClock.Instant) -> Int32? {
        count > 0 ? pace.wait(records: count, now: now) : nil
    }

    /// The first is handed over, or refused.
    mutating func removeFirst() {
        done += 1
        if done == records.count {
            records.removeAll(keepingCapacity: records.count <= Self.keptCapacity)
            done = 0
        } else if done > Self.keptCapacity, done > records.count / 2 {
            // A line that is never empty would keep all that ever stood in it.
            records.removeFirst(done)
            done = 0
        }
    }

    /// So many records were handed over at once.
    mutating func handedOver(records: Int, partitions: Int, now: ContinuousClock.Instant) {
        pace.handedOver(records: records, partitions: partitions, now: now)
    }
}
