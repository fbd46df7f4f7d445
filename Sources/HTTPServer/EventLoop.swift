import CLinux
import Glibc

/// The server's thread: waits for sockets and timers and does what they ask for. Decides nothing about answers.
final class EventLoop {
    private enum Timer {
        /// The delay of the connection's answer has passed.
        case answer(ConnectionID)
        /// The next piece of a slow answer is due.
        case trickle(ConnectionID)
        /// The client had its time to hang up after the last answer.
        case drained(ConnectionID)
        /// There may be descriptors again.
        case accept
        /// A held request is read now, whether or not its connection is still there.
        case read(HTTPRequest, ConnectionID)
    }

    private static let listenerToken = UInt64.max
    private static let wakeToken = UInt64.max - 1
    /// Requests of clients that went away may be held too, so connections do not bound them; more are read at once.
    private static let heldMax = 10_000
    private static let drainNanosecondsMax: Int64 = 1_000_000_000
    private static let acceptRetryNanoseconds: Int64 = 100_000_000

    private let epoll: Int32
    private let listener: Int32
    private let wake: Int32
    private let connectionsMax: Int
    private let handler: any HTTPHandler
    private var connections: [Connection?] = []
    private var generations: [UInt32] = []
    private var freeSlots: [UInt32] = []
    private var timers = TimerHeap<Timer>()
    private var heldCount = 0
    private var isAccepting = true
    private let received = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

    init(epoll: Int32, listener: Int32, wake: Int32, connectionsMax: Int, handler: any HTTPHandler) {
        self.epoll = epoll
        self.listener = listener
        self.wake = wake
        self.connectionsMax = connectionsMax
        self.handler = handler
    }

    deinit {
        received.deallocate()
    }

