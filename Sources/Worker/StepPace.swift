/// How soon one batch of a step follows another: a step that has rested takes at once what comes, and one under load
/// takes more of it together instead of a transaction for every job. Pure.
struct StepPace: Sendable {
    /// A batch that was taken.
    struct Batch: Equatable, Sendable {
        /// The uptime when it was taken.
        var began: Duration
        var count: Int
    }

    /// Outcomes: waited for, so the rest is short.
    static let settlement = StepPace(interval: .milliseconds(5), full: 250)
    /// Acknowledged results: nobody waits for them to be forgotten. After a crash so many more are sent again.
    static let acknowledgement = StepPace(interval: .milliseconds(50))

    let interval: Duration
    /// After so many together no more is gained by resting.
    var full = Int.max

    /// How long to rest before the next batch. One that was full, or is longer ago than the interval, is followed at
    /// once.
    func rest(after last: Batch, now: Duration) -> Duration {
        guard last.count < full else { return .zero }
        return max(.zero, min(interval, last.began + interval - now))
    }
}
