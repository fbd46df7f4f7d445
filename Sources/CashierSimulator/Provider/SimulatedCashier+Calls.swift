import HTTPServer
import SessionCore

extension SimulatedCashier {
    /// `POST …/cashier/virtual-terminal`: opens a session.
    mutating func open(_ request: HTTPRequest, now: Timestamp, isHeld: Bool) -> HTTPAnswer {
        var call = call(request, .open, now: now, isHeld: isHeld)
        if let early = answerBeforeRules(call) { return early }
        do throws(ProviderRefusal) {
            let account = try check(.open, call)
            guard let document = call.document, let order = call.order else { throw .memoryFull }
            let script = try isHeld ? nil : Script.requested(by: document)
            if let script, let early = try apply(script, to: &call, order) { return early }
            var reply = try session(order, document, call)
            // Both copies of a request that came twice are obeyed; the client gets the answer to the second.
            if call.drawn?.fault == .twice { reply = try session(order, document, call) }
            return give(reply, to: call, account: account)
        } catch {
            return give(error, to: call)
        }
    }

    /// `POST …/agent/find-order`: says what became of an order.
    mutating func lookUp(_ request: HTTPRequest, now: Timestamp, isHeld: Bool) -> HTTPAnswer {
        let call = call(request, .lookup, now: now, isHeld: isHeld)
        if let early = answerBeforeRules(call) { return early }
        do throws(ProviderRefusal) {
            let account = try check(.lookup, call)
            guard let order = call.order else { throw .memoryFull }
            return give(try sight(of: order, call), to: call, account: account)
        } catch {
            return give(error, to: call)
        }
    }

    /// An endpoint of an earlier API: its accounts count as closed (migration/migrations_from_earlier_api).
    mutating func refuseObsolete(_ now: Timestamp) -> HTTPAnswer {
        let call = Call(request: HTTPRequest(method: "POST", target: "/"), document: nil, now: now, isHeld: false)
        return give(.unknownAccount, to: call)
    }

    // MARK: Steps

    /// The answer to a call that a fault keeps from the provider's rules, for now or for good.
    private mutating func answerBeforeRules(_ call: Call) -> HTTPAnswer? {
        guard let drawn = call.drawn else { return nil }
        if case .held = drawn.fault { return hold(drawn.fault) }
        return drawn.isOpened ? nil : answer(insteadOf: call, drawn.fault)
    }

    private func check(_ kind: RequestCheck.Kind, _ call: Call) throws(ProviderRefusal) -> Int {
        let check = RequestCheck(configuration: configuration, now: providerTime(call.now))
        return try check.check(kind, call.request, call.document)
    }

    /// Does what the order's script says of this call; the answer if that ends it.
    private mutating func apply(
        _ script: Script,
        to call: inout Call,
        _ order: Int
    ) throws(ProviderRefusal) -> HTTPAnswer? {
        switch script {
        case .decline: throw .invalid("the order's script declines it")
        case .configFault: throw .unknownAccount
        case .paid: return nil
        case .unavailableOnce, .maintenanceOnce, .internalOnce, .resetBeforeOnce, .resetOnce, .hangOnce, .lateOnce,
            .heldOnce, .badSignatureOnce, .wrongEchoOnce:
            guard !ledger.orders[order].isScriptSpent else { return nil }
            change(.scriptSpent(order: order))
            call.drawn = script.fault(configuration)
            return answerBeforeRules(call)
        }
    }

    /// Opens a session, or finds the one that the personality answers with.
    private mutating func session(
        _ order: Int,
        _ document: JSONTree,
        _ call: Call
    ) throws(ProviderRefusal) -> SessionReply {
        let fault = call.isHeld ? "held" : call.drawn?.fault.name
        switch configuration.personality.duplicates {
        case .notUnique where ledger.orders[order].sessions > 0:
            throw .notUnique
        case .idempotent where isLive(order, at: call.now):
            change(.totalled(.sessionsAgain, by: 1))
            change(.noted(.again, order: order, at: call.now, fault: fault))
        case .fresh, .idempotent, .notUnique:
            let echo = SessionEcho(document)
            change(.accepted(order: order, echo, CallbackURLs(document), at: call.now, fault: fault))
            if document["variable3"]?.text == Script.prefix + Script.paid.rawValue {
                change(.status(order: order, .successful))
            }
            if configuration.personality.expiryNotices == .on { queueExpiryNotice(order, now: call.now) }
        }
        var reply = SessionReply(
            kind: .opened,
            objects: objects(of: order, status: "created"),
            timestamp: providerTime(call.now)
        )
        reply.redirectURL = redirectURL(serial: ledger.orders[order].serial)
        reply.objects.customer = document["customer_data"]
        return reply
    }

