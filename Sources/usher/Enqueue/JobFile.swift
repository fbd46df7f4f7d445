import BlockingThreads
import Glibc
import SessionCore
import Terminal

/// The input of `usher enqueue`: read twice, once to check all of it and once to send. Only what cannot be read twice
/// is kept in memory, once. Blocks on a thread of its own.
actor JobFile {
    /// A job that passed, ready for Kafka.
    struct Outgoing: Sendable {
        var line: Int
        var orderID: String
        /// Whether it names a campaign.
        var isOfCampaign: Bool
        var value: [UInt8]
    }

    /// Where the bytes are.
    private enum Content {
        /// From `start` to before `end`.
        case file(Int32, start: Int64, end: Int64)
        case memory([[UInt8]])
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let executor = ThreadExecutor(name: "usher-input")
    private let path: String
    private let standardInput: Int32
    private let rules: JobRules
    private let stop: StopSwitch
    private var content = Content.memory([])
    private var isOpen = false
    private var shape = InputShape.nothing
    /// The last line that was checked.
    private var lastLine = 0
    private var sending: (lines: LineSource, check: LineCheck)?

    /// `path` may be `-`, for standard input, which begins where it stands: that is its line 1.
    init(path: String, rules: JobRules, stop: StopSwitch, standardInput: Int32 = STDIN_FILENO) {
        self.path = path
        self.standardInput = standardInput
        self.rules = rules
        self.stop = stop
    }

    /// What errors call the input.
    nonisolated static func name(of path: String) -> String {
        path == "-" ? "standard input" : path
    }

    /// Opens the input and checks every line; those from `first` on are to be sent. Throws `VerbError` where it cannot
    /// be read, holds nothing from `first` on, is still being written, or the stop signal came.
    func check(from first: Int) throws -> CheckedLines {
        if !isOpen { try open() }
        var checked = CheckedLines(first: first)
        var lines = try lines()
        var check = LineCheck(rules: rules)
        var progress = LateProgress(unit: "lines checked")
        while let line = try lines.next() {
            try stopIfAsked()
            checked.note(line.number, check.check(line))
            progress.update(done: checked.read)
        }
        progress.finish(done: checked.read)
        lastLine = checked.last
        let name = Self.name(of: path)
        if grownFrom() != nil {
            throw VerbError.ended(
                "\(name) grew while it was being checked: nothing was sent; send it once it is written to its end",
                .ioError
            )
        }
        guard checked.read > 0 else { throw VerbError.ended("\(name) holds no jobs", .invalidData) }
        guard first <= checked.last else {
            throw VerbError.ended(
                "\(name) ends at line \(checked.last): there is nothing to send from line \(first) on",
                .usage
            )
        }
        return checked
    }

    /// The line with which that begins which was written to the input since it was opened; nil where nothing was. Call
    /// after `check`.
    func grownFrom() -> Int? {
        guard case .file(let descriptor, let start, let end) = content else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, Int64(status.st_size) > end else { return nil }
        var byte: UInt8 = 0x0A
        // Without its end the last line may have been the first part of a longer one.
        if end > start { _ = pread(descriptor, &byte, 1, off_t(end - 1)) }
        return byte == 0x0A ? lastLine + 1 : max(1, lastLine)
    }

    /// The next jobs to send, at most `max`, from line `first` on; lines that are not good are passed over. Empty at
    /// the end. Call after `check`.
    func next(_ max: Int, from first: Int) throws -> [Outgoing] {
        var (lines, check) = try sending ?? (lines(), LineCheck(rules: rules))
        defer { sending = (lines, check) }
        var batch: [Outgoing] = []
        while batch.count < max, let line = try lines.next() {
            if stop.isTurned { return batch }
            switch check.check(line) {
            case .bad: continue
            case .good(let job), .repeated(let job, of: _):
                guard line.number >= first else { continue }
                batch.append(
                    Outgoing(
                        line: line.number,
                        orderID: job.order.orderID,
                        isOfCampaign: job.campaign != nil,
                        value: line.bytes
                    )
                )
            }
        }
        return batch
    }

    func close() {
        if case .file(let descriptor, start: _, end: _) = content, path != "-" { Glibc.close(descriptor) }
        content = .memory([])
    }

    // MARK: Reading

    /// Opens the input: it ends where it ends now. `check` does it where nobody has.
    func open() throws {
        // Without waiting: a named pipe that nobody writes to yet is waited for below, where a stop signal is noticed.
        let descriptor = path == "-" ? standardInput : Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw VerbError.ended("\(path): \(String(cString: strerror(errno)))", .noInput)
        }
        if path != "-" { _ = fcntl(descriptor, F_SETFL, 0) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw VerbError.ended("\(path) is not a file", .noInput)
        }
        if status.st_mode & S_IFMT == S_IFREG {
            // Somebody may have read from standard input before: a header, or what another program took.
            let start = max(0, Int64(lseek(descriptor, 0, SEEK_CUR)))
            content = .file(descriptor, start: start, end: Int64(status.st_size))
        } else {
            content = .memory(try readAll(descriptor))
        }
        shape = try judgedShape()
        if case .refused(let what) = shape {
            throw VerbError.ended("\(Self.name(of: path)) \(what)", .invalidData)
        }
        isOpen = true
    }

    private func readAll(_ descriptor: Int32) throws -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        while true {
            var asked = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // In turns, so that a stop signal is noticed while nobody writes.
            let ready = poll(&asked, 1, 100)
            // Below zero: perhaps it was this thread that the signal came to.
            if ready == 0 || ready < 0 && errno == EINTR {
                try stopIfAsked()
                continue
            }
            guard let piece = try Self.piece(read: { Glibc.read(descriptor, $0, $1) }, path) else { return pieces }
            try stopIfAsked()
            pieces.append(piece)
        }
    }

    /// Pieces of the content, from its beginning.
    private func pieces() -> () throws -> [UInt8]? {
        switch content {
        case .memory(let pieces):
            var rest = pieces[...]
            return { rest.popFirst() }
        case .file(let descriptor, let start, let end):
            var offset = start
            let path = path
            return {
                // What was written after the check is not part of the input.
                let left = Int(end - offset)
                guard left > 0 else { return nil }
                let piece = try Self.piece(read: { pread(descriptor, $0, min($1, left), off_t(offset)) }, path)
                offset += Int64(piece?.count ?? 0)
                return piece
            }
        }
    }

    private func lines() throws -> LineSource {
        guard shape == .object else { return .lines(LineSplitter(nextPiece: pieces())) }
        let next = pieces()
        var whole: [UInt8] = []
        while let piece = try next() { whole += piece }
        let start = whole.firstIndex { $0 > 0x20 } ?? 0
        let number = whole[..<start].count { $0 == 0x0A } + 1
        while let last = whole.last, last <= 0x20 { whole.removeLast() }
        return .object(InputLine(number: number, bytes: Array(whole.dropFirst(start))))
    }

    private func judgedShape() throws -> InputShape {
        let next = pieces()
        var head: [UInt8] = []
        while head.count < InputShape.headBytes {
            guard let piece = try next() else { return InputShape(head: head, isWhole: true) }
            head += piece
        }
        return InputShape(head: Array(head.prefix(InputShape.headBytes)), isWhole: false)
    }

    private func stopIfAsked() throws {
        if stop.isTurned { throw VerbError.ended("stopped; nothing was sent", .interrupted) }
    }

    private static func piece(read: (UnsafeMutableRawPointer?, Int) -> Int, _ path: String) throws -> [UInt8]? {
        while true {
            var failure: Int32 = 0
            let piece = [UInt8](unsafeUninitializedCapacity: 1 << 18) { buffer, count in
                let read = read(buffer.baseAddress, buffer.count)
                if read < 0 { failure = errno }
                count = max(0, read)
            }
            if failure == EINTR { continue }
            guard failure == 0 else {
                throw VerbError.ended("\(name(of: path)): \(String(cString: strerror(failure)))", .ioError)
            }
            return piece.isEmpty ? nil : piece
        }
    }
}

/// The lines of the input, or the one object that it is.
private enum LineSource {
    case lines(LineSplitter)
    case object(InputLine?)

    mutating func next() throws -> InputLine? {
        switch self {
        case .lines(var splitter):
            // One reader at a time: the splitter's piece must not be copied.
            self = .object(nil)
            defer { self = .lines(splitter) }
            return try splitter.next()
        case .object(let line):
            self = .object(nil)
            return line
        }
    }
}

/// Progress that is shown only once something has taken a while.
struct LateProgress {
    private var line: ProgressLine
    private let start = ContinuousClock.now
    private var isShown = false

    init(unit: String) {
        line = ProgressLine(unit: unit, total: nil)
    }

    mutating func update(done: Int) {
        // The clock is asked once in a while only: lines come by the million.
        guard done % 256 == 0, start.duration(to: .now) > .seconds(1) else { return }
        isShown = true
        line.update(done: done)
    }

    mutating func finish(done: Int) {
        if isShown { line.finish(done: done) }
    }
}
