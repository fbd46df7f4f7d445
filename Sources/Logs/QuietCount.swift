import Synchronization

/// Says of what may happen without end when it is to be told, and with how often it happened: once an interval for each
/// matter, so that nobody can fill a disk with lines. Matters are of a closed set: each is remembered.
package final class QuietCount: Sendable {
    private struct Matter {
        var toldAt: ContinuousClock.Instant
        var untold = 0
    }

    private let matters = Mutex<[String: Matter]>([:])
    private let interval: Duration

    package init(interval: Duration) {
        self.interval = interval
    }

    /// How often it happened since it was last told, this time included; nil while it is not to be told yet.
    package func happened(_ matter: String, now: ContinuousClock.Instant = .now) -> Int? {
        matters.withLock { matters in
            guard let known = matters[matter], now - known.toldAt < interval else {
                let count = (matters[matter]?.untold ?? 0) + 1
                matters[matter] = Matter(toldAt: now)
                return count
            }
            matters[matter]?.untold += 1
            return nil
        }
    }
}
