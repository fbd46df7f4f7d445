/// When to count the waiting jobs again. Counting millions takes a second, so a count is kept for fifty times as long
/// as it took: that bounds its share of the database to two per cent. Pure.
struct BacklogCount: Equatable {
    static let keepMin = Duration.seconds(1)
    static let keepFactor = 50

    private(set) var jobsByTopic: [String: Int] = [:]
    private var keepUntil: ContinuousClock.Instant?

    /// The count, while it is fresh enough.
    func fresh(at now: ContinuousClock.Instant) -> [String: Int]? {
        guard let keepUntil, now < keepUntil else { return nil }
        return jobsByTopic
    }

    mutating func counted(
        _ jobsByTopic: [String: Int],
        from start: ContinuousClock.Instant,
        to end: ContinuousClock.Instant
    ) {
        self.jobsByTopic = jobsByTopic
        keepUntil = end + max(Self.keepMin, start.duration(to: end) * Self.keepFactor)
    }
}
