import SessionCore

/// Which partitions want the assignment taken up anew. Pure: time comes from outside.
///
/// Each time costs what was fetched of every partition, so all that come to it within a moment share one: where
/// retention took records, each broker tells of its partitions one after another.
struct TakeUps: Sendable {
    /// What is to be done now.
    struct Due: Equatable, Sendable {
        /// These are read from the store's position alone.
        var fromStore: Set<TopicPartition> = []
        /// The library may have ended reading these.
        var doubtful: Set<TopicPartition> = []
        /// Where these begin is to be asked again.
        var beginnings: Set<TopicPartition> = []
    }

    /// How long others may join the first.
    static let gathering: Duration = .milliseconds(100)
    private static let askAgainMax: Duration = .seconds(60)

    private var waiting = Due()
    private var dueAt: ContinuousClock.Instant?
    /// How often it was not told where a partition begins.
    private var failures: [TopicPartition: Int] = [:]

    /// A partition cannot be read from where it is read, but from the store's position.
    mutating func wantStore(of place: TopicPartition, now: ContinuousClock.Instant) {
        waiting.fromStore.insert(place)
        wake(at: now + Self.gathering)
    }

    /// An error about an earlier position came. What librdkafka made of it depends on when: if that was after the
    /// partition was taken up again, it reads the partition no more, and says nothing else.
    mutating func doubt(_ place: TopicPartition, now: ContinuousClock.Instant) {
        waiting.doubtful.insert(place)
        wake(at: now + Self.gathering)
    }

    /// It was not told where a partition begins; how often that has been so since the group gave it. It is asked again
    /// after a second, then after two, four, and so on, a minute at most.
    mutating func beginningFailed(of place: TopicPartition, now: ContinuousClock.Instant) -> Int {
        let count = failures[place, default: 0] + 1
        failures[place] = count
        waiting.beginnings.insert(place)
        wake(at: now + (count > 6 ? Self.askAgainMax : .seconds(1 << (count - 1))))
        return count
    }

    private mutating func wake(at instant: ContinuousClock.Instant) {
        dueAt = dueAt.map { min($0, instant) } ?? instant
    }

    /// What is due, once; nil while nothing is.
    mutating func take(now: ContinuousClock.Instant) -> Due? {
        guard let dueAt, now >= dueAt else { return nil }
        self.dueAt = nil
        defer { waiting = Due() }
        return waiting
    }

    /// The partitions were given back, and what was wanted for them is no longer due.
    mutating func revoke() {
        waiting = Due()
        dueAt = nil
    }
}
