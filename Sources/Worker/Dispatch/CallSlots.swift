import Synchronization

/// Counts the jobs that this worker holds a lease on, and stops the counting at shutdown.
final class CallSlots: Sendable {
    private struct State {
        var held = 0
        var isStopping = false
    }

    private let state = Mutex(State())
    let limit: Int

    init(limit: Int) {
        precondition(limit > 0, "a worker without call slots")
        self.limit = limit
    }

    var free: Int {
        state.withLock { $0.isStopping ? 0 : max(0, limit - $0.held) }
    }

    var held: Int {
        state.withLock { $0.held }
    }

    var isStopping: Bool {
        state.withLock { $0.isStopping }
    }

    func take(_ count: Int) {
        state.withLock { $0.held += count }
    }

    func giveBack(_ count: Int) {
        state.withLock { state in
            state.held -= count
            precondition(state.held >= 0, "more call slots given back than taken")
        }
    }

    /// From now on no slot is free.
    func stop() {
        state.withLock { $0.isStopping = true }
    }
}
