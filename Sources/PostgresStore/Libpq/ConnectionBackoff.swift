/// When to try to connect again. Pure: the caller brings the time and the jitter.
struct ConnectionBackoff: Equatable {
    static let base = Duration.milliseconds(100)
    static let cap = Duration.seconds(5)

    private(set) var failures = 0
    private var notBefore: ContinuousClock.Instant?

    mutating func succeeded() {
        self = ConnectionBackoff()
    }

    /// - Parameter jitter: 0 to 1; shortens the wait by at most a half, so that workers do not come in step.
    mutating func failed(at now: ContinuousClock.Instant, jitter: Double) {
        let delay = min(Self.base * (1 << min(failures, 6)), Self.cap)
        failures += 1
        notBefore = now + delay * (1 - min(max(jitter, 0), 1) / 2)
    }

    func wait(at now: ContinuousClock.Instant) -> Duration {
        guard let notBefore, notBefore > now else { return .zero }
        return now.duration(to: notBefore)
    }
}
