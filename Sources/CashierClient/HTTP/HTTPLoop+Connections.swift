import BlockingThreads
import CLinux
import Glibc

/// Connections: made, used again, closed.
extension HTTPLoop {
    func connection(_ token: UInt64) -> HTTPConnection? {
        let slot = Int(token & 0xFFFF_FFFF)
        guard token != Self.wakeToken, slot < connections.count, let connection = connections[slot],
            connection.token == token
        else { return nil }
        return connection
    }

    func pool(for origin: HTTPOrigin) -> HTTPPool {
        // There are few: accounts share the provider.
        for pool in pools where pool.origin.fingerprint == origin.fingerprint && pool.origin == origin { return pool }
        pools.removeAll { pool in !connections.contains { $0?.pool === pool } }
        let pool = HTTPPool(id: poolCount, origin: origin)
        poolCount += 1
        pools.append(pool)
        return pool
    }

    /// An idle connection that is still good; those that are not are closed.
    func takeUsable(_ pool: HTTPPool) -> HTTPConnection? {
        while let connection = pool.takeIdle() {
            if now - connection.bornAt <= connectionAgeMax, connection.isQuiet() { return connection }
            discard(connection)
        }
        return nil
    }

    /// A new connection for a request, in a free slot.
    func make(for exchange: HTTPExchange, _ pool: HTTPPool) {
        if connections.count - freeSlots.count >= limits.inFlightMax { discardOldestIdle() }
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = connections.count
            connections.append(nil)
            generations.append(0)
        }
        let connection = HTTPConnection(
            pool: pool,
            slot: slot,
            generation: generations[slot],
            now: now,
            limits: limits
        )
        connections[slot] = connection
        connection.exchange = exchange
        took(exchange.start)
        setUnsentDeadline(connection)
        prepareOrConnect(connection)
    }

    // MARK: Preparing

    private func prepareOrConnect(_ connection: HTTPConnection) {
        let pool = connection.pool
        if pool.preparation(now: now, ageMax: connectionAgeMax) == nil,
            let preparation = HTTPPreparation.makeAtOnce(for: pool.origin)
        {
            pool.readiness = .ready(preparation, at: now)
        }
        if let preparation = pool.preparation(now: now, ageMax: connectionAgeMax) {
            return beginConnecting(connection, preparation)
        }
        pool.preparing.append(connection)
        if case .pending = pool.readiness { return }
        pool.readiness = .pending
        let origin = pool.origin
        let id = pool.id
        // A thread for each look-up: a resolver that hangs delays nobody else. It ends by itself.
        _ = NamedThread("cashier-names") { [inbox, prepare] in
            inbox.send(.prepared(pool: id, prepare(origin)))
        }
    }

    func take(_ result: Result<HTTPPreparation, HTTPFailure>, for id: Int) {
        guard let pool = pools.first(where: { $0.id == id }) else { return }
        let preparing = pool.preparing
        pool.preparing = []
        switch result {
        case .success(let preparation):
            pool.readiness = .ready(preparation, at: now)
            // What was trusted before may not be any more.
            pool.session = nil
            for connection in preparing { beginConnecting(connection, preparation) }
        case .failure(let failure):
            pool.readiness = .unknown
            for connection in preparing { fail(connection, failure) }
        }
    }

    // MARK: Connecting

    private func beginConnecting(_ connection: HTTPConnection, _ preparation: HTTPPreparation) {
        connection.preparation = preparation
        connection.firstAddress = connection.pool.firstAddress
        connectNext(connection, HTTPFailure(code: "dns", detail: "the name has no address"))
    }

    /// Tries the next address; each gets its share of the time that is left, for TCP and TLS together. `failure` is
    /// that of the one before.
    func connectNext(_ connection: HTTPConnection, _ failure: HTTPFailure) {
        guard let addresses = connection.preparation?.addresses, let exchange = connection.exchange else { return }
        connection.dropSocket()
        var told = connection.noteAddressFailure(failure)
        while connection.addressesTried < addresses.count {
            let index = (connection.firstAddress + connection.addressesTried) % addresses.count
            let share = (unsentDeadline(exchange) - now) / Int64(addresses.count - connection.addressesTried)
            switch connection.connect(to: addresses[index], now: now) {
            case .done, .blocked, .ended:
                connection.addressesTried += 1
                watch(
                    connection.descriptor,
                    EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue,
                    connection.token
                )
                return set(now + share, of: connection)
            case .failed(let fault):
                connection.dropSocket()
                if fault.code == "no_descriptors", discardOldestIdle() { continue }
                connection.addressesTried += 1
                told = connection.noteAddressFailure(fault)
            }
        }
        // The addresses may have changed.
        connection.pool.readiness = .unknown
        fail(connection, told)
    }

    func continueConnecting(_ connection: HTTPConnection) {
        switch connection.connected() {
        case .blocked:
            return
        case .failed(let failure):
            connectNext(connection, failure)
        case .done, .ended:
            guard let preparation = connection.preparation else { return }
            guard let context = preparation.context else { return useAddress(connection, of: preparation) }
            guard connection.beginTLS(context) else {
                return fail(connection, HTTPFailure(code: "memory", detail: "OpenSSL has no memory"))
            }
            continueHandshake(connection)
        }
    }

    func continueHandshake(_ connection: HTTPConnection) {
        switch connection.handshake() {
        case .done:
            guard let preparation = connection.preparation else { return }
            useAddress(connection, of: preparation)
        case .blocked:
            return
        case .ended:
            connectNext(connection, .handshakeEnded)
        case .failed(let failure):
            // A session that the server does not like must not be tried again.
            connection.pool.session = nil
            connectNext(connection, failure)
        }
    }

    /// The address works, TLS included: what is connected later begins with it.
    private func useAddress(_ connection: HTTPConnection, of preparation: HTTPPreparation) {
        let last = connection.firstAddress + connection.addressesTried - 1
        connection.pool.firstAddress = last % preparation.addresses.count
        connection.addressFailure = nil
        setUnsentDeadline(connection)
        sendRequest(connection)
    }

    // MARK: Closing

    /// Closes a connection that carries no request.
    func discard(_ connection: HTTPConnection) {
        if connection.phase == .preparing { connection.pool.preparing.removeAll { $0 === connection } }
        connection.close()
        connections[connection.slot] = nil
        generations[connection.slot] &+= 1
        freeSlots.append(connection.slot)
    }

    /// Closes the connection of any origin that has been idle for the longest, to make room; false when there is none.
    @discardableResult
    private func discardOldestIdle() -> Bool {
        let oldest = pools.compactMap(\.idle.first).min { $0.deadline < $1.deadline }
        guard let connection = oldest?.pool.takeOldestIdle() else { return false }
        discard(connection)
        return true
    }

    var connectionAgeMax: Int64 { Int64(limits.connectionSecondsMax) * 1_000_000_000 }
}
