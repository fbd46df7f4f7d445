/// Exponential backoff with full jitter: a wait drawn evenly from zero to a bound that doubles with every attempt.
package struct Backoff: Equatable, Sendable {
    package var base: Duration
    package var cap: Duration

    /// - Precondition: `base` is positive and not above `cap`.
    package init(base: Duration, cap: Duration) {
        precondition(base > .zero && base <= cap, "backoff from \(base) to \(cap)")
        self.base = base
        self.cap = cap
    }

    /// The longest wait before try number `attempt` + 1, where `attempt` counts from 1.
    package func bound(afterAttempt attempt: Int) -> Duration {
        let doublings = min(max(attempt - 1, 0), 40)
        let bound = base.wholeMicroseconds.multipliedReportingOverflow(by: 1 << Int64(doublings))
        return bound.overflow ? cap : min(cap, .microseconds(bound.partialValue))
    }

    package func delay(afterAttempt attempt: Int, using random: inout some RandomNumberGenerator) -> Duration {
        .microseconds(Int64.random(in: 0...bound(afterAttempt: attempt).wholeMicroseconds, using: &random))
    }
}
