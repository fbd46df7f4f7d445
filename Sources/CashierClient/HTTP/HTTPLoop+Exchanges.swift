import CLinux
import Cryptography

/// Requests: begun, sent, answered, ended.
extension HTTPLoop {
    /// Begins requests while there is room, oldest first; patient ones while they leave the reserve.
    func beginWaiting() {
        while let startedAt = waiting.firstStartedAt, now - startedAt >= limits.waitMax.nanoseconds,
            let late = waiting.popFirst()
        {
            tell(late.start, at: startedAt, failure: Self.waitedTooLong)
        }
        let patientMax = limits.inFlightMax - limits.reserve
        while activeCount < limits.inFlightMax,
            let next = waiting.popFirst(mayBePatient: patientCount < patientMax)
        {
            begin(next)
        }
    }

    private static let waitedTooLong = HTTPFailure(
        code: "waited",
        detail: "waited too long for a connection, and was not sent"
    )

    private func begin(_ next: (start: HTTPStart, startedAt: Int64)) {
        begin(HTTPExchange(start: next.start, startedAt: next.startedAt, begunAt: now))
    }

    private func begin(_ exchange: HTTPExchange) {
        let pool = pool(for: exchange.start.request.target.origin)
        guard let connection = takeUsable(pool) else { return make(for: exchange, pool) }
        took(exchange.start)
        connection.exchange = exchange
        sendRequest(connection)
    }

    // MARK: Sending

    /// Begins to send on a connection that is ready for it.
    func sendRequest(_ connection: HTTPConnection) {
        guard let exchange = connection.exchange else { return }
        guard connection.prepare(exchange.start.request, limits: limits) else {
            return fail(connection, HTTPFailure(code: "setup", detail: "a header's value cannot be sent"))
        }
        // One that was idle has been looked at already.
        if connection.phase != .idle, !connection.isQuiet() {
            return fail(connection, firstWords(connection))
        }
        connection.phase = .busy
        connection.writeFailure = nil
        sendMore(connection)
    }

    /// What is wrong with a new connection on which something happens before the request.
    private func firstWords(_ connection: HTTPConnection) -> HTTPFailure {
        switch connection.receive(into: received) {
        case .done, .blocked: HTTPFailure(.early)
        case .ended: HTTPFailure(code: "eof", detail: "the server ended the connection before it was asked")
        case .failed(let failure): failure
        }
    }

    private func sendMore(_ connection: HTTPConnection) {
        guard let exchange = connection.exchange else { return }
        // A process that stood still handles the sockets that are ready before it looks at deadlines. What has just
        // left the queue is in time.
        if now > exchange.begunAt, !connection.isTouched, now >= unsentDeadline(exchange) { return expire(connection) }
        let step = connection.send()
        if connection.isTouched {
            let total = exchange.start.request.target.totalTimeout.nanoseconds
            set(exchange.begunAt + total, of: connection)
        } else {
            setUnsentDeadline(connection)
        }
        switch step {
        case .done where !exchange.start.request.isReplyWanted:
            fail(connection, HTTPFailure(code: HTTPRequest.hungUp, detail: "the reply was not waited for"))
        case .done, .blocked: return
        case .failed(let failure): failedToSend(connection, failure)
        case .ended: failedToSend(connection, HTTPFailure(code: "reset", detail: "the server ended the connection"))
        }
    }

    /// A server may refuse a request before it is whole, and hang up: its reply is read all the same. While nothing is
    /// out, and the connection was another request's before, the request takes another connection.
    private func failedToSend(_ connection: HTTPConnection, _ failure: HTTPFailure) {
        connection.writeFailure = failure
        if connection.isTouched { return receive(connection, mayEnd: true) }
        guard connection.wasUsed, let exchange = connection.exchange else { return fail(connection, failure) }
        connection.exchange = nil
        letGo(of: exchange.start)
        discard(connection)
        begin(exchange)
    }

    // MARK: Events

    func handle(_ events: UInt32, _ connection: HTTPConnection) {
        let isReadable =
            events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        switch connection.phase {
        case .preparing, .closed:
            return
        case .connecting:
            continueConnecting(connection)
        case .handshaking:
            continueHandshake(connection)
        case .busy:
            if connection.writeFailure == nil, !connection.isWholeSent { sendMore(connection) }
            guard connection.phase == .busy, connection.exchange != nil else { return }
            if isReadable { receive(connection, mayEnd: events & EPOLLRDHUP.rawValue != 0) }
        case .idle:
            guard isReadable, !connection.isQuiet() else { return }
            connection.pool.removeIdle(connection)
            discard(connection)
        }
    }

