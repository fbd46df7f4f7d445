/// The secrets of one account while they change: which one signs, and which ones verify until when. Pure; moments are
/// handed in.
///
/// A secret that is replaced goes on verifying for the overlap: answers that were signed before the provider changed
/// are still under way, and nobody can change two ends of a line at once. Nothing of it outlives the process.
package struct SecretRotation: Sendable {
    /// What became of the secrets by a change.
    package struct Change: Equatable, Sendable {
        /// Another secret signs.
        package var isSignerNew = false
        /// What verifies is not what it was.
        package var isVerifyingOther = false

        package init() {}
    }

    private struct Retired: Sendable {
        var secret: Secret
        /// From here on it verifies nothing.
        var until: ContinuousClock.Instant
    }

    /// How long a secret verifies after another has taken its place.
    package let overlap: Duration
    private var current: Secret
    private var previous: Secret?
    private var retired: [Retired] = []

    /// - Parameters:
    ///   - current: signs and verifies.
    ///   - previous: verifies for as long as it is named.
    package init(current: Secret, previous: Secret?, overlap: Duration) {
        self.current = current
        self.previous = previous
        self.overlap = overlap
    }

    /// The first signs; all of them verify. Those whose overlap is over stay until `expire`.
    package var secrets: [Secret] {
        var secrets = [current]
        for secret in [previous].compactMap({ $0 }) + retired.map(\.secret)
        where !secrets.contains(where: { $0.isSame(as: secret) }) {
            secrets.append(secret)
        }
        return secrets
    }

    /// Signs.
    package var signer: Secret { current }

    /// Another secret signs from now on; the one before verifies for the overlap. The same one changes nothing.
    package mutating func replace(current secret: Secret, now: ContinuousClock.Instant) -> Change {
        guard !secret.isSame(as: current) else { return Change() }
        // A way back makes a retired secret the current one again.
        retired.removeAll { $0.secret.isSame(as: secret) || $0.secret.isSame(as: current) }
        if overlap > .zero { retired.append(Retired(secret: current, until: now.advanced(by: overlap))) }
        current = secret
        var change = Change()
        change.isSignerNew = true
        change.isVerifyingOther = true
        return change
    }

    /// Another secret is named as the one before. It has no overlap: it is there for as long as its file says so.
    package mutating func replace(previous secret: Secret) -> Change {
        if let previous, previous.isSame(as: secret) { return Change() }
        previous = secret
        var change = Change()
        change.isVerifyingOther = true
        return change
    }

    /// Lets go of the secrets whose overlap is over; returns how many of them verify nothing any more. One that is
    /// named as the one before goes on verifying.
    package mutating func expire(now: ContinuousClock.Instant) -> Int {
        let over = retired.filter { $0.until <= now }
        retired.removeAll { $0.until <= now }
        let left = secrets
        return over.count { gone in !left.contains { $0.isSame(as: gone.secret) } }
    }
}
