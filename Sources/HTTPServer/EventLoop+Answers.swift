import CLinux
import Glibc

/// Requests and answers.
extension EventLoop {
    func handle(_ events: UInt32, _ id: ConnectionID) {
        guard let connection = connection(id) else { return }
        if connection.interest == .ending || events & EPOLLERR.rawValue != 0 { return end(connection) }
        // What it has sent already comes before what it sends.
        guard !connection.isPutOff else { return }
        if connection.phase == .writing {
            sendMore(connection)
        } else {
            receive(connection, asksSocket: true)
        }
        if isOpen(connection) { advance(connection) }
    }

    /// Goes on with the connections that had more to be answered than their turn had time for.
    func goOn() {
        let ids = unfinished
        unfinished = []
        for id in ids {
            guard let connection = connection(id) else { continue }
            connection.isPutOff = false
            advance(connection)
        }
    }

    /// Whether there is more to look at.
    @discardableResult
    private func receive(_ connection: Connection, asksSocket: Bool) -> Bool {
        switch connection.receive(into: received, asksSocket: asksSocket) {
        case .bytes(let count):
            guard connection.phase == .reading else { return false }
            if !connection.parser.hasPart, connection.request > 0 { limit(connection, to: limits.requestTimeout) }
            connection.parser.append(UnsafeRawBufferPointer(rebasing: received[0..<count]))
            return true
        case .nothing: want(.reading, connection)
        case .needsWriting: want(.writing, connection)
        case .end: end(connection)
        }
        return false
    }

    /// Answers the requests that have arrived, one after the other, as many as one turn has time for.
    func advance(_ connection: Connection) {
        var count = 0
        while isOpen(connection), connection.phase == .reading {
            guard count < Self.requestsPerTurn else {
                connection.isPutOff = true
                unfinished.append(connection.id)
                return canMakeRoom()
            }
            switch connection.parser.next() {
            case .needsMore:
                // TLS may hold what epoll does not tell of.
                if connection.channel != nil, receive(connection, asksSocket: false) { continue }
                if isOpen(connection), connection.interest == .ending { want(.reading, connection) }
                if isOpen(connection), connection.isIdle, connection.request > 0 { canMakeRoom() }
                return
            case .expectsContinue:
                connection.output = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
                connection.sent = 0
                if connection.send() == .broken { return end(connection) }
                connection.output = []
            case .request(let request):
                count += 1
                limit(connection, to: nil)
                connection.request += 1
                connection.keepsAlive = request.keepsAlive && !isStopping
                connection.answersHead = request.method == "HEAD"
                ask(request, isHeld: false, on: connection.id)
            case .refused(let refusal):
                refuse(refusal, on: connection)
            }
        }
    }

    /// Asks the handler; the answer goes nowhere when the connection is gone.
    func ask(_ request: HTTPRequest, isHeld: Bool, on id: ConnectionID) {
        let number = connection(id)?.request ?? 0
        let turn = HTTPTurn(
            isHeld: isHeld,
            connectionsOpen: openCount,
            reply: HTTPReply(connection: id, request: number, mailbox: mailbox)
        )
        let answer = handler.answer(request, turn)
        guard let connection = connection(id) else { return }
        if case .hold(let duration) = answer?.fault {
            park(connection)
            hold(request, for: duration, on: id)
        } else if let answer {
            begin(answer, on: connection)
            if isHeld { advance(connection) }
        } else {
            park(connection)
        }
    }

    private func hold(_ request: HTTPRequest, for duration: Duration, on id: ConnectionID) {
        let wait = heldCount < Self.heldMax ? duration : .zero
        heldCount += 1
        timers.add(.read(request, id), at: monotonicNanoseconds() + wait.nanoseconds)
    }

    func refuse(_ refusal: HTTPRefusal, on connection: Connection) {
        let answer = HTTPAnswer(
            status: refusal.status,
            headers: [HTTPHeader(name: "Content-Type", value: "text/plain; charset=utf-8")],
            body: Array("\(refusal.reason)\n".utf8)
        )
        connection.keepsAlive = false
        connection.answersHead = false
        give(answer, on: connection)
    }

    /// Gives an answer, after its delay if it has one.
    func begin(_ answer: HTTPAnswer, on connection: Connection) {
        guard answer.delay > .zero else { return give(answer, on: connection) }
        connection.answer = answer
        park(connection)
        timers.add(.answer(connection.id), at: monotonicNanoseconds() + answer.delay.nanoseconds)
    }

    private func park(_ connection: Connection) {
        connection.phase = .waiting
        want(.ending, connection)
    }

    /// Gives an answer whose time has come, in the manner that its fault asks for.
    func give(_ answer: HTTPAnswer, on connection: Connection) {
        switch answer.fault {
        case .hang, .hold: return park(connection)
        case .reset: return end(connection, withReset: true)
        case .close: return end(connection)
        case .half, .slow, nil: break
        }
        if isStopping { connection.keepsAlive = false }
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
        limit(connection, to: limits.sendTimeout)
        sendMore(connection)
    }

    func sendMore(_ connection: Connection) {
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
        guard connection.keepsAlive else { return drain(connection) }
        limit(connection, to: connection.parser.hasPart ? limits.requestTimeout : limits.idleTimeout)
        if connection.interest != .reading { want(.reading, connection) }
    }

    /// Ends in order: bytes that nobody reads would turn the end into a reset, which can overtake the answer.
    private func drain(_ connection: Connection) {
        connection.finishSending()
        connection.phase = .draining
        want(.reading, connection)
        timers.add(.drained(connection.id), at: monotonicNanoseconds() + Self.drainNanosecondsMax)
    }
}
