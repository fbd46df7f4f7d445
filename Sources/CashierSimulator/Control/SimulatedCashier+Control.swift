import HTTPServer
import SessionCore

/// The simulator's own endpoints: what happened, and what shall happen.
extension SimulatedCashier {
    /// More orders than these are not listed in `GET /stats`; `GET /accepts` has them all.
    static let ordersListedMax = 1000
    private static let pieceBytes = 64 * 1024

    mutating func answer(_ control: Endpoint.Control, _ request: HTTPRequest) -> HTTPAnswer {
        switch (control, request.method) {
        case (.stats, "GET"), (.stats, "HEAD"):
            return request.parameter("order").map(orderStats) ?? allStats()
        case (.accepts, "GET"), (.accepts, "HEAD"):
            return accepts(request)
        case (.faults, "GET"):
            return Self.json(faultText())
        case (.faults, "POST"):
            return setFaults(request)
        case (.sessions, "POST"):
            return setStatus(request)
        case (.personality, "GET"):
            return Self.json(personalityText())
        case (.personality, "POST"):
            return setPersonality(request)
        case (.callbacks, "GET"):
            return listCallbacks(request)
        case (.callbacks, "POST"):
            return postCallbacks(request)
        case (.clock, "POST"):
            return setClock(request)
        case (.reset, "POST"):
            reset()
            return Self.json(Array("{\"reset\":true}\n".utf8))
        case (.stats, _), (.accepts, _): return Self.notAllowed("GET")
        case (.faults, _), (.personality, _), (.callbacks, _): return Self.notAllowed("GET, POST")
        case (.sessions, _), (.clock, _), (.reset, _): return Self.notAllowed("POST")
        }
    }

    // MARK: Statistics

    /// The counts, complete.
    func currentStatistics() -> SimulatorStatistics {
        var statistics = statistics
        statistics.sessionsOpened = Int(ledger.sessionsOpened)
        statistics.ordersKnown = ledger.orders.count
        statistics.eventsKept = ledger.events.count
        statistics.eventsDropped = ledger.eventsDropped
        return statistics
    }

    private func allStats() -> HTTPAnswer {
        let statistics = currentStatistics()
        var json = JSONBuilder()
        json.beginObject()
        write(statistics.requests, "requests", &json)
        write(statistics.answers, "answers", &json)
        write(statistics.faults, "faults", &json)
        json.add("sessions_opened", statistics.sessionsOpened)
        json.add("sessions_again", statistics.sessionsAgain)
        json.add("signature_failures", statistics.signatureFailures)
        json.add("connections_open", statistics.connectionsOpen)
        json.add("orders_known", statistics.ordersKnown)
        json.add("orders_max", configuration.ordersMax)
        json.add("events_kept", statistics.eventsKept)
        json.add("events_dropped", statistics.eventsDropped)
        write(sessionsPerOrder(), "orders_by_sessions", &json)
        json.add("fault_plan", plan.description)
        json.add("personality", configuration.personality.differences)
        json.add("state_fault", stateFault)
        writeCallbackCounts(&json)
        let isListed = ledger.orders.count <= Self.ordersListedMax
        json.add("accepts_listed", isListed)
        json.beginObject("accepts")
        if isListed {
            let byID = Dictionary(grouping: ledger.orders.indices, by: ledger.id)
            for (id, orders) in byID.sorted(by: { $0.value[0] < $1.value[0] }) {
                json.beginArray(named: id)
                for order in orders { writeAccepts(of: order, &json) }
                json.endArray()
            }
        }
        json.endObject()
        json.endObject()
        json.endLine()
        return Self.json(json.bytes)
    }

    /// How many orders have no session, one, two and so on.
    private func sessionsPerOrder() -> [String: Int] {
        var counts: [UInt32: Int] = [:]
        for order in ledger.orders { counts[order.sessions, default: 0] += 1 }
        return Dictionary(uniqueKeysWithValues: counts.map { (String($0.key), $0.value) })
    }

    private func orderStats(_ id: String) -> HTTPAnswer {
        let orders = configuration.accounts.indices.compactMap { ledger.index(account: $0, id: id) }
        var json = JSONBuilder()
        json.beginObject()
        json.add("order_id", id)
        json.add("calls", orders.reduce(0) { $0 + Int(ledger.orders[$1].calls) })
        json.add("lookups", orders.reduce(0) { $0 + Int(ledger.orders[$1].lookups) })
        json.add("sessions", orders.reduce(0) { $0 + Int(ledger.orders[$1].sessions) })
        json.beginArray("accepts")
        for order in orders { writeAccepts(of: order, &json) }
        json.endArray()
        json.endObject()
        json.endLine()
        return Self.json(json.bytes)
    }

    private func writeAccepts(of order: Int, _ json: inout JSONBuilder) {
        for event in ledger.accepts(of: order) {
            json.beginObject()
            writeSession(event, &json)
            json.endObject()
        }
    }

