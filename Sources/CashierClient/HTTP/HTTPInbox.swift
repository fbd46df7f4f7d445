import CLinux
import Glibc
import Synchronization

/// What the loop is told.
enum HTTPCommand: Sendable {
    case start([HTTPStart], at: Int64)
    /// No request is begun from now on; those in flight may end until the deadline.
    case close(deadline: Int64, closed: @Sendable () -> Void)
    /// A pool's origin can be connected to, or not.
    case prepared(pool: Int, Result<HTTPPreparation, HTTPFailure>)
    /// The transport is gone.
    case end
}

/// Commands on their way to the loop, and the descriptor that wakes it: written to only while the loop sleeps.
final class HTTPInbox: Sendable {
    private struct State {
        var commands: [HTTPCommand] = []
        var isLoopAsleep = false
    }

    /// For the loop's epoll, edge-triggered: nobody reads it, each write is an event.
    let wakeDescriptor: Int32
    private let state = Mutex(State())

    init() {
        wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        precondition(wakeDescriptor >= 0, "the HTTP client cannot start: \(String(cString: strerror(errno)))")
    }

    deinit {
        close(wakeDescriptor)
    }

    func send(_ command: HTTPCommand) {
        let isAsleep = state.withLock { state in
            state.commands.append(command)
            defer { state.isLoopAsleep = false }
            return state.isLoopAsleep
        }
        if isAsleep { eventfd_write(wakeDescriptor, 1) }
    }

    /// All commands; when there are none, the loop counts as asleep until `wakeUp`.
    func takeOrSleep() -> [HTTPCommand] {
        state.withLock { state in
            let taken = state.commands
            state.commands = []
            state.isLoopAsleep = taken.isEmpty
            return taken
        }
    }

    /// The loop is awake by itself.
    func wakeUp() {
        state.withLock { $0.isLoopAsleep = false }
    }
}
