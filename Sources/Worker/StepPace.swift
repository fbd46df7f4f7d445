/// How soon one batch of a step follows another: a step that has rested takes at once what comes, and one under load
/// takes more of it together instead of a transaction for every job. Pure.
struct StepPace: Sendable {
    /// Outcomes: waited for, so the rest is short. Two run at a time.
    static let settlement = StepPace(interval: .milliseconds(6))
    /// Acknowledged results: nobody waits for them to be forgotten. After a crash so many more are sent again.
    static let acknowledgement = StepPace(interval: .milliseconds(50))

    let interval: Duration

    /// How long to rest before the next batch. One that took longer than the interval is followed at once.
    ///
    /// - Parameter began: the uptime when the last batch was taken.
    func rest(after began: Duration, now: Duration) -> Duration {
        max(.zero, min(interval, began + interval - now))
    }
}
