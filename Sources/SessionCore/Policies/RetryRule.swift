/// How a refusal's own rule wants the job tried again, where that differs from what its class says. A part that is nil
/// is the class's.
package struct RetryRule: Equatable, Sendable {
    /// The bound of the first wait; it doubles with every attempt.
    package var firstWait: Duration?
    package var waitCap: Duration?
    /// Of the job, in all.
    package var attemptsMax: Int?

    package init(firstWait: Duration? = nil, waitCap: Duration? = nil, attemptsMax: Int? = nil) {
        self.firstWait = firstWait
        self.waitCap = waitCap
        self.attemptsMax = attemptsMax
    }

    /// The class's waits with this rule's parts in their places. A cap below the first wait gives way to it, whichever
    /// of the two is the rule's own.
    package func backoff(over ofClass: Backoff) -> Backoff {
        let base = max(firstWait ?? min(ofClass.base, waitCap ?? ofClass.base), .milliseconds(1))
        return Backoff(base: base, cap: max(base, waitCap ?? ofClass.cap))
    }
}
