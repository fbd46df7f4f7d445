/// How often the polling thread looks for records, and how often it tells Kafka what is stored: at once after a rest,
/// and in larger groups the more there is. Pure.
///
/// What comes in one round is stored together. Without a pace a thousand jobs a second, evenly spread, would be nearly
/// as many rounds, transactions and commits, and a machine busy with those answers later than one that waits a moment.
struct ReadingPace: Sendable {
    /// How soon one round that brought records follows another.
    static let roundInterval: Duration = .milliseconds(3)
    /// How soon one commit follows another. Nothing waits for a commit: the store knows the position, and what is read
    /// again after a crash is there already.
    static let commitInterval: Duration = .milliseconds(100)

    private var committed: ContinuousClock.Instant?

    /// How long to rest after a round that brought what there was.
    static func rest(after began: ContinuousClock.Instant, now: ContinuousClock.Instant) -> Duration {
        max(.zero, min(roundInterval, began + roundInterval - now))
    }

    func mayCommit(now: ContinuousClock.Instant) -> Bool {
        committed.map { now >= $0 + Self.commitInterval } ?? true
    }

    mutating func committed(now: ContinuousClock.Instant) {
        committed = now
    }
}
