import BlockingThreads
import Glibc
import Synchronization

/// SIGTERM, SIGINT and SIGHUP as calls.
///
/// The handler only writes the signal's number to a pipe; a thread reads it and calls. Blocking the signals and waiting
/// for them would not do: the runtime keeps a thread that takes signals for the process. The second signal to stop ends
/// the process in the handler itself: the thread may be stuck, in a log line that nobody reads for instance.
struct StopSignals {
    private static let all = [SIGTERM, SIGINT, SIGHUP]
    private let waiting: NamedThread

    /// - Parameters:
    ///   - hangUp: called for each SIGHUP, on a thread of its own. nil: a SIGHUP is a signal to stop, as the terminal
    ///     or the connection to it went away; unless whoever started the process has it ignored, as `nohup` does.
    ///   - first: called for the first signal to stop, on the same thread, and for each SIGHUP that is one. A second
    ///     SIGTERM or SIGINT ends the process at once: every state on disk is fit to be left as it is. A SIGHUP never
    ///     does: a terminal that goes away sends two, of which one is the shell's.
    init(hangUp: (@Sendable () -> Void)? = nil, first: @escaping @Sendable (Int32) -> Void) {
        var ends: [Int32] = [-1, -1]
        let isMade = pipe(&ends) == 0
        precondition(isMade, "no pipe for stop signals")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let reading = ends[0]
        pipeForSignals.store(ends[1], ordering: .releasing)
        waiting = NamedThread("signals") {
            while let signal = Self.next(reading) {
                if signal == SIGHUP, let hangUp { hangUp() } else { first(signal) }
            }
        }
        for signal in Self.all {
            if signal == SIGHUP, hangUp == nil, Self.isIgnored(signal) { continue }
            var action = sigaction()
            action.__sigaction_handler.sa_handler = passSignalOn
            action.sa_flags = SA_RESTART
            sigaction(signal, &action, nil)
        }
    }

    private static func isIgnored(_ signal: Int32) -> Bool {
        var current = sigaction()
        guard sigaction(signal, nil, &current) == 0 else { return false }
        // Functions cannot be compared, their addresses can.
        let handler = current.__sigaction_handler.sa_handler
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private static func next(_ descriptor: Int32) -> Int32? {
        var number: UInt8 = 0
        while true {
            let count = read(descriptor, &number, 1)
            if count == 1 {
                // What else came to the pipe asks for nothing.
                guard all.contains(Int32(number)) else { continue }
                return Int32(number)
            }
            if count < 0, errno == EINTR { continue }
            return nil
        }
    }
}

/// Where the handler writes to; a handler gets no context.
private let pipeForSignals = Atomic<Int32>(-1)

/// Signals to stop that came.
private let stopsSeen = Atomic<Int>(0)

private func passSignalOn(_ signal: Int32) {
    if signal != SIGHUP, stopsSeen.add(1, ordering: .relaxed).newValue > 1 { _exit(128 + signal) }
    let saved = errno
    var number = UInt8(truncatingIfNeeded: signal)
    // Nothing can be done about a full pipe: 64 KiB of stop signals wait already.
    _ = write(pipeForSignals.load(ordering: .acquiring), &number, 1)
    errno = saved
}
