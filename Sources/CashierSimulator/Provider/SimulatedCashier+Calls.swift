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
            return give(try session(order, document, account: account, call), to: call, account: account)
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
            ledger.spendScript(order)
            call.drawn = script.fault(configuration)
            return answerBeforeRules(call)
        }
    }

    /// Opens a session, or finds the one that the personality answers with.
    private mutating func session(
        _ order: Int,
        _ document: JSONTree,
        account: Int,
        _ call: Call
    ) throws(ProviderRefusal) -> SessionReply {
        let fault = call.isHeld ? "held" : call.drawn?.fault.name
        switch configuration.personality {
        case .notUnique where ledger.orders[order].sessions > 0:
            throw .notUnique
        case .idempotent where isLive(order, at: call.now):
            statistics.sessionsAgain += 1
            ledger.note(.again, order, at: call.now, fault: fault)
        case .fresh, .idempotent, .notUnique:
            ledger.accept(order, echo: SessionEcho(document), at: call.now, fault: fault)
            if document["variable3"]?.text == Script.prefix + Script.paid.rawValue {
                ledger.setStatus(.successful, order)
            }
        }
        var reply = reply(order, call, status: "created")
        reply.redirectURL = redirectURL(serial: ledger.orders[order].serial)
        reply.customer = document["customer_data"]
        return reply
    }

    /// What a look-up finds.
    private mutating func sight(of order: Int, _ call: Call) throws(ProviderRefusal) -> SessionReply {
        let fault = call.isHeld ? "held" : call.drawn?.fault.name
        switch configuration.lookups {
        case .disabled:
            ledger.note(.forbidden, order, at: call.now, fault: fault)
            throw .agentAPIDisabled
        case .enabled:
            guard ledger.orders[order].sessions > 0 else {
                ledger.note(.notFound, order, at: call.now, fault: fault)
                throw .transactionNotFound
            }
            ledger.note(.found, order, at: call.now, fault: fault)
            let status = ledger.orders[order].status ?? (isLive(order, at: call.now) ? .open : .expired)
            return reply(order, call, status: status.rawValue)
        }
    }

    private func isLive(_ order: Int, at now: Timestamp) -> Bool {
        guard ledger.orders[order].sessions > 0 else { return false }
        let opened = Timestamp(microseconds: ledger.orders[order].acceptedAt)
        return now < opened.advanced(by: configuration.sessionLifetime)
    }

    private func reply(_ order: Int, _ call: Call, status: String) -> SessionReply {
        let echo = ledger.echo(order)
        let account = Int(ledger.orders[order].account)
        let token = echo.customerToken.flatMap { $0.isEmpty ? nil : $0 }
        return SessionReply(
            orderID: ledger.id(order),
            echo: echo,
            token: ledger.token(serial: ledger.orders[order].serial),
            customerToken: token ?? ledger.customerToken(account: account, cid: echo.cid ?? ""),
            redirectURL: nil,
            status: status,
            timestamp: providerTime(call.now)
        )
    }

    func redirectURL(serial: UInt32) -> String {
        "\(configuration.redirectBase)/login/\(ledger.token(serial: serial))?v=1.3"
    }
}