    /// Returns when `wake` is written to, with every connection and the listener closed.
    func run() {
        control(EPOLL_CTL_ADD, listener, EPOLLIN.rawValue, Self.listenerToken)
        control(EPOLL_CTL_ADD, wake, EPOLLIN.rawValue, Self.wakeToken)
        var events = [epoll_event](repeating: epoll_event(), count: 512)
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), waitMilliseconds())
            var isStopping = false
            for index in 0..<max(0, Int(count)) {
                let token = events[index].data.u64
                switch token {
                case Self.wakeToken: isStopping = true
                case Self.listenerToken: acceptAll()
                default: handle(events[index].events, ConnectionID(token: token))
                }
            }
            if isStopping { break }
            fireTimers()
        }
        for case let connection? in connections { close(connection.descriptor) }
        close(listener)
        close(epoll)
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
            case .accept:
                resumeAccepting()
            case .read(let request, let id):
                heldCount -= 1
                let answer = handler.answer(request, isHeld: true, connectionsOpen: openCount)
                guard let connection = self.connection(id) else { continue }
                begin(answer, to: request, on: connection)
                advance(connection)
            }
        }
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32, _ token: UInt64) {
        var event = epoll_event()
        event.events = events
        event.data.u64 = token
        epoll_ctl(epoll, operation, descriptor, &event)
    }

    private func want(_ interest: Connection.Interest, _ connection: Connection) {
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

    // MARK: Connections

    private var openCount: Int { connections.count - freeSlots.count }

    private func connection(_ id: ConnectionID) -> Connection? {
        let slot = Int(id.slot)
        guard slot < connections.count, generations[slot] == id.generation else { return nil }
        return connections[slot]
    }

    private func acceptAll() {
        while true {
            guard openCount < connectionsMax else { return pauseAccepting() }
            switch Socket.accept(listener) {
            case .nobody: return
            case .exhausted:
                timers.add(.accept, at: monotonicNanoseconds() + Self.acceptRetryNanoseconds)
                return pauseAccepting()
            case .connection(let descriptor): admit(descriptor)
            }
        }
    }

    private func admit(_ descriptor: Int32) {
        let slot: UInt32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = UInt32(connections.count)
            connections.append(nil)
            generations.append(0)
        }
        let id = ConnectionID(slot: slot, generation: generations[Int(slot)])
        connections[Int(slot)] = Connection(descriptor: descriptor, id: id)
        control(EPOLL_CTL_ADD, descriptor, EPOLLIN.rawValue, id.token)
    }

    /// The listener stays readable while nobody is accepted, so it leaves the set until there is room.
    private func pauseAccepting() {
        isAccepting = false
        control(EPOLL_CTL_DEL, listener, 0, Self.listenerToken)
    }

    private func resumeAccepting() {
        guard !isAccepting, openCount < connectionsMax else { return }
        isAccepting = true
        control(EPOLL_CTL_ADD, listener, EPOLLIN.rawValue, Self.listenerToken)
    }

    private func end(_ connection: Connection, withReset: Bool = false) {
        if withReset {
            Socket.reset(connection.descriptor)
        } else {
            close(connection.descriptor)
        }
        let slot = Int(connection.id.slot)
        connections[slot] = nil
        generations[slot] &+= 1
        freeSlots.append(connection.id.slot)
        resumeAccepting()
    }

    private func isOpen(_ connection: Connection) -> Bool {
        self.connection(connection.id) != nil
    }

    // MARK: Requests and answers

    private func handle(_ events: UInt32, _ id: ConnectionID) {
        guard let connection = connection(id) else { return }
        if connection.interest == .ending || events & EPOLLERR.rawValue != 0 { return end(connection) }
        if connection.phase == .writing {
            sendMore(connection)
        } else {
            receive(connection)
        }
        if isOpen(connection) { advance(connection) }
    }

    private func receive(_ connection: Connection) {
        let count = recv(connection.descriptor, received.baseAddress, received.count, 0)
        let failure = errno
        if count > 0 {
            guard connection.phase == .reading else { return }
            connection.parser.append(UnsafeRawBufferPointer(rebasing: received[0..<count]))
        } else if count == 0 || (failure != EAGAIN && failure != EINTR) {
            end(connection)
        }
    }

    /// Answers the requests that have arrived, one after the other.
    private func advance(_ connection: Connection) {
        while isOpen(connection), connection.phase == .reading {
            switch connection.parser.next() {
            case .needsMore:
                return want(.reading, connection)
            case .expectsContinue:
                connection.output = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
                connection.sent = 0
                if connection.send() == .broken { return end(connection) }
                connection.output = []
            case .request(let request):
                let answer = handler.answer(request, isHeld: false, connectionsOpen: openCount)
                begin(answer, to: request, on: connection)
            case .refused(let refusal):
                let answer = HTTPAnswer(
                    status: refusal.status,
                    headers: [HTTPHeader(name: "Content-Type", value: "text/plain; charset=utf-8")],
                    body: Array("\(refusal.reason)\n".utf8)
                )
                connection.keepsAlive = false
                connection.answersHead = false
                give(answer, on: connection)
            }
        }
    }

    private func begin(_ answer: HTTPAnswer, to request: HTTPRequest, on connection: Connection) {
        connection.keepsAlive = request.keepsAlive
        connection.answersHead = request.method == "HEAD"
        let now = monotonicNanoseconds()
        if case .hold(let duration) = answer.fault {
            let wait = heldCount < Self.heldMax ? duration : .zero
            heldCount += 1
            park(connection)
            return timers.add(.read(request, connection.id), at: now + wait.nanoseconds)
        }
        guard answer.delay > .zero else { return give(answer, on: connection) }
        connection.answer = answer
        park(connection)
        timers.add(.answer(connection.id), at: now + answer.delay.nanoseconds)
    }

    private func park(_ connection: Connection) {
        connection.phase = .waiting
        want(.ending, connection)
    }

    /// Gives an answer whose time has come, in the manner that its fault asks for.
    private func give(_ answer: HTTPAnswer, on connection: Connection) {
        switch answer.fault {
        case .hang, .hold: return park(connection)
        case .reset: return end(connection, withReset: true)
        case .close: return end(connection)
        case .half, .slow, nil: break
        }
        connection.output = answer.rendered(keepsAlive: connection.keepsAlive, withoutBody: connection.answersHead)
        connection.sent = 0
        connection.rest = connection.answersHead ? nil : answer.rest
        connection.trickle = nil
        if answer.fault == .half {
            connection.keepsAlive = false
            connection.output.removeLast(connection.output.count - connection.output.count / 2)
        }
        if case .slow(let duration) = answer.fault {
            let pieces = min(40, connection.output.count)
            let bytes = (connection.output.count + pieces - 1) / pieces
            connection.trickle = (bytes, duration.nanoseconds / Int64(pieces))
        }
        connection.phase = .writing
        sendMore(connection)
    }

    private func sendMore(_ connection: Connection) {
        while true {
            switch connection.send(limit: connection.trickle?.bytes ?? .max) {
            case .broken:
                return end(connection)
            case .blocked:
                guard let trickle = connection.trickle else { return want(.writing, connection) }
                want(.ending, connection)
                return timers.add(.trickle(connection.id), at: monotonicNanoseconds() + trickle.every)
            case .all:
                guard var rest = connection.rest else { return answered(connection) }
                let piece = handler.nextPiece(of: &rest)
                connection.rest = piece.isEmpty ? nil : rest
                connection.output.removeAll(keepingCapacity: true)
                connection.sent = 0
                HTTPAnswer.appendChunk(piece, to: &connection.output)
                if piece.isEmpty { connection.output += "0\r\n\r\n".utf8 }
            }
        }
    }

    private func answered(_ connection: Connection) {
        connection.output.removeAll(keepingCapacity: true)
        connection.sent = 0
        connection.trickle = nil
        connection.phase = .reading
        if !connection.keepsAlive { drain(connection) }
    }

    /// Ends in order: bytes that nobody reads would turn the end into a reset, which can overtake the answer.
    private func drain(_ connection: Connection) {
        shutdown(connection.descriptor, Int32(SHUT_WR))
        connection.phase = .draining
        want(.reading, connection)
        timers.add(.drained(connection.id), at: monotonicNanoseconds() + Self.drainNanosecondsMax)
    }
}

extension Duration {
    /// Whole nanoseconds; durations here are hours at most.
    package var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
