import SessionCore

/// A change as a JSON array: a letter and its values. `docs/SIMULATOR.md` does not promise the form; only a file's
/// own version of the simulator reads it.
extension StateChange {
    func write(_ json: inout JSONBuilder) {
        json.beginArray()
        switch self {
        case .order(let account, let id):
            json.element("o")
            json.element(account)
            json.element(id)
        case .called(let order, let isLookup):
            json.element(isLookup ? "l" : "c")
            json.element(order)
        case .counted(let counts, let name, let number):
            json.element("n")
            json.element(counts.rawValue)
            json.element(name)
            json.element(number)
        case .totalled(let total, let number):
            json.element("t")
            json.element(total.rawValue)
            json.element(number)
        case .accepted(let order, let echo, let urls, let at, let fault):
            json.element("a")
            json.element(order)
            json.element(at.microseconds)
            json.element(fault)
            Self.write(echo, urls, &json)
        case .noted(let kind, let order, let at, let fault):
            json.element("e")
            json.element(kind.name)
            json.element(order)
            json.element(at.microseconds)
            json.element(fault)
        case .scriptSpent(let order):
            json.element("s")
            json.element(order)
        case .status(let order, let status):
            json.element("w")
            json.element(order)
            json.element(status?.rawValue)
        case .transaction(let order, let transaction):
            json.element("x")
            json.element(order)
            Self.write(transaction, &json)
        case .personality, .faults, .reset, .orderSnapshot, .eventSnapshot, .ledger:
            writeRare(&json)
        }
        json.endArray()
    }

    private func writeRare(_ json: inout JSONBuilder) {
        switch self {
        case .personality(let personality):
            json.element("p")
            json.element(personality.description)
        case .faults(let plan, let seed):
            json.element("f")
            json.element(plan.description)
            json.element(seed)
        case .reset:
            json.element("r")
        case .orderSnapshot(let order):
            json.element("O")
            json.element(order.account)
            json.element(order.id)
            for count in [order.calls, order.lookups, order.sessions, order.serial] { json.element(count) }
            json.element(order.acceptedAt)
            json.element(order.isScriptSpent ? 1 : 0)
            json.element(order.status?.rawValue)
            if let echo = order.echo { Self.write(echo, order.urls, &json) }
        case .eventSnapshot(let event):
            json.element("E")
            json.element(event.kind.name)
            json.element(event.order)
            json.element(event.at)
            json.element(event.serial)
            json.element(event.fault)
        case .ledger(let sessionsOpened, let eventsDropped):
            json.element("L")
            json.element(sessionsOpened)
            json.element(eventsDropped)
        case .order, .called, .counted, .totalled, .accepted, .noted, .scriptSpent, .status, .transaction:
            break
        }
    }

    private static func write(_ echo: SessionEcho, _ urls: CallbackURLs, _ json: inout JSONBuilder) {
        for field in echo.fields + [urls.notification, urls.validation] { json.element(field) }
    }

    private static func write(_ transaction: ProviderTransaction, _ json: inout JSONBuilder) {
        json.element(transaction.tid)
        json.element(transaction.status)
        for text in [
            transaction.currency, transaction.amount, transaction.rate, transaction.processedCurrency,
            transaction.processedAmount,
        ] {
            json.element(text)
        }
    }

    /// Reads what `write` wrote; nil for anything else.
    init?(_ tree: JSONTree) {
        guard case .array(let elements) = tree, let letter = elements.first?.text else { return nil }
        var values = Values(elements.dropFirst())
        guard let change = Self.read(letter, &values) ?? Self.readRare(letter, &values), values.isComplete else {
            return nil
        }
        self = change
    }

    private static func read(_ letter: String, _ values: inout Values) -> StateChange? {
        switch letter {
        case "o": .order(account: values.number(), id: values.text())
        case "c": .called(order: values.number(), isLookup: false)
        case "l": .called(order: values.number(), isLookup: true)
        case "n":
            Counts(rawValue: values.text()).map { .counted($0, values.text(), by: values.number()) }
        case "t":
            Total(rawValue: values.text()).map { .totalled($0, by: values.number()) }
        case "a":
            accepted(&values)
        case "e":
            values.kind().map {
                .noted($0, order: values.number(), at: values.moment(), fault: values.optionalText())
            }
        case "s": .scriptSpent(order: values.number())
        case "w": .status(order: values.number(), values.status())
        case "x": .transaction(order: values.number(), transaction(&values))
        default: nil
        }
    }

