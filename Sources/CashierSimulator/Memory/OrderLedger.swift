import SessionCore

/// What happened to an order at the provider.
package enum SimulatorEventKind: UInt8, CaseIterable, Sendable {
    /// A session was opened.
    case accept
    /// A request got the session that was open already (`idempotent`).
    case again
    /// A look-up found a session.
    case found
    /// A look-up found none.
    case notFound
    /// A look-up was refused because the Agent API is disabled.
    case forbidden

    /// The name in `GET /accepts`.
    package var name: String {
        switch self {
        case .accept: "accept"
        case .again: "again"
        case .found: "found"
        case .notFound: "not_found"
        case .forbidden: "forbidden"
        }
    }
}

/// Everything the provider remembers of orders: which exist, their latest session, and in order what happened.
///
/// Made for millions: about 200 bytes an order with its events; tokens and URLs are computed from serial numbers.
struct OrderLedger {
    struct Order {
        var hash: UInt32
        var account: UInt16
        var idLength: UInt8
        /// The script of this order has had its one call.
        var isScriptSpent = false
        /// What look-ups are told instead of open or expired.
        var status: SessionStatus?
        var idOffset: Int
        /// Where the latest session's echo is; -1 while there is none.
        var echoOffset = -1
        /// Where the latest session's callback URLs are; orders with equal ones share them. -1 for none.
        var urlsOffset = -1
        var calls: UInt32 = 0
        var lookups: UInt32 = 0
        /// Sessions opened.
        var sessions: UInt32 = 0
        /// The latest session's number.
        var serial: UInt32 = 0
        /// When the latest session was opened, in microseconds.
        var acceptedAt: Int64 = 0
        /// The latest accept among the events; -1 for none.
        var lastAccept: Int32 = -1
    }

    struct Event {
        /// In microseconds of the machine's wall clock.
        var at: Int64
        var order: UInt32
        /// The accept of the same order before this one; -1 for none.
        var previous: Int32
        var serial: UInt32
        var kind: SimulatorEventKind
        var fault: UInt8
    }

    private(set) var orders: [Order] = []
    private(set) var events: [Event] = []
    /// Events that came after the list was full or while it was switched off.
    private(set) var eventsDropped = 0
    private(set) var sessionsOpened: UInt32 = 0
    private let ordersMax: Int
    private let eventsMax: Int
    /// Makes the tokens of one run unlike those of another.
    private let salt: UInt64
    private var arena = Arena()
    /// Open addressing; a slot holds an order's index plus one.
    private var slots = [UInt32](repeating: 0, count: 1024)
    private var faultNames = [""]
    /// The callback URLs that were stored last: those of one CRM are mostly alike.
    private var lastURLs: (offset: Int, packed: [UInt8]) = (-1, [])

    init(ordersMax: Int, eventsMax: Int, salt: UInt64) {
        self.ordersMax = min(ordersMax, Int(UInt32.max) - 1)
        self.eventsMax = min(eventsMax, Int(Int32.max))
        self.salt = salt
    }

    var isFull: Bool { orders.count >= ordersMax }

    // MARK: Orders

    /// The number of an order that is known.
    func index(account: Int, id: String) -> Int? {
        let hash = hashed(id.utf8, seed: UInt64(account))
        let value = slots[slot(hash, account: account, id: Array(id.utf8))]
        return value == 0 ? nil : Int(value) - 1
    }

    /// The number of an order, known from now on; nil when the ledger is full. `id` has at most 255 bytes.
    mutating func indexAdding(account: Int, id: String) -> Int? {
        let bytes = Array(id.utf8)
        let hash = hashed(bytes, seed: UInt64(account))
        let slot = slot(hash, account: account, id: bytes)
        guard slots[slot] == 0 else { return Int(slots[slot]) - 1 }
        guard !isFull, bytes.count <= 255 else { return nil }
        orders.append(
            Order(
                hash: UInt32(truncatingIfNeeded: hash),
                account: UInt16(account),
                idLength: UInt8(bytes.count),
                idOffset: arena.add(bytes)
            )
        )
        slots[slot] = UInt32(orders.count)
        if orders.count * 2 > slots.count { growSlots() }
        return orders.count - 1
    }

    func id(_ order: Int) -> String {
        String(decoding: arena[orders[order].idOffset, Int(orders[order].idLength)], as: UTF8.self)
    }

