import CLinux
import Glibc

/// The transport's loop: takes commands, waits for sockets and deadlines. Lives on one thread.
final class HTTPLoop {
    static let wakeToken = UInt64.max
    static let eventsMax = 256

    let inbox: HTTPInbox
    let limits: HTTPLimits
    let prepare: HTTPPreparation.Maker
    private let onTurn: @Sendable () -> Void
    private let epoll: Int32
    private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: HTTPLoop.eventsMax)
    let received = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 64)

    /// By slot.
    var connections: [HTTPConnection?] = []
    var generations: [UInt32] = []
    var freeSlots: [Int] = []
    var pools: [HTTPPool] = []
    var poolCount = 0
    /// Connections that carry a request or are being made for one.
    private(set) var activeCount = 0
    /// Those of them whose request is patient.
    private(set) var patientCount = 0
    var waiting = HTTPQueue()
    /// No connection's deadline is earlier. Requests come and go without it being set back; the next look does that.
    var nextDeadline = Int64.max
    /// Of this turn.
    var now = monotonicNanoseconds()

    private var closing: [(deadline: Int64, closed: @Sendable () -> Void)] = []
    private var isClosed = false
    private var isEnded = false
    private var hasCompleted = false

    init(
        inbox: HTTPInbox,
        limits: HTTPLimits,
        prepare: @escaping HTTPPreparation.Maker,
        onTurn: @escaping @Sendable () -> Void
    ) {
        self.inbox = inbox
        self.limits = limits
        self.prepare = prepare
        self.onTurn = onTurn
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(epoll >= 0, "the HTTP client cannot start: \(String(cString: strerror(errno)))")
    }

    deinit {
        close(epoll)
        events.deallocate()
        received.deallocate()
    }

    func run() {
        // OpenSSL writes without MSG_NOSIGNAL, and a signal that nobody handles would end the process.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        watch(inbox.wakeDescriptor, EPOLLIN.rawValue, Self.wakeToken)
        while !isEnded { turn() }
        endAll("the client is gone")
    }

    private func turn() {
        var isAsleep = false
        // Whoever starts a request for each that ends must not keep the sockets from being looked at.
        for _ in 0..<4 {
            settle()
            let commands = inbox.takeOrSleep()
            isAsleep = commands.isEmpty
            if isAsleep { break }
            now = monotonicNanoseconds()
            for command in commands { obey(command) }
            if isEnded { return }
        }
        if !isAsleep { settle() }
        let count = epoll_wait(epoll, events, Int32(Self.eventsMax), isAsleep ? waitMilliseconds : 0)
        inbox.wakeUp()
        now = monotonicNanoseconds()
        for index in 0..<max(0, Int(count)) {
            let token = events[index].data.u64
            if let connection = connection(token) { handle(events[index].events, connection) }
        }
        if now >= nextDeadline { endLate() }
    }

    /// Does what events and commands have made possible.
    private func settle() {
        beginWaiting()
        closeWhenDue()
        guard hasCompleted else { return }
        hasCompleted = false
        onTurn()
    }

    private func obey(_ command: HTTPCommand) {
        switch command {
        case .start(let starts, let startedAt):
            for start in starts {
                if isClosed {
                    tell(start, at: startedAt, failure: HTTPFailure(code: "closed", detail: "the client is closed"))
                } else {
                    waiting.append(start, at: startedAt)
                }
            }
            beginWaiting()
        case .close(let deadline, let closed):
            isClosed = true
            closing.append((deadline, closed))
        case .prepared(let pool, let result):
            take(result, for: pool)
        case .end:
            isEnded = true
        }
    }

    /// Adds a descriptor to those waited for, edge-triggered and once for its life.
    func watch(_ descriptor: Int32, _ interest: UInt32, _ token: UInt64) {
        var event = epoll_event()
        event.events = interest | EPOLLET.rawValue
        event.data.u64 = token
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    }

    private var waitMilliseconds: Int32 {
        var next = nextDeadline
        if let startedAt = waiting.firstStartedAt { next = min(next, startedAt + limits.waitMax.nanoseconds) }
        for close in closing { next = min(next, close.deadline) }
        guard next != .max else { return -1 }
        return Int32(clamping: max(0, (next - monotonicNanoseconds() + 999_999) / 1_000_000))
    }

    // MARK: Deadlines

    func set(_ deadline: Int64, of connection: HTTPConnection) {
        connection.deadline = deadline
        if deadline < nextDeadline { nextDeadline = deadline }
    }

    /// Looks at every connection, which is rare: about once in the shortest time limit.
    private func endLate() {
        nextDeadline = .max
        for case let connection? in connections where connection.deadline <= now { expire(connection) }
        for case let connection? in connections { nextDeadline = min(nextDeadline, connection.deadline) }
    }

    // MARK: Counting

    /// A connection carries the request from now on, or is being made for it.
    func took(_ start: HTTPStart) {
        activeCount += 1
        if start.isPatient { patientCount += 1 }
    }

    /// It no longer does.
    func letGo(of start: HTTPStart) {
        activeCount -= 1
        if start.isPatient { patientCount -= 1 }
    }

    // MARK: Ending

    /// Tells how a request that never reached a connection ended.
    func tell(_ start: HTTPStart, at startedAt: Int64, failure: HTTPFailure) {
        tell(start, at: startedAt, .failed(code: failure.code, detail: failure.detail), isTouched: false)
    }

    @discardableResult
    func tell(
        _ start: HTTPStart,
        at startedAt: Int64,
        _ result: HTTPEnding.Result,
        isTouched: Bool
    ) -> HTTPConnectionFate {
        hasCompleted = true
        return start.completion(
            HTTPEnding(result: result, isBodyTouched: isTouched, elapsed: .nanoseconds(now - startedAt))
        )
    }

    private func closeWhenDue() {
        guard !closing.isEmpty else { return }
        let isDone = activeCount == 0 && waiting.isEmpty
        guard isDone || closing.contains(where: { $0.deadline <= now }) else { return }
        endAll("the client was closed before the reply")
        for (_, closed) in closing { closed() }
        closing = []
    }

    private func endAll(_ detail: String) {
        let failure = HTTPFailure(code: "closed", detail: detail)
        for case let connection? in connections { fail(connection, failure) }
        while let (start, startedAt) = waiting.popFirst() { tell(start, at: startedAt, failure: failure) }
        guard hasCompleted else { return }
        hasCompleted = false
        onTurn()
    }
}