    /// What a look-up finds.
    private mutating func sight(of order: Int, _ call: Call) throws(ProviderRefusal) -> SessionReply {
        let fault = call.isHeld ? "held" : call.drawn?.fault.name
        let personality = configuration.personality
        switch personality.lookups {
        case .disabled:
            change(.noted(.forbidden, order: order, at: call.now, fault: fault))
            throw .agentAPIDisabled
        case .enabled:
            let status = sessionStatus(order, at: call.now)
            let transaction = transaction(order, status)
            let isUntried = personality.untried == .notFound && transaction == nil
            guard isVisible(order, at: call.now), !isUntried else {
                change(.noted(.notFound, order: order, at: call.now, fault: fault))
                throw .transactionNotFound
            }
            change(.noted(.found, order: order, at: call.now, fault: fault))
            var reply = SessionReply(
                kind: .found(transaction),
                objects: objects(of: order, status: status.rawValue),
                timestamp: providerTime(call.now)
            )
            if personality.lookupURL == .shown { reply.shownURL = redirectURL(serial: ledger.orders[order].serial) }
            return reply
        }
    }

    // MARK: Sessions

    /// What the order's latest session is at a moment.
    func sessionStatus(_ order: Int, at now: Timestamp) -> SessionStatus {
        if let status = ledger.orders[order].status { return status }
        return isWithinLifetime(order, at: now) ? .open : .expired
    }

    /// The attempt to pay that a look-up tells: the latest that was not rejected, or once the session is over the
    /// latest (API 1.3, agent_api/find_order).
    private func transaction(_ order: Int, _ status: SessionStatus) -> ProviderTransaction? {
        if let known = transactions[order], !known.isEmpty {
            return known.last { $0.status != "rejected" } ?? (status == .expired ? known.last : nil)
        }
        // A status that was set by hand or by a script comes without an attempt of its own.
        let outcome: String? =
            switch status {
            case .successful: "approved"
            case .failed: "rejected"
            case .actionRequired: "pending"
            case .open, .expired: nil
            }
        let echo = ledger.orders[order].echoOffset < 0 ? SessionEcho() : ledger.echo(order)
        return outcome.map {
            let tid = Int64(CallbackList.firstTID) + Int64(order)
            return ProviderTransaction(tid: tid, status: $0, currency: echo.currency, amount: echo.amount)
        }
    }

    /// Whether the order has a session that look-ups can see by now.
    private func isVisible(_ order: Int, at now: Timestamp) -> Bool {
        guard ledger.orders[order].sessions > 0 else { return false }
        let opened = Timestamp(microseconds: ledger.orders[order].acceptedAt)
        return now >= opened.advanced(by: configuration.personality.lookupDelay)
    }

    /// Whether the order has a session with which a customer can pay.
    private func isLive(_ order: Int, at now: Timestamp) -> Bool {
        switch ledger.orders[order].status {
        case .successful, .failed, .expired: false
        case .open, .actionRequired, nil: isWithinLifetime(order, at: now)
        }
    }

    private func isWithinLifetime(_ order: Int, at now: Timestamp) -> Bool {
        guard ledger.orders[order].sessions > 0 else { return false }
        let opened = Timestamp(microseconds: ledger.orders[order].acceptedAt)
        return now < opened.advanced(by: configuration.personality.sessionLifetime)
    }

    /// The objects of the order's latest session.
    func objects(of order: Int, status: String) -> SessionObjects {
        let echo = ledger.echo(order)
        let account = Int(ledger.orders[order].account)
        let token = echo.customerToken.flatMap { $0.isEmpty ? nil : $0 }
        return SessionObjects(
            orderID: ledger.id(order),
            echo: echo,
            token: ledger.token(serial: ledger.orders[order].serial),
            customerToken: token ?? OrderLedger.customerToken(account: account, cid: echo.cid ?? ""),
            status: status,
            personality: configuration.personality
        )
    }

    func redirectURL(serial: UInt32) -> String {
        "\(configuration.redirectBase)/login/\(ledger.token(serial: serial))?v=1.3"
    }
}