    /// Reads until there is nothing more, or the reply is whole. `mayEnd` says that the server has ended its side.
    private func receive(_ connection: HTTPConnection, mayEnd: Bool) {
        while true {
            switch connection.receive(into: received) {
            case .done(let count):
                guard connection.isTouched else { return fail(connection, HTTPFailure(.early)) }
                let bytes = UnsafeRawBufferPointer(rebasing: received[..<count])
                switch connection.parser.consume(bytes) {
                case .needsMore:
                    // A socket that gave less than was asked for is empty, unless its end is still to be read.
                    if count < received.count, !mayEnd, connection.tls == nil { return }
                case .complete(let used):
                    return answer(connection, isClean: used == count && !mayEnd && connection.isWholeSent)
                case .broken(let fault):
                    return fail(connection, HTTPFailure(fault))
                }
            case .blocked:
                return
            case .ended:
                if connection.parser.consumeEnd() { return answer(connection, isClean: false) }
                let failure = HTTPFailure(code: "eof", detail: "the connection ended before the reply did")
                return fail(connection, connection.writeFailure ?? failure)
            case .failed(let failure):
                return fail(connection, connection.writeFailure ?? failure)
            }
        }
    }

    private func answer(_ connection: HTTPConnection, isClean: Bool) {
        guard let exchange = connection.exchange else { return }
        let reply = connection.parser.reply
        let idleSeconds = connection.idleSeconds(limits)
        let isReusable =
            isClean && connection.parser.keepsConnection && now - connection.bornAt <= connectionAgeMax
            && idleSeconds > 0
        connection.release(limits)
        letGo(of: exchange.start)
        if isReusable, !connection.wasUsed, let tls = connection.tls {
            // The server's tickets come with its first bytes.
            connection.pool.session = TLSClientSession(of: tls) ?? connection.pool.session
        }
        // Read before the connection is idle: framing alone does not show that the reply is this request's.
        let fate = tell(exchange.start, at: exchange.startedAt, .reply(reply), isTouched: true)
        if isReusable, fate == .keep {
            connection.wasUsed = true
            connection.phase = .idle
            set(now + Int64(idleSeconds) * 1_000_000_000, of: connection)
            connection.pool.addIdle(connection)
        } else {
            discard(connection)
        }
    }

    // MARK: Ending

    /// When a request that has no byte out yet is given up.
    func unsentDeadline(_ exchange: HTTPExchange) -> Int64 {
        let target = exchange.start.request.target
        let patience = min(target.connectTimeout, target.totalTimeout).nanoseconds
        return min(exchange.begunAt + patience, exchange.startedAt + limits.waitMax.nanoseconds)
    }

    func setUnsentDeadline(_ connection: HTTPConnection) {
        guard let exchange = connection.exchange else { return }
        set(unsentDeadline(exchange), of: connection)
    }

    /// The connection's time is up.
    func expire(_ connection: HTTPConnection) {
        guard let exchange = connection.exchange else {
            connection.pool.removeIdle(connection)
            return discard(connection)
        }
        let lateness = HTTPFailure(code: "timeout", detail: Self.lateness(connection))
        let isConnecting = connection.phase == .connecting || connection.phase == .handshaking
        if isConnecting, now < unsentDeadline(exchange) { return connectNext(connection, lateness) }
        let isWaitOver = !connection.isTouched && now - exchange.startedAt >= limits.waitMax.nanoseconds
        // What had most of its time for the server tells of the server.
        let isQueues = isWaitOver && exchange.begunAt - exchange.startedAt >= now - exchange.begunAt
        fail(connection, connection.noteAddressFailure(isQueues ? Self.waitedTooLong : lateness))
    }

    private static func lateness(_ connection: HTTPConnection) -> String {
        switch connection.phase {
        case .preparing: "the server's name was not resolved in time"
        case .connecting: "the server did not accept the connection in time"
        case .handshaking: "the TLS handshake did not end in time"
        case .busy, .idle, .closed:
            connection.isTouched ? "the reply did not come in time" : "the request could not be sent in time"
        }
    }

    /// Ends the connection and the request that it carries, if any.
    func fail(_ connection: HTTPConnection, _ failure: HTTPFailure) {
        guard let exchange = connection.exchange else {
            connection.pool.removeIdle(connection)
            return discard(connection)
        }
        let isTouched = connection.isTouched
        connection.exchange = nil
        letGo(of: exchange.start)
        discard(connection)
        tell(
            exchange.start,
            at: exchange.startedAt,
            .failed(code: failure.code, detail: failure.detail),
            isTouched: isTouched
        )
    }
}

extension HTTPConnection {
    /// How long it may be idle: below what the server says, where it says something.
    fileprivate func idleSeconds(_ limits: HTTPLimits) -> Int {
        guard let seconds = parser.head.idleSeconds else { return limits.idleSecondsMax }
        return min(seconds - 1, limits.idleSecondsMax)
    }
}
