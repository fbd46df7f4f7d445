import Synchronization

/// Where something waits until a test lets it go on.
package final class Gate: Sendable {
    private struct State {
        var isClosed = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Whoever comes from now on waits.
    package func close() {
        state.withLock { $0.isClosed = true }
    }

    /// Lets everybody go on.
    package func open() {
        let waiters = state.withLock { state in
            defer { state = State() }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// How many wait.
    package var waiting: Int {
        state.withLock { $0.waiters.count }
    }

    /// Returns at once while the gate is open, else when it is opened.
    package func pass() async {
        await withCheckedContinuation { continuation in
            let mayPass = state.withLock { state in
                if state.isClosed { state.waiters.append(continuation) }
                return !state.isClosed
            }
            if mayPass { continuation.resume() }
        }
    }
}
