import BlockingThreads
import Glibc

/// SIGTERM and SIGINT as calls. They are blocked in every thread and waited for by one, so that no code runs inside a
/// signal handler. Must be made before other threads are started: they inherit what is blocked.
struct StopSignals {
    private let waiting: NamedThread

    /// - Parameters:
    ///   - first: called for the first signal, on a thread of its own.
    ///   - Further signals end the process at once: every state on disk is fit to be left as it is.
    init(first: @escaping @Sendable (Int32) -> Void) {
        var signals = Self.stopping
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        waiting = NamedThread("signals") {
            var signals = Self.stopping
            var received: Int32 = 0
            guard sigwait(&signals, &received) == 0 else { return }
            first(received)
            guard sigwait(&signals, &received) == 0 else { return }
            _exit(128 + received)
        }
    }

    private static var stopping: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        return signals
    }
}