    /// The slot that holds the order, or the free one where it belongs.
    private func slot(_ hash: UInt64, account: Int, id: [UInt8]) -> Int {
        let short = UInt32(truncatingIfNeeded: hash)
        var slot = Int(short) & (slots.count - 1)
        while slots[slot] != 0 {
            let order = orders[Int(slots[slot]) - 1]
            if order.hash == short, Int(order.account) == account, Int(order.idLength) == id.count,
                arena[order.idOffset, id.count].elementsEqual(id)
            {
                return slot
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private mutating func growSlots() {
        var wider = [UInt32](repeating: 0, count: slots.count * 2)
        for (index, order) in orders.enumerated() {
            var slot = Int(order.hash) & (wider.count - 1)
            while wider[slot] != 0 { slot = (slot + 1) & (wider.count - 1) }
            wider[slot] = UInt32(index + 1)
        }
        slots = wider
    }

    // MARK: What happens to them

    /// Counts a call of the order and returns how many there were before.
    @discardableResult
    mutating func countCall(_ order: Int, isLookup: Bool) -> UInt32 {
        defer {
            if isLookup { orders[order].lookups &+= 1 } else { orders[order].calls &+= 1 }
        }
        return isLookup ? orders[order].lookups : orders[order].calls
    }

    mutating func spendScript(_ order: Int) {
        orders[order].isScriptSpent = true
    }

    mutating func setStatus(_ status: SessionStatus?, _ order: Int) {
        orders[order].status = status
    }

    /// Opens a session: the order's latest from now on.
    mutating func accept(
        _ order: Int,
        echo: SessionEcho,
        urls: CallbackURLs = CallbackURLs(),
        at now: Timestamp,
        fault: String?
    ) {
        sessionsOpened += 1
        keep(echo, urls, order)
        orders[order].sessions += 1
        orders[order].serial = sessionsOpened
        orders[order].acceptedAt = now.microseconds
        orders[order].status = nil
        record(.accept, order, at: now, fault: fault)
    }

    private mutating func keep(_ echo: SessionEcho, _ urls: CallbackURLs, _ order: Int) {
        let packed = echo.packed
        let before = orders[order].echoOffset
        // Lengths are part of what is packed, so an equal beginning is all of it.
        if before < 0 || !arena[from: before].starts(with: packed) { orders[order].echoOffset = arena.add(packed) }
        let packedURLs = urls.packed
        if lastURLs.offset < 0 || lastURLs.packed != packedURLs { lastURLs = (arena.add(packedURLs), packedURLs) }
        orders[order].urlsOffset = lastURLs.offset
    }

    /// Notes what happened without a new session.
    mutating func note(_ kind: SimulatorEventKind, _ order: Int, at now: Timestamp, fault: String?) {
        record(kind, order, at: now, fault: fault)
    }

    func echo(_ order: Int) -> SessionEcho {
        SessionEcho(packed: arena[from: orders[order].echoOffset])
    }

    // MARK: From a state file

    /// Adds an order as it was; false if the ledger is full.
    mutating func restore(_ snapshot: OrderSnapshot) -> Bool {
        guard let order = indexAdding(account: snapshot.account, id: snapshot.id) else { return false }
        if let echo = snapshot.echo { keep(echo, snapshot.urls, order) }
        orders[order].calls = snapshot.calls
        orders[order].lookups = snapshot.lookups
        orders[order].sessions = snapshot.sessions
        orders[order].serial = snapshot.serial
        orders[order].acceptedAt = snapshot.acceptedAt
        orders[order].isScriptSpent = snapshot.isScriptSpent
        orders[order].status = snapshot.status
        return true
    }

    /// Adds an event as it was; the orders are there already.
    mutating func restore(_ event: EventSnapshot) {
        guard events.count < eventsMax else {
            eventsDropped += 1
            return
        }
        append(event.kind, event.order, at: event.at, serial: event.serial, fault: event.fault)
    }

    /// Sets what does not follow from orders and events.
    mutating func restore(sessionsOpened: UInt32, eventsDropped: Int) {
        self.sessionsOpened = sessionsOpened
        self.eventsDropped = eventsDropped
    }

    func urls(_ order: Int) -> CallbackURLs {
        CallbackURLs(packed: arena[from: orders[order].urlsOffset])
    }

    private mutating func record(_ kind: SimulatorEventKind, _ order: Int, at now: Timestamp, fault: String?) {
        guard events.count < eventsMax else {
            eventsDropped += 1
            return
        }
        append(kind, order, at: now.microseconds, serial: orders[order].serial, fault: fault)
    }

    private mutating func append(
        _ kind: SimulatorEventKind,
        _ order: Int,
        at: Int64,
        serial: UInt32,
        fault: String?
    ) {
        events.append(
            Event(
                at: at,
                order: UInt32(order),
                previous: orders[order].lastAccept,
                serial: serial,
                kind: kind,
                fault: number(of: fault)
            )
        )
        if kind == .accept { orders[order].lastAccept = Int32(events.count - 1) }
    }

    /// Fault names are few: the status codes and two dozen words. What comes after 254 of them stays unnamed.
    private mutating func number(of fault: String?) -> UInt8 {
        guard let fault else { return 0 }
        if let index = faultNames.firstIndex(of: fault) { return UInt8(index) }
        guard faultNames.count < 255 else { return 0 }
        faultNames.append(fault)
        return UInt8(faultNames.count - 1)
    }

    func faultName(_ event: Event) -> String? {
        event.fault == 0 ? nil : faultNames[Int(event.fault)]
    }

    /// The accepts of an order in order; only the latest is known if events were dropped.
    func accepts(of order: Int) -> [Event] {
        var accepts: [Event] = []
        var next = orders[order].lastAccept
        while next >= 0 {
            accepts.append(events[Int(next)])
            next = events[Int(next)].previous
        }
        return accepts.reversed()
    }

    // MARK: Names

    /// The session's auth_token: 32 hexadecimal digits.
    func token(serial: UInt32) -> String {
        tokenText(mixed(salt ^ UInt64(serial)), mixed(salt &+ 0xA5A5_A5A5 &+ UInt64(serial)))
    }

    /// The token of a customer that the request did not name by one: the same for the same cid.
    static func customerToken(account: Int, cid: String) -> String {
        let first = hashed(cid.utf8, seed: UInt64(account) &+ 1)
        return tokenText(first, mixed(first &+ 0xC3C3_C3C3))
    }
}

private func tokenText(_ first: UInt64, _ second: UInt64) -> String {
    let digits: StaticString = "0123456789abcdef"
    return String(unsafeUninitializedCapacity: 32) { text in
        for index in 0..<32 {
            let word = index < 16 ? first : second
            text[index] = digits.utf8Start[Int((word >> UInt64(4 * (index % 16))) & 15)]
        }
        return 32
    }
}