    private func write(_ counts: [String: Int], _ name: StaticString, _ json: inout JSONBuilder) {
        json.beginObject(name)
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) { json.add(named: name, count) }
        json.endObject()
    }

    // MARK: Events

    /// `GET /accepts`, from event `from` on, at most `limit` of them.
    private func accepts(_ request: HTTPRequest) -> HTTPAnswer {
        let count = ledger.events.count
        guard let from = number(request, "from", default: 0), let limit = number(request, "limit", default: count)
        else {
            return Self.wrong("from and limit are whole numbers of at least 0")
        }
        let start = min(from, count)
        var range = EventRange(epoch: epoch, next: start, end: start + min(limit, count - start))
        var answer = HTTPAnswer(
            status: 200,
            headers: [HTTPHeader(name: "Content-Type", value: "application/x-ndjson")],
            body: nextPiece(of: &range)
        )
        if range.next < range.end { answer.rest = range }
        return answer
    }

    /// The next lines of `GET /accepts`; empty at the end of the range, or after a reset.
    func nextPiece(of range: inout EventRange) -> [UInt8] {
        guard range.epoch == epoch else { return [] }
        var json = JSONBuilder()
        while range.next < range.end, json.bytes.count < Self.pieceBytes {
            let event = ledger.events[range.next]
            json.beginObject()
            json.add("seq", range.next)
            json.add("event", event.kind.name)
            json.add("order_id", ledger.id(Int(event.order)))
            json.add("merchant_id", merchant(event))
            json.add("fault", ledger.faultName(event))
            if event.serial > 0 {
                writeSession(event, &json)
            } else {
                writeTime(event, &json)
            }
            json.endObject()
            json.endLine()
            range.next += 1
        }
        return json.bytes
    }

    private func merchant(_ event: OrderLedger.Event) -> String {
        configuration.accounts[Int(ledger.orders[Int(event.order)].account)].merchantID
    }

    private func writeSession(_ event: OrderLedger.Event, _ json: inout JSONBuilder) {
        json.add("session", ledger.token(serial: event.serial))
        json.add("url", redirectURL(serial: event.serial))
        writeTime(event, &json)
    }

    private func writeTime(_ event: OrderLedger.Event, _ json: inout JSONBuilder) {
        json.add("at", Timestamp(microseconds: event.at).rfc3339)
        json.add("at_us", event.at)
    }

    // MARK: Changes

    private func faultText() -> [UInt8] {
        var json = JSONBuilder()
        json.beginObject()
        json.add("faults", plan.description)
        json.add("seed", seed)
        json.endObject()
        json.endLine()
        return json.bytes
    }

    /// `POST /faults?seed=N` with a plan's text as its body.
    private mutating func setFaults(_ request: HTTPRequest) -> HTTPAnswer {
        guard let text = String(validating: request.body, as: UTF8.self) else {
            return Self.wrong("the body is the text of a fault plan, for example 503=5%")
        }
        var newSeed = seed
        if let text = request.parameter("seed") {
            guard let seed = UInt64(text) else { return Self.wrong("seed is a whole number of at least 0") }
            newSeed = seed
        }
        do {
            change(.faults(try FaultPlan(parsing: text), seed: newSeed))
            return Self.json(faultText())
        } catch {
            return Self.wrong(error.description)
        }
    }

    /// `POST /sessions?order=ID&status=successful`: what look-ups say of the order's session from now on.
    private mutating func setStatus(_ request: HTTPRequest) -> HTTPAnswer {
        guard let id = request.parameter("order"), let word = request.parameter("status"),
            let status = SessionStatus(rawValue: word)
        else {
            let known = SessionStatus.allCases.map(\.rawValue).joined(separator: ", ")
            return Self.wrong("write ?order=ID&status=STATUS with one of \(known)")
        }
        let orders = configuration.accounts.indices.compactMap { ledger.index(account: $0, id: id) }
        let opened = orders.filter { ledger.orders[$0].sessions > 0 }
        guard !opened.isEmpty else { return Self.wrong("the order has no session") }
        for order in opened { change(.status(order: order, status)) }
        return Self.json(Array("{\"changed\":\(opened.count)}\n".utf8))
    }

    private mutating func setClock(_ request: HTTPRequest) -> HTTPAnswer {
        guard let text = request.parameter("offset_ms"), let offset = Int64(text), offset.magnitude <= 86_400_000 else {
            return Self.wrong("write ?offset_ms=N: how far the clock is ahead of the machine's, a day at most")
        }
        configuration.clockOffset = .milliseconds(offset)
        return Self.json(Array("{\"offset_ms\":\(offset)}\n".utf8))
    }

    // MARK: Parts

    private func number(_ request: HTTPRequest, _ name: String, default otherwise: Int) -> Int? {
        guard let text = request.parameter(name) else { return otherwise }
        guard let number = Int(text), number >= 0 else { return nil }
        return number
    }

    static func json(_ body: [UInt8]) -> HTTPAnswer {
        HTTPAnswer(status: 200, headers: [SessionReply.contentType], body: body)
    }

    static func wrong(_ reason: String) -> HTTPAnswer {
        var json = JSONBuilder()
        json.beginObject()
        json.add("error", reason)
        json.endObject()
        json.endLine()
        return HTTPAnswer(status: 400, headers: [SessionReply.contentType], body: json.bytes)
    }
}
