import CLinux
import Glibc
import Synchronization

/// Hands the event loop's thread what other threads want of it, and wakes it.
final class LoopMailbox: Sendable {
    enum Command: Sendable {
        case answer(HTTPAnswer, ConnectionID, request: UInt64)
        /// Ends the loop: at once for nil, else when every request was answered, at the latest at this time of the
        /// monotonic clock.
        case stop(at: Int64?)
    }

    /// Readable while there are commands. Belongs to the mailbox, which may outlive the loop.
    let wake: Int32
    private let commands = Mutex<[Command]>([])

    /// Nil when the system has no descriptor left.
    init?() {
        wake = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard wake >= 0 else { return nil }
    }

    deinit {
        close(wake)
    }

    func send(_ command: Command) {
        let isFirst = commands.withLock { commands in
            commands.append(command)
            return commands.count == 1
        }
        if isFirst { eventfd_write(wake, 1) }
    }

    func takeAll() -> [Command] {
        var count: eventfd_t = 0
        eventfd_read(wake, &count)
        return commands.withLock { commands in
            let taken = commands
            commands = []
            return taken
        }
    }
}