/// Requests that wait for a connection, in order; patient ones can be passed over.
struct HTTPQueue {
    private var patient = HTTPLine()
    private var others = HTTPLine()

    var isEmpty: Bool { patient.isEmpty && others.isEmpty }

    /// Of the one that has waited longest.
    var firstStartedAt: Int64? {
        guard let first = others.firstStartedAt else { return patient.firstStartedAt }
        return min(first, patient.firstStartedAt ?? first)
    }

    mutating func append(_ start: HTTPStart, at startedAt: Int64) {
        if start.isPatient { patient.append(start, at: startedAt) } else { others.append(start, at: startedAt) }
    }

    mutating func popFirst(mayBePatient: Bool = true) -> (start: HTTPStart, startedAt: Int64)? {
        guard mayBePatient, let first = patient.firstStartedAt else { return others.popFirst() }
        if let other = others.firstStartedAt, other <= first { return others.popFirst() }
        return patient.popFirst()
    }
}

/// Requests of one kind, in order.
private struct HTTPLine {
    private var starts: [(start: HTTPStart, startedAt: Int64)?] = []
    /// Those before it are taken.
    private var first = 0

    var isEmpty: Bool { first == starts.count }
    var firstStartedAt: Int64? { isEmpty ? nil : starts[first]?.startedAt }

    mutating func append(_ start: HTTPStart, at startedAt: Int64) {
        starts.append((start, startedAt))
    }

    mutating func popFirst() -> (start: HTTPStart, startedAt: Int64)? {
        guard !isEmpty else { return nil }
        let taken = starts[first]
        starts[first] = nil
        first += 1
        if isEmpty || first > 4096 {
            starts.removeFirst(first)
            first = 0
        }
        return taken
    }
}
