/// How many calls of an account may be started now, where its calls a second are bounded.
package struct CallBudget: Equatable, Sendable {
    private let perSecond: Double
    /// What may gather while nothing is called: a fifth of a second's calls, one at least.
    private let burst: Double
    private var tokens: Double
    private var refilledAt: Duration?

    /// - Parameter perSecond: above zero.
    package init(perSecond: Int) {
        precondition(perSecond > 0, "a budget without calls")
        self.perSecond = Double(perSecond)
        burst = max(1, Double(perSecond) / 5)
        tokens = burst
    }

    /// How many may be started at `uptime` (monotonic).
    package mutating func available(at uptime: Duration) -> Int {
        let seconds = refilledAt.map { Double((uptime - $0).wholeMicroseconds) / 1_000_000 } ?? 0
        if seconds > 0 { tokens = min(burst, tokens + seconds * perSecond) }
        refilledAt = max(uptime, refilledAt ?? uptime)
        return max(0, Int(tokens))
    }

    /// Calls were started. Calls that were permitted at the same moment may together be more than there was; then
    /// less is there afterwards.
    package mutating func started(_ calls: Int) {
        tokens -= Double(calls)
    }
}