    private static func readRare(_ letter: String, _ values: inout Values) -> StateChange? {
        switch letter {
        case "p": (try? Personality(parsing: values.text())).map { .personality($0) }
        case "f":
            (try? FaultPlan(parsing: values.text())).map { .faults($0, seed: values.unsigned()) }
        case "r": .reset
        case "O": .orderSnapshot(order(&values))
        case "E":
            values.kind().map {
                .eventSnapshot(
                    EventSnapshot(
                        kind: $0,
                        order: values.number(),
                        at: Int64(values.number()),
                        serial: UInt32(clamping: values.number()),
                        fault: values.optionalText()
                    )
                )
            }
        case "L": .ledger(sessionsOpened: UInt32(clamping: values.number()), eventsDropped: values.number())
        default: nil
        }
    }

    private static func accepted(_ values: inout Values) -> StateChange {
        let order = values.number()
        let at = values.moment()
        let fault = values.optionalText()
        let (echo, urls) = values.echo()
        return .accepted(order: order, echo, urls, at: at, fault: fault)
    }

    private static func transaction(_ values: inout Values) -> ProviderTransaction {
        ProviderTransaction(
            tid: Int64(values.number()),
            status: values.text(),
            currency: values.optionalText(),
            amount: values.optionalText(),
            rate: values.optionalText(),
            processedCurrency: values.optionalText(),
            processedAmount: values.optionalText()
        )
    }

    private static func order(_ values: inout Values) -> OrderSnapshot {
        var order = OrderSnapshot(
            account: values.number(),
            id: values.text(),
            calls: UInt32(clamping: values.number()),
            lookups: UInt32(clamping: values.number()),
            sessions: UInt32(clamping: values.number()),
            serial: UInt32(clamping: values.number()),
            acceptedAt: Int64(values.number()),
            isScriptSpent: values.number() == 1,
            status: values.status()
        )
        if !values.isAtEnd { (order.echo, order.urls) = values.echo() }
        return order
    }
}

/// The values of a change, read one after the other. A value that is missing or of another type makes the whole wrong.
private struct Values {
    private var rest: ArraySlice<JSONTree>
    private var isWrong = false

    init(_ rest: ArraySlice<JSONTree>) {
        self.rest = rest
    }

    var isAtEnd: Bool { rest.isEmpty }
    var isComplete: Bool { rest.isEmpty && !isWrong }

    mutating func number() -> Int {
        guard let value = rest.popFirst()?.integer else { return wrong(0) }
        return Int(value)
    }

    mutating func unsigned() -> UInt64 {
        guard case .number(let text)? = rest.popFirst(), let value = UInt64(text) else { return wrong(0) }
        return value
    }

    mutating func text() -> String {
        rest.popFirst()?.text ?? wrong("")
    }

    mutating func optionalText() -> String? {
        switch rest.popFirst() {
        case .null: nil
        case .string(let text): text
        case .boolean, .number, .array, .object, nil: wrong(nil)
        }
    }

    mutating func moment() -> Timestamp {
        Timestamp(microseconds: Int64(number()))
    }

    mutating func kind() -> SimulatorEventKind? {
        let name = text()
        return SimulatorEventKind.allCases.first { $0.name == name }
    }

    mutating func status() -> SessionStatus? {
        guard let text = optionalText() else { return nil }
        return SessionStatus(rawValue: text) ?? wrong(nil)
    }

    mutating func echo() -> (SessionEcho, CallbackURLs) {
        let echo = SessionEcho((0..<10).map { _ in optionalText() })
        var urls = CallbackURLs()
        urls.notification = optionalText()
        urls.validation = optionalText()
        return (echo, urls)
    }

    private mutating func wrong<Value>(_ value: Value) -> Value {
        isWrong = true
        return value
    }
}
