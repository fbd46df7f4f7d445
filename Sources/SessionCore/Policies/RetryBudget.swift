/// Bounds the calls that help nobody: repeats may cost at most a share of the calls that succeed.
///
/// A first call that succeeds deposits `ratio`; a repeat withdraws one and gets it back if it succeeds. A trickle keeps
/// an account that only has repeats left from standing still for ever.
package struct RetryBudget: Equatable, Sendable {
    private let ratio: Double
    private let capacity: Double
    private let trickle: Double
    private var tokens: Double
    private var lastRefill: Duration = .zero
    /// What calls paid in since `measuredAt`.
    private var paidIn = 0.0
    private var measuredAt: Duration = .zero
    /// Tokens a second that there were lately, those that repeats gave back included.
    package private(set) var tokensPerSecond: Double

    /// - Parameters:
    ///   - ratio: repeats per success, for example 0.1.
    ///   - burst: how many repeats may be made from a standing start.
    ///   - tricklePerSecond: repeats a second that are always allowed.
    package init(ratio: Double, burst: Double, tricklePerSecond: Double) {
        precondition(ratio >= 0 && burst >= 1 && tricklePerSecond > 0, "a retry budget that could stand still")
        self.ratio = ratio
        capacity = burst
        trickle = tricklePerSecond
        tokens = burst
        tokensPerSecond = tricklePerSecond
    }

    package mutating func callSucceeded(wasRepeat: Bool) {
        let paid = wasRepeat ? 1 : ratio
        tokens = min(capacity, tokens + paid)
        paidIn += paid
    }

    /// Whether a repeat may be made at `uptime` (monotonic, from any fixed origin).
    package mutating func withdraw(at uptime: Duration) -> Bool {
        if uptime > lastRefill {
            let elapsed = Double((uptime - lastRefill).wholeMicroseconds) / 1_000_000
            tokens = min(capacity, tokens + elapsed * trickle)
            lastRefill = uptime
        }
        measure(at: uptime)
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }

    private mutating func measure(at uptime: Duration) {
        guard uptime >= measuredAt + .seconds(1) else { return }
        let elapsed = Double((uptime - measuredAt).wholeMicroseconds) / 1_000_000
        tokensPerSecond = trickle + paidIn / elapsed
        paidIn = 0
        measuredAt = uptime
    }
}
