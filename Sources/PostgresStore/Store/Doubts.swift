/// Jobs whose settlements ended in doubt: their outbox rows may exist, or may appear while the server still works
/// on the commit, without anyone knowing their numbers. Pure.
struct Doubts: Equatable {
    /// Longer than any statement may run on the server.
    static let keep = Duration.seconds(300)

    private var until: [Int64: ContinuousClock.Instant] = [:]

    mutating func add(_ jobs: [Int64], at now: ContinuousClock.Instant) {
        for job in jobs { until[job] = now + Self.keep }
    }

    /// What happened to them is known.
    mutating func remove(_ jobs: [Int64]) {
        for job in jobs { until[job] = nil }
    }

    /// Those still in doubt, at most `limit`.
    mutating func current(at now: ContinuousClock.Instant, limit: Int) -> [Int64] {
        until = until.filter { $0.value > now }
        return Array(until.keys.prefix(limit))
    }
}
