import Glibc

/// A broker's process under a shell that ends it when our end of a pipe closes: a broker never outlives its test.
final class BrokerProcess: Sendable {
    /// Runs a command to its end. Throws `RealKafka.Failure` with the end of its output if it fails.
    static func run(_ command: [String], output: String) throws {
        var pid = pid_t()
        let failure = try spawn(command, input: nil, output: output, pid: &pid)
        guard failure == 0 else { throw RealKafka.Failure("cannot run \(command[0]): error \(failure)") }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else {
            let words = BrokerFolder.read(output).map { String($0.suffix(800)) } ?? ""
            throw RealKafka.Failure("\(command[0]) failed with status \(status): \(words)")
        }
    }

    private static let script = """
        out=$1 pidfile=$2 folder=$3; shift 3
        "$@" < /dev/null > "$out" 2>&1 &
        echo $! > "$pidfile.new" && mv "$pidfile.new" "$pidfile"
        read -r word
        kill -9 $! 2> /dev/null
        wait
        [ "$word" = keep ] || rm -rf "$folder"
        """

    private let shell: pid_t
    private let broker: pid_t
    private let pipe: Int32

    private init(shell: pid_t, broker: pid_t, pipe: Int32) {
        self.shell = shell
        self.broker = broker
        self.pipe = pipe
    }

    /// Starts a broker. Blocks until its process exists, not until it answers.
    static func start(_ command: [String], folder: String) throws -> BrokerProcess {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw RealKafka.Failure("cannot make a pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let pidFile = "\(folder)/pid"
        unlink(pidFile)
        var shell = pid_t()
        let arguments = ["sh", "-c", script, "broker", "\(folder)/stdout.log", pidFile, folder] + command
        let failure = try spawn(arguments, input: ends[0], output: "\(folder)/shell.log", pid: &shell)
        guard failure == 0 else { throw RealKafka.Failure("cannot start a shell: error \(failure)") }
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            if let text = BrokerFolder.read(pidFile), let broker = pid_t(text.filter { $0.isNumber }) {
                return BrokerProcess(shell: shell, broker: broker, pipe: ends[1])
            }
            usleep(5_000)
        }
        close(ends[1])
        throw RealKafka.Failure("the broker's shell did not start it: \(BrokerFolder.lastWords(folder))")
    }

    var isRunning: Bool { Glibc.kill(broker, 0) == 0 && !isZombie }

    /// Ended but not waited for by its shell, which waits for us.
    private var isZombie: Bool {
        BrokerFolder.read("/proc/\(broker)/stat")?.contains(") Z ") ?? true
    }

    /// Ends the broker with a signal, and waits until it has ended; its folder stays.
    func end(_ signal: Int32) throws {
        _ = Glibc.kill(broker, signal)
        let deadline = ContinuousClock.now + .seconds(60)
        while isRunning {
            guard ContinuousClock.now < deadline else { throw RealKafka.Failure("the broker does not end after 60 s") }
            usleep(20_000)
        }
        let word = Array("keep\n".utf8)
        _ = word.withUnsafeBytes { write(pipe, $0.baseAddress, $0.count) }
        finish()
    }

    /// Ends the broker at once; its folder goes.
    func remove() {
        finish()
    }

    private func finish() {
        close(pipe)
        var status: Int32 = 0
        while waitpid(shell, &status, 0) < 0 && errno == EINTR {}
    }

    private static func spawn(_ command: [String], input: Int32?, output: String, pid: inout pid_t) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, so that an interrupt at the keyboard reaches the tests first.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var arguments = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        return posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, environ)
    }
}
