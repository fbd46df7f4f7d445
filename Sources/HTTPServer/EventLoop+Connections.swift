import CLinux
import Glibc

/// Connections: how they come, how long they may take, how they go.
extension EventLoop {
    var openCount: Int { connections.count - freeSlots.count }

    func connection(_ id: ConnectionID) -> Connection? {
        let slot = Int(id.slot)
        guard slot < connections.count, generations[slot] == id.generation else { return nil }
        return connections[slot]
    }

    func isOpen(_ connection: Connection) -> Bool {
        self.connection(connection.id) != nil
    }

    func acceptSome() {
        for _ in 0..<Self.newcomersMax {
            let spare = openCount < limits.connectionsMax ? nil : dispensable()
            guard openCount < limits.connectionsMax || spare != nil else { return pauseAccepting() }
            switch Socket.accept(listener) {
            case .nobody: return
            case .exhausted:
                guard let spare else { return pauseAccepting() }
                end(spare)
            case .connection(let descriptor):
                if let spare { end(spare) }
                admit(descriptor)
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
        let connection = Connection(
            descriptor: descriptor,
            id: id,
            channel: tls.flatMap { $0.accept() },
            limits: limits
        )
        connections[Int(slot)] = connection
        control(EPOLL_CTL_ADD, descriptor, EPOLLIN.rawValue, id.token)
        if tls != nil, connection.channel == nil { return end(connection) }
        limit(connection, to: limits.requestTimeout)
    }

    /// The listener stays readable while nobody is accepted, so it leaves the set until there is room, or may be.
    private func pauseAccepting() {
        isAccepting = false
        control(EPOLL_CTL_DEL, listener, 0, Self.listenerToken)
        guard !looksAgain else { return }
        looksAgain = true
        timers.add(.accept, at: monotonicNanoseconds() + Self.acceptRetryNanoseconds)
    }

    func resumeAccepting() {
        if openCount < limits.connectionsMax { lookForNewcomers() }
    }

    /// A full server looks for newcomers at once when a connection is idle or put off, which then makes room for one.
    func canMakeRoom() {
        if limits.idleTimeout != nil, openCount >= limits.connectionsMax { lookForNewcomers() }
    }

    func lookForNewcomers() {
        guard !isAccepting, !isStopping else { return }
        isAccepting = true
        control(EPOLL_CTL_ADD, listener, EPOLLIN.rawValue, Self.listenerToken)
    }

    /// Who makes room in a full server, where idle connections are bounded: the one that was served and has been silent
    /// for longest; if there is none, one that asks more than its turn has time for, or the one whose request has been
    /// on its way for longest, once it had time for a handshake. Nobody else whose request is there.
    private func dispensable() -> Connection? {
        guard limits.idleTimeout != nil else { return nil }
        let reading = connections.compactMap { $0 }.filter { $0.phase == .reading }
        let idle = reading.filter { $0.isIdle && $0.request > 0 }
        if let silent = idle.min(by: { $0.deadline < $1.deadline }) { return silent }
        if let greedy = reading.first(where: { $0.isPutOff }) { return greedy }
        guard let timeout = limits.requestTimeout, let slow = reading.min(by: { $0.deadline < $1.deadline }) else {
            return nil
        }
        let waited = monotonicNanoseconds() - (slow.deadline - timeout.nanoseconds)
        return waited >= Self.handshakeNanosecondsMax ? slow : nil
    }

    func end(_ connection: Connection, withReset: Bool = false) {
        if withReset {
            Socket.reset(connection.descriptor)
        } else {
            connection.close()
        }
        release(connection)
        resumeAccepting()
    }

    private func release(_ connection: Connection) {
        let slot = Int(connection.id.slot)
        connections[slot] = nil
        generations[slot] &+= 1
        freeSlots.append(connection.id.slot)
    }

    // MARK: Deadlines

    /// The connection is looked at after `duration`, unless its deadline is moved; nil takes the deadline away.
    func limit(_ connection: Connection, to duration: Duration?) {
        guard let duration else {
            connection.deadline = .max
            return
        }
        connection.deadline = monotonicNanoseconds() + duration.nanoseconds
        arm(connection)
    }

    /// One timer a connection: a deadline that moves away leaves it where it is, and it looks again when it fires.
    private func arm(_ connection: Connection) {
        guard connection.deadline < connection.timerAt else { return }
        connection.timerAt = connection.deadline
        timers.add(.deadline(connection.id), at: connection.deadline)
    }

    func checkDeadline(of connection: Connection, now: Int64) {
        // An older, later timer of the same connection.
        guard now >= connection.timerAt else { return }
        connection.timerAt = .max
        guard now >= connection.deadline else {
            if connection.deadline != .max { arm(connection) }
            return
        }
        connection.deadline = .max
        switch connection.phase {
        case .reading where connection.parser.hasPart:
            refuse(HTTPRefusal(status: 408, reason: "the request took too long to arrive"), on: connection)
        case .reading, .draining: end(connection)
        case .writing: end(connection, withReset: true)
        case .waiting: break
        }
    }
}
