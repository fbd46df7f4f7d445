import Cryptography
import HTTPServer
import SessionCore

/// The provider, as a value: takes a request and the time, and says what to answer and how. No socket, clock or thread.
struct SimulatedCashier {
    var configuration: SimulatorConfiguration
    var plan: FaultPlan
    var seed: UInt64
    var ledger: OrderLedger
    var statistics = SimulatorStatistics()
    /// Grows with each reset: a list that is being read ends then.
    var epoch = 0
    /// Requests that name no order draw their faults by this number.
    var unnamedCalls: UInt64 = 0
    /// Attempts to pay, by order, of its latest session; few orders have any.
    var transactions: [Int: [ProviderTransaction]] = [:]
    var transactionCount = 0
    var callbacks = CallbackList()
    /// Only with a state file.
    var journal: Journal?
    /// Why the state file is not written any more.
    var stateFault: String?
    /// Makes this run's tokens unlike another's; a state file keeps it.
    private(set) var salt: UInt64
    private var date: (second: Int64, text: String) = (.min, "")

    /// - Parameter salt: makes this run's tokens unlike another's.
    init(_ configuration: SimulatorConfiguration, salt: UInt64) {
        self.configuration = configuration
        self.salt = salt
        plan = configuration.faults
        seed = configuration.seed
        ledger = Self.emptyLedger(configuration, salt: salt, epoch: 0)
    }

    /// - Parameters:
    ///   - now: the machine's clock; the provider's own clock may differ by `clockOffset`.
    ///   - isHeld: the request waited for a `held` fault and is read now.
    mutating func answer(_ request: HTTPRequest, now: Timestamp, isHeld: Bool, connectionsOpen: Int) -> HTTPAnswer {
        statistics.connectionsOpen = connectionsOpen
        var answer: HTTPAnswer
        switch Endpoint(request.path) {
        case .open:
            if !isHeld { count(.requests, "open") }
            answer = request.method == "POST" ? open(request, now: now, isHeld: isHeld) : Self.notAllowed("POST")
        case .lookup:
            if !isHeld { count(.requests, "lookup") }
            answer = request.method == "POST" ? lookUp(request, now: now, isHeld: isHeld) : Self.notAllowed("POST")
        case .obsolete:
            count(.requests, "obsolete")
            answer = refuseObsolete(now)
        case .control(let control):
            count(.requests, "control")
            answer = self.answer(control, request)
        case .other:
            count(.requests, "other")
            answer = Self.notFound
        }
        answer.headers.append(HTTPHeader(name: "Date", value: dateText(providerTime(now))))
        return answer
    }

    /// Forgets orders, events, callbacks and counts; personality and fault plan stay.
    mutating func reset() {
        change(.reset)
    }

    mutating func forgetAll() {
        epoch += 1
        ledger = Self.emptyLedger(configuration, salt: salt, epoch: epoch)
        statistics = SimulatorStatistics()
        unnamedCalls = 0
        transactions = [:]
        transactionCount = 0
        callbacks.forgetAll()
    }

    /// Takes over what a state file has; before anything happens.
    mutating func resume(salt: UInt64, epoch: Int) {
        self.salt = salt
        self.epoch = epoch
        ledger = Self.emptyLedger(configuration, salt: salt, epoch: epoch)
    }

    private static func emptyLedger(_ configuration: SimulatorConfiguration, salt: UInt64, epoch: Int) -> OrderLedger {
        OrderLedger(
            ordersMax: configuration.ordersMax,
            eventsMax: configuration.keepsEvents ? configuration.eventsMax : 0,
            // After a reset, serial numbers begin again; tokens must not.
            salt: mixed(mixed(salt) ^ UInt64(epoch))
        )
    }

    func providerTime(_ now: Timestamp) -> Timestamp {
        now.advanced(by: configuration.clockOffset)
    }

    // MARK: What a call is about

    /// A call to the provider with what was drawn for it.
    struct Call {
        let request: HTTPRequest
        let document: JSONTree?
        /// The order's number in the ledger, if the request names one that may be remembered.
        var order: Int?
        let now: Timestamp
        let isHeld: Bool
        var latency: Duration = .zero
        var drawn: DrawnFault?
    }

    /// Finds out which order a request is for and draws its latency and fault, before any rule is looked at.
    mutating func call(_ request: HTTPRequest, _ kind: RequestCheck.Kind, now: Timestamp, isHeld: Bool) -> Call {
        let document = try? JSONTree.read(request.body)
        var call = Call(request: request, document: document, order: nil, now: now, isHeld: isHeld)
        let check = RequestCheck(configuration: configuration, now: now)
        if let document, let account = check.accountIndex(document), let id = orderID(document) {
            call.order = orderNumber(account: account, id: id)
        }
        guard !isHeld else { return call }
        var dice = dice(for: call.order, isLookup: kind == .lookup)
        call.latency = plan.latency?.draw(&dice) ?? .zero
        let isScripted = kind == .open && document?["variable3"]?.text?.hasPrefix(Script.prefix) == true
        if !isScripted { call.drawn = plan.draw(isLookup: kind == .lookup, &dice) }
        return call
    }

    /// The order that a document names, if it may be remembered.
    private func orderID(_ document: JSONTree) -> String? {
        guard let id = document["order_id"]?.text, !id.isEmpty else { return nil }
        guard id.utf8.count > 50, id.unicodeScalars.count > 50 else { return id }
        switch configuration.personality.overlong {
        case .refused: return nil
        case .truncated: return String(String.UnicodeScalarView(id.unicodeScalars.prefix(50)))
        }
    }

    private mutating func dice(for order: Int?, isLookup: Bool) -> Dice {
        let kind: UInt64 = isLookup ? 1 : 0
        guard let order else {
            change(.totalled(.unnamedCalls, by: 1))
            return Dice(seed: seed, subject: kind, call: unnamedCalls)
        }
        let number = UInt64(isLookup ? ledger.orders[order].lookups : ledger.orders[order].calls)
        change(.called(order: order, isLookup: isLookup))
        let account = UInt64(ledger.orders[order].account)
        let subject = hashed(ledger.id(order).utf8, seed: account &* 2 &+ kind)
        return Dice(seed: seed, subject: subject, call: number)
    }

    // MARK: Plain HTTP

    private static let notFound = HTTPAnswer(
        status: 404,
        headers: [SessionReply.contentType],
        body: Array("{\"error\":\"nothing is served here; see docs/SIMULATOR.md\"}\n".utf8)
    )

    static func notAllowed(_ methods: String) -> HTTPAnswer {
        HTTPAnswer(
            status: 405,
            headers: [SessionReply.contentType, HTTPHeader(name: "Allow", value: methods)],
            body: Array("{\"error\":\"the method here is \(methods)\"}\n".utf8)
        )
    }

    /// As the Date header has it; made once a second.
    private mutating func dateText(_ moment: Timestamp) -> String {
        if date.second != moment.seconds { date = (moment.seconds, httpDate(moment)) }
        return date.text
    }
}

/// `Sat, 21 Nov 2026 12:00:00 GMT` (RFC 9110, section 5.6.7).
func httpDate(_ moment: Timestamp) -> String {
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    // `2026-11-21T12:00:00.000Z`
    let text = Array(moment.rfc3339.utf8)
    func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
    let weekday = days[Int(moment.seconds / 86_400) % 7]
    let month = months[(Int(part(5..<7)) ?? 1) - 1]
    return "\(weekday), \(part(8..<10)) \(month) \(part(0..<4)) \(part(11..<19)) GMT"
}
