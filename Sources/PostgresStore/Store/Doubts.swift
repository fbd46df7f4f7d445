import SessionCore

/// Results of settlements that ended in doubt: their outbox rows may exist, or may appear while the server still works
/// on the commit, without anyone knowing their numbers. Pure.
struct Doubts: Equatable {
    /// Longer than any statement may run on the server.
    static let keep = Duration.seconds(300)

    private var until: [ResultID: ContinuousClock.Instant] = [:]

    mutating func add(_ results: [ResultID], at now: ContinuousClock.Instant) {
        for result in results { until[result] = now + Self.keep }
    }

    /// What happened to them is known.
    mutating func remove(_ results: [ResultID]) {
        for result in results { until[result] = nil }
    }

    /// Those still in doubt, at most `limit`.
    mutating func current(at now: ContinuousClock.Instant, limit: Int) -> [ResultID] {
        until = until.filter { $0.value > now }
        return Array(until.keys.prefix(limit))
    }
}
