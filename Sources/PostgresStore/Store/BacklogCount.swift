import SessionCore

/// When to count the waiting jobs again. Counting millions takes a second, so a count is kept for fifty times as long
/// as it took: that bounds its share of the database to two per cent. One that failed costs as much, and leaves what
/// was counted before. Pure.
struct BacklogCount: Equatable {
    static let keepMin = Duration.seconds(1)
    static let keepFactor = 50

    private(set) var jobsByTopic: [String: Int] = [:]
    /// Why the last try failed; nil if it did not.
    private(set) var failure: StoreError?
    private var keepUntil: ContinuousClock.Instant?

    func isDue(at now: ContinuousClock.Instant) -> Bool {
        keepUntil.map { now >= $0 } ?? true
    }

    mutating func counted(
        _ jobsByTopic: [String: Int],
        from start: ContinuousClock.Instant,
        to end: ContinuousClock.Instant
    ) {
        self.jobsByTopic = jobsByTopic
        failure = nil
        keep(from: start, to: end)
    }

    mutating func failed(
        _ failure: StoreError,
        from start: ContinuousClock.Instant,
        to end: ContinuousClock.Instant
    ) {
        self.failure = failure
        keep(from: start, to: end)
    }

    private mutating func keep(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) {
        keepUntil = end + max(Self.keepMin, start.duration(to: end) * Self.keepFactor)
    }
}
