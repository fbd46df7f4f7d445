import SessionCore

/// An order with its latest session, as a state file has it.
struct OrderSnapshot: Equatable, Sendable {
    var account: Int
    var id: String
    var calls: UInt32
    var lookups: UInt32
    var sessions: UInt32
    var serial: UInt32
    var acceptedAt: Int64
    var isScriptSpent: Bool
    var status: SessionStatus?
    /// Nil while there is no session.
    var echo: SessionEcho?
    var urls = CallbackURLs()
}

/// An event, as a state file has it.
struct EventSnapshot: Equatable, Sendable {
    var kind: SimulatorEventKind
    var order: Int
    var at: Int64
    var serial: UInt32
    var fault: String?
}

extension OrderLedger {
    func snapshot(_ number: Int) -> OrderSnapshot {
        let order = orders[number]
        return OrderSnapshot(
            account: Int(order.account),
            id: id(number),
            calls: order.calls,
            lookups: order.lookups,
            sessions: order.sessions,
            serial: order.serial,
            acceptedAt: order.acceptedAt,
            isScriptSpent: order.isScriptSpent,
            status: order.status,
            echo: order.echoOffset < 0 ? nil : echo(number),
            urls: order.urlsOffset < 0 ? CallbackURLs() : urls(number)
        )
    }

    func snapshot(_ event: Event) -> EventSnapshot {
        EventSnapshot(
            kind: event.kind,
            order: Int(event.order),
            at: event.at,
            serial: event.serial,
            fault: faultName(event)
        )
    }
}
