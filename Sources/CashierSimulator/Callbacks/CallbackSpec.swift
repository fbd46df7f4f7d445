/// What makes a callback one that its receiver must not believe.
enum Forgery: String, CaseIterable, Sendable {
    /// Signed with another secret.
    case secret
    /// A signature of the right length that fits nothing.
    case signature
    /// No signature.
    case unsigned
    /// Another amount than the one that was signed.
    case tampered
    /// Signed rightly, for an order that nobody has opened.
    case order
    /// Signed rightly, with another cid, which the signature does not cover.
    case cid
    /// Signed rightly, an hour old.
    case stale
    /// Signed rightly, an hour ahead.
    case future
    /// Names a merchant that does not exist.
    case merchant
    /// A body that breaks off in the middle of its JSON.
    case broken
}

/// A callback to send, as the control endpoint takes it.
struct CallbackSpec: Equatable, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// A transaction's status has changed, or the session has expired.
        case notification
        /// A customer is about to pay; the answer lets it go on or not.
        case validation
    }

    enum TID: Equatable, Sendable {
        /// That of the order's latest attempt, or a new one.
        case latest
        case new
        case given(Int64)
    }

    var kind = Kind.notification
    var order = ""
    /// Transaction status; `expired` tells the end of the session, without a transaction.
    var status = "approved"
    var tid = TID.latest
    /// Values that replace the order's own; a null is a value.
    var overrides: [String: JSONTree] = [:]
    var sessionStatus: String?
    var forgery: Forgery?
    /// Time before it is sent.
    var delay: Duration = .zero
    var copies = 1
    /// Sends the bytes of an earlier callback again.
    var replay: Int?
    /// In the place of the session's own.
    var url: String?

    init() {}

    var isExpiry: Bool { kind == .notification && status == "expired" }

    private static let overridable: Set<String> = [
        "amount", "currency", "conversion_rate", "processed_amount", "processed_currency",
    ]

    /// Reads one object of a control request.
    init(_ document: JSONTree) throws(ControlError) {
        guard case .object(let members) = document else { throw ControlError("a callback is a JSON object") }
        for member in members { try take(member.name, member.value) }
        guard replay != nil || !order.isEmpty else { throw ControlError("order is missing: the order_id to tell of") }
    }

    private mutating func take(_ name: String, _ value: JSONTree) throws(ControlError) {
        switch name {
        case "kind": kind = try Self.word(name, value)
        case "order": order = try Self.text(name, value)
        case "status": status = try Self.text(name, value)
        case "session_status": sessionStatus = try Self.text(name, value)
        case "forge": forgery = try Self.word(name, value) as Forgery
        case "url": url = try Self.text(name, value)
        case "tid":
            if value.text == "new" {
                tid = .new
            } else {
                tid = .given(Int64(try Self.number(name, value, in: 1...Int.max)))
            }
        case "copies": copies = try Self.number(name, value, in: 1...1000)
        case "replay": replay = try Self.number(name, value, in: 1...Int.max)
        case "delay":
            guard let text = value.text, let time = duration(text) else {
                throw ControlError("delay is a time such as \"200ms\", at most \"60m\"")
            }
            delay = time
        case _ where Self.overridable.contains(name):
            switch value {
            case .null, .number, .string: overrides[name] = value
            case .boolean, .array, .object: throw ControlError("\(name) is a number, a string or null")
            }
        default:
            throw ControlError(
                "a callback has no \(name); known are kind, order, status, tid, amount, currency, conversion_rate, "
                    + "processed_amount, processed_currency, session_status, forge, delay, copies, replay, url"
            )
        }
    }

    private static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ name: String,
        _ value: JSONTree
    ) throws(ControlError) -> Word {
        guard let word = value.text.flatMap(Word.init(rawValue:)) else {
            throw ControlError("\(name) is \(Word.allCases.map(\.rawValue).joined(separator: " or "))")
        }
        return word
    }

    private static func text(_ name: String, _ value: JSONTree) throws(ControlError) -> String {
        guard let text = value.text, !text.isEmpty else { throw ControlError("\(name) is a string") }
        return text
    }

    private static func number(
        _ name: String,
        _ value: JSONTree,
        in range: ClosedRange<Int>
    ) throws(ControlError) -> Int {
        guard let number = value.integer, range.contains(Int(number)) else {
            throw ControlError("\(name) is a whole number of at least \(range.lowerBound)")
        }
        return Int(number)
    }
}

/// A control request that cannot be obeyed: what to write instead.
struct ControlError: Error, Equatable {
    var reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
