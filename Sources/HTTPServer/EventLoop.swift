import CLinux
import Cryptography
import Glibc

/// The server's thread: waits for sockets and timers and does what they ask for. Decides nothing about answers.
final class EventLoop {
    enum Timer {
        /// The delay of the connection's answer has passed.
        case answer(ConnectionID)
        /// The next piece of a slow answer is due.
        case trickle(ConnectionID)
        /// The client had its time to hang up after the last answer.
        case drained(ConnectionID)
        /// The connection's deadline may have passed; it may also have moved.
        case deadline(ConnectionID)
        /// There may be descriptors again, or somebody who makes room.
        case accept
        /// A held request is read now, whether or not its connection is still there.
        case read(HTTPRequest, ConnectionID)
        /// The server had its time to answer what was asked before it was stopped.
        case stop
    }

    static let listenerToken = UInt64.max
    private static let wakeToken = UInt64.max - 1
    /// Requests of clients that went away may be held too, so connections do not bound them; more are read at once.
    static let heldMax = 10_000
    static let drainNanosecondsMax: Int64 = 1_000_000_000
    static let acceptRetryNanoseconds: Int64 = 100_000_000
    /// What a newcomer has for its request, also in a full server: a handshake with the other end of the world.
    static let handshakeNanosecondsMax: Int64 = 1_000_000_000
    /// How many newcomers come in before the others have their turn.
    static let newcomersMax = 64
    /// How many requests of one connection are answered before the others have their turn.
    static let requestsPerTurn = 16

    let epoll: Int32
    let listener: Int32
    let mailbox: LoopMailbox
    let limits: HTTPLimits
    let tls: TLSServerContext?
    let handler: any HTTPHandler
    var connections: [Connection?] = []
    var generations: [UInt32] = []
    var freeSlots: [UInt32] = []
    var timers = TimerHeap<Timer>()
    /// Those that are put off.
    var unfinished: [ConnectionID] = []
    var heldCount = 0
    var isAccepting = true
    /// Whether a timer will look for newcomers.
    var looksAgain = false
    /// Set once the server was told to stop when all is answered.
    var isStopping = false
    private var isOver = false
    let received = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

    init(
        epoll: Int32,
        listener: Int32,
        mailbox: LoopMailbox,
        limits: HTTPLimits,
        tls: TLSServerContext?,
        handler: any HTTPHandler
    ) {
        self.epoll = epoll
        self.listener = listener
        self.mailbox = mailbox
        self.limits = limits
        self.tls = tls
        self.handler = handler
    }

    deinit {
        received.deallocate()
    }

    /// Returns when it was told to stop, with every connection and the listener closed.
    func run() {
        control(EPOLL_CTL_ADD, listener, EPOLLIN.rawValue, Self.listenerToken)
        control(EPOLL_CTL_ADD, mailbox.wake, EPOLLIN.rawValue, Self.wakeToken)
        var events = [epoll_event](repeating: epoll_event(), count: 512)
        while true {
            let patience = unfinished.isEmpty ? waitMilliseconds() : 0
            let count = epoll_wait(epoll, &events, Int32(events.count), patience)
            var hasNewcomers = false
            for index in 0..<max(0, Int(count)) {
                let token = events[index].data.u64
                switch token {
                case Self.wakeToken: for command in mailbox.takeAll() { obey(command) }
                case Self.listenerToken: hasNewcomers = true
                default: handle(events[index].events, ConnectionID(token: token))
                }
            }
            // Last, so that nobody makes room whose request has just come.
            if hasNewcomers, !isStopping { acceptSome() }
            if !isOver { fireTimers() }
            if !isOver { goOn() }
            if isOver || (isStopping && openCount == 0) { break }
        }
        for case let connection? in connections { connection.close() }
        if !isStopping { close(listener) }
        close(epoll)
    }

    private func obey(_ command: LoopMailbox.Command) {
        switch command {
        case .answer(let answer, let id, let request):
            guard let connection = self.connection(id), connection.phase == .waiting, connection.request == request
            else { return }
            begin(answer, on: connection)
            advance(connection)
        case .stop(nil):
            isOver = true
        case .stop(let moment?):
            guard !isStopping else { return }
            isStopping = true
            if isAccepting { control(EPOLL_CTL_DEL, listener, 0, Self.listenerToken) }
            close(listener)
            timers.add(.stop, at: moment)
            for case let connection? in connections where connection.isIdle { end(connection) }
        }
    }

    // MARK: Waiting

    private func waitMilliseconds() -> Int32 {
        guard let next = timers.nextAt else { return -1 }
        let nanoseconds = max(0, next - monotonicNanoseconds())
        return Int32(clamping: (nanoseconds + 999_999) / 1_000_000)
    }

    private func fireTimers() {
        let now = monotonicNanoseconds()
        while let timer = timers.takeDue(now: now) {
            switch timer {
            case .answer(let id):
                guard let connection = self.connection(id), let answer = connection.answer else { continue }
                connection.answer = nil
                give(answer, on: connection)
                advance(connection)
            case .trickle(let id):
                guard let connection = self.connection(id), connection.trickle != nil else { continue }
                sendMore(connection)
                advance(connection)
            case .drained(let id):
                if let connection = self.connection(id) { end(connection) }
            case .deadline(let id):
                if let connection = self.connection(id) { checkDeadline(of: connection, now: now) }
            case .accept:
                looksAgain = false
                lookForNewcomers()
            case .read(let request, let id):
                heldCount -= 1
                ask(request, isHeld: true, on: id)
            case .stop:
                isOver = true
            }
        }
    }

    func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32, _ token: UInt64) {
        var event = epoll_event()
        event.events = events
        event.data.u64 = token
        epoll_ctl(epoll, operation, descriptor, &event)
    }

    func want(_ interest: Connection.Interest, _ connection: Connection) {
        guard connection.interest != interest else { return }
        connection.interest = interest
        let events: UInt32 =
            switch interest {
            case .reading: EPOLLIN.rawValue
            case .writing: EPOLLOUT.rawValue
            case .ending: EPOLLRDHUP.rawValue
            }
        control(EPOLL_CTL_MOD, connection.descriptor, events, connection.id.token)
    }
}

extension Duration {
    /// Whole nanoseconds; durations here are hours at most.
    package var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
