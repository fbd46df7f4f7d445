import Glibc
import Synchronization

/// A child process could not be started. `code` is the system's error number.
package struct ChildProcessError: Error, Equatable, Sendable {
    package var program: String
    package var code: Int32
}

/// A child process in a process group of its own, so that a terminal's Ctrl-C reaches us first. Blocking: call `wait`
/// from a thread that may block.
package final class ChildProcess: Sendable {
    /// Where the child's standard output and error go.
    package enum Output: Sendable {
        case inherit
        case discard
        /// Appended; the file is made if it is missing.
        case file(String)
    }

    private enum State {
        case running
        case ended(Int32)
    }

    /// The process id, which is also that of its group.
    package let id: Int32
    private let state = Mutex(State.running)
    private let input: Mutex<Int32?>

    /// Starts `arguments[0]`, looked up in `PATH` of this process.
    ///
    /// Its standard input is a socket that stays open until `closeInput` or until this process ends, however it ends:
    /// a child that reads it learns of our death.
    ///
    /// - Parameter environment: `NAME=value`; the child gets nothing else.
    package init(
        _ arguments: [String],
        environment: [String],
        output: Output = .inherit
    ) throws(ChildProcessError) {
        let program = arguments.first ?? ""
        // A socket pair, because it can be made close-on-exec at once: no other child may hold this end open.
        var ends: [Int32] = [-1, -1]
        let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0, &ends) == 0 else {
            throw ChildProcessError(program: program, code: errno)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO)
        let path: String? =
            switch output {
            case .inherit: nil
            case .discard: "/dev/null"
            case .file(let path): path
            }
        if let path {
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals that this process blocks or ignores mean nothing to the child.
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        var allSignals = sigset_t()
        sigfillset(&allSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setsigdefault(&attributes, &allSignals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let argumentList = CStrings(arguments)
        let environmentList = CStrings(environment)
        var child: pid_t = 0
        let failure = posix_spawnp(
            &child,
            program,
            &actions,
            &attributes,
            argumentList.mutablePointers,
            environmentList.mutablePointers
        )
        close(ends[1])
        guard failure == 0 else {
            close(ends[0])
            throw ChildProcessError(program: program, code: failure)
        }
        id = child
        input = Mutex(ends[0])
    }

    deinit {
        closeInput()
    }

    /// The child reads the end of its input.
    package func closeInput() {
        input.withLock { descriptor in
            if let descriptor { close(descriptor) }
            descriptor = nil
        }
    }

    /// Sends a signal, unless the child is known to have ended.
    package func signal(_ number: Int32) {
        state.withLock { state in
            if case .running = state { kill(id, number) }
        }
    }

    /// Blocks until the child has ended. Returns its exit code, or 128 and the signal that ended it.
    @discardableResult
    package func wait() -> Int32 {
        reap(options: 0) ?? 0
    }

    /// The exit code as of `wait`, if the child has ended. Does not block.
    package var exitCode: Int32? {
        reap(options: WNOHANG)
    }

    private func reap(options: Int32) -> Int32? {
        state.withLock { state in
            if case .ended(let code) = state { return code }
            var status: Int32 = 0
            var found: pid_t
            repeat { found = waitpid(id, &status, options) } while found == -1 && errno == EINTR
            guard found != 0 else { return nil }
            let signal = status & 0x7F
            let code = found == -1 ? 0 : signal == 0 ? status >> 8 & 0xFF : 128 + signal
            state = .ended(code)
            return code
        }
    }
}
