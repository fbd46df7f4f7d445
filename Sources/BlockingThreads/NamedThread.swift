import CLinux
import Glibc
import Synchronization

/// An OS thread with a name, for C calls that block: those never run on Swift's cooperative pool, which has one
/// thread per core and does not grow.
package final class NamedThread: Sendable {
    private enum State {
        case running(pthread_t)
        case joined
    }

    private let state: Mutex<State>

    /// Starts the thread. `name` is cut to the 15 bytes that Linux shows.
    ///
    /// - Precondition: the system has a thread left; a process that cannot start its threads cannot work.
    package init(_ name: String, body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(ThreadStart(name: String(name.prefix(15)), body: body))
        var thread = pthread_t()
        let failure = pthread_create(
            &thread,
            nil,
            runThread,
            start.toOpaque()
        )
        precondition(failure == 0, "cannot start the thread \(name): error \(failure)")
        state = Mutex(.running(thread))
    }

    /// Waits, blocking, until the thread has ended. A second call returns at once.
    package func join() {
        let thread: pthread_t? = state.withLock { state in
            guard case .running(let thread) = state else { return nil }
            state = .joined
            return thread
        }
        if let thread { pthread_join(thread, nil) }
    }

    deinit {
        state.withLock { state in
            if case .running(let thread) = state { pthread_detach(thread) }
        }
    }
}

/// What a new thread is handed, kept alive by the retain that `pthread_create` passes on.
private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func runThread(_ raw: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let raw else { return nil }
    let start = Unmanaged<ThreadStart>.fromOpaque(raw).takeRetainedValue()
    _ = pthread_setname_np(pthread_self(), start.name)
    start.body()
    return nil
}
