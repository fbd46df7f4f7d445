import SessionCore

/// Whether a lease or a life sign that has run out tells of a lost worker. By a clock that was set ahead all run out at
/// once, of workers that are well: what was leased before has to end first.
struct Steadiness: Sendable {
    let lifeSigns: LifeSigns
    let clock: WorkerClock
    let lease: Duration

    var isGiven: Bool {
        lifeSigns.areSteady(at: clock.uptime) && clock.hasGoneOnEvenly(for: lease)
    }

    /// The same by the database's time now, which may have been set a moment ago. False where it does not answer.
    func isGiven<Store: JobStore>(by store: Store, _ patience: Patience) async throws -> Bool {
        guard isGiven else { return false }
        let asked = clock.uptime
        let answer = try await patience.once(onlyReads: true) { try await store.currentTime() }
        guard let now = answer else { return false }
        clock.learn(now, asked: asked, receivedAt: clock.uptime)
        return isGiven
    }
}
