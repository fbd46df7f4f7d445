/// How many calls of an account may be in flight at once: begins low, doubles with each round of answers until the
/// provider is overloaded, and from then on gives way quickly and comes back slowly.
package struct ConcurrencyLimit: Equatable, Sendable {
    /// Between which bounds it moves, in calls.
    package struct Policy: Equatable, Sendable {
        package var min: Int
        package var max: Int
        /// Where it begins, and where it begins again after a hold.
        package var start: Int

        package init(min: Int, max: Int, start: Int = 16) {
            precondition(min > 0 && max >= min && start > 0, "bounds of concurrency")
            self.min = min
            self.max = max
            self.start = Swift.max(min, Swift.min(start, max))
        }
    }

    /// An overload that is met while the answers to a cut are still on their way is the same one.
    static let pause = Duration.seconds(1)

    package let policy: Policy
    /// Calls that may be in flight.
    package private(set) var current: Int
    private var isDoubling = true
    /// Answers since the limit last grew, while it grows by one.
    private var answers = 0
    private var cutAt: Duration?

    package init(policy: Policy) {
        self.policy = policy
        current = policy.start
    }

    /// A call was answered without a sign of overload.
    package mutating func answered() {
        guard current < policy.max else { return }
        if isDoubling {
            current += 1
            return
        }
        answers += 1
        guard answers >= current else { return }
        answers = 0
        current += 1
    }

    /// The provider had too much to do at `uptime`. Returns whether the limit went down.
    package mutating func overloaded(at uptime: Duration) -> Bool {
        if let cutAt, uptime < cutAt + Self.pause { return false }
        cutAt = uptime
        isDoubling = false
        answers = 0
        let before = current
        current = Swift.max(policy.min, current / 2)
        return current < before
    }

    /// After a time without calls nobody knows what the provider takes.
    package mutating func restart() {
        current = Swift.min(current, policy.start)
        isDoubling = true
        answers = 0
        cutAt = nil
    }
}
