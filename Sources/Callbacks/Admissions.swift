import Synchronization

/// How many may be inside at once.
final class Admissions: Sendable {
    private let inside = Mutex(0)
    private let max: Int

    init(max: Int) {
        self.max = max
    }

    /// Whether there was room for one more.
    func enter() -> Bool {
        inside.withLock { inside in
            guard inside < max else { return false }
            inside += 1
            return true
        }
    }

    func leave() {
        inside.withLock { $0 -= 1 }
    }
}
