import SessionCore

/// When it is said that no client can be made: when the reason is another, and then once an interval while it lasts.
/// Pure: time comes from outside.
struct FailedMakings: Sendable {
    let repeatAfter: Duration
    private var told: (error: TransportError, at: ContinuousClock.Instant)?

    init(repeatAfter: Duration) {
        self.repeatAfter = repeatAfter
    }

    /// Notes a failure; whether it is to be said.
    mutating func isToBeTold(_ error: TransportError, now: ContinuousClock.Instant) -> Bool {
        if let told, told.error == error, now - told.at < repeatAfter { return false }
        told = (error, now)
        return true
    }
}
