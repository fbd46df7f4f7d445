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
    }

    /// How long others may join the first.
    static let gathering: Duration = .milliseconds(100)

    private var waiting = Due()
    private var dueAt: ContinuousClock.Instant?

    /// A partition cannot be read from where it is read, but from the store's position.
    mutating func wantStore(of place: TopicPartition, now: ContinuousClock.Instant) {
        waiting.fromStore.insert(place)
        dueAt = dueAt ?? now + Self.gathering
    }

    /// An error about an earlier position came. What librdkafka made of it depends on when: if that was after the
    /// partition was taken up again, it reads the partition no more, and says nothing else.
    mutating func doubt(_ place: TopicPartition, now: ContinuousClock.Instant) {
        waiting.doubtful.insert(place)
        dueAt = dueAt ?? now + Self.gathering
    }

    /// What is due, once; nil while nothing is.
    mutating func take(now: ContinuousClock.Instant) -> Due? {
        guard let dueAt, now >= dueAt else { return nil }
        self.dueAt = nil
        defer { waiting = Due() }
        return waiting
    }

    /// The partitions were given back: whoever has them next takes them up.
    mutating func revoke() {
        waiting = Due()
        dueAt = nil
    }
}
