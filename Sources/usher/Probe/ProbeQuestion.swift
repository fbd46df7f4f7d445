import CashierClient
import SessionCore

/// What a provider is asked about, because its documentation leaves it open and a setting turns on it.
enum ProbeQuestion: Int, CaseIterable, Comparable, Sendable {
    case sameOrder = 1
    case afterExpiry
    case timestamps
    case replay
    case lostReply
    case lookUps
    case lengths
    case errors
    case signatures
    case ambiguity

    static func < (left: ProbeQuestion, right: ProbeQuestion) -> Bool { left.rawValue < right.rawValue }

    var title: String {
        switch self {
        case .sameOrder: "The same order twice, and ten times at once"
        case .afterExpiry: "The same order after its session has expired"
        case .timestamps: "Timestamps that are too old or in the future"
        case .replay: "The same bytes sent twice"
        case .lostReply: "A connection that is dropped before the reply is read"
        case .lookUps: "What look-ups tell"
        case .lengths: "An order_id of 51 characters, and what lengths count"
        case .errors: "HTTP statuses of errors, and the limit of calls"
        case .signatures: "What signatures cover"
        case .ambiguity: "Two requests with one signature"
        }
    }

    /// What is sent, for the plan.
    var asked: String {
        switch self {
        case .sameOrder: "one order opened twice in turn, another ten times at once"
        case .afterExpiry: "an order opened, looked up after its life, and opened again"
        case .timestamps: "requests signed 61 s and 120 s ago, and 61 s ahead; older ones if those are accepted"
        case .replay: "one signed request, sent twice byte by byte"
        case .lostReply: "an order opened by a connection that ends before the reply, then looked up"
        case .lookUps: "an unknown, an open, an expired and a paid order looked up"
        case .lengths: "an order_id of 51 characters, and an agent_name of 17 characters in 34 bytes"
        case .errors: "a wrong signature, a body that is no JSON, and twenty look-ups at once"
        case .signatures: "the signatures of all replies, checked with and without redirect_url"
        case .ambiguity: "two orders whose signed fields join to the same text, the second with the first's signature"
        }
    }

    /// Sessions that it may open at most; some are refused where the provider is strict.
    var sessionsMax: Int {
        switch self {
        case .sameOrder: 12
        case .afterExpiry, .replay, .lookUps, .lengths, .ambiguity: 2
        case .timestamps: 5
        case .lostReply, .signatures: 1
        case .errors: 0
        }
    }

    /// Whether a part of it can be asked without opening a session.
    var isReadOnlyPossible: Bool {
        switch self {
        case .timestamps, .lookUps, .errors, .signatures: true
        case .sameOrder, .afterExpiry, .replay, .lostReply, .lengths, .ambiguity: false
        }
    }
}

/// One thing that is sent for a question; several replies may come of it.
enum ProbeStep: Hashable, Sendable {
    case twice
    case atOnce
    case expiring
    case expired
    case afterExpiry
    /// Signed so many seconds after the provider's clock.
    case shifted(Int64)
    case replay
    case lostLookUp
    case unknownOrder
    case openingForLookUp
    case openOrder
    case expiredOrder
    case paidOrder
    case longOrder
    case wideAgent
    case wrongSignature
    case brokenBody
    case burst
    case signed
    case ambiguous
}

/// A reply, and how long after the step's beginning it was asked for.
struct ProbeEntry: Equatable, Sendable {
    var reply: ProbeReply
    var after: Duration = .zero
}

/// A session that a probe opened.
struct ProbedSession: Equatable, Sendable {
    var question: ProbeQuestion
    var orderID: String
    var openedAt: Timestamp
    /// False where the answer was lost or says nothing: it may have been opened.
    var isCertain = true
}

/// Everything that a probe saw.
struct ProbeRecord: Equatable, Sendable {
    var entries: [ProbeStep: [ProbeEntry]] = [:]
    /// Questions that were asked, at least in part.
    var asked: Set<ProbeQuestion> = []
    /// Why a question, or a part of it, was not asked.
    var skipped: [ProbeQuestion: String] = [:]
    var sessions: [ProbedSession] = []
    /// Whether the whole request was out before the connection was dropped.
    var isHungUp: Bool?
    /// Whether the account has an address for look-ups.
    var canLookUp = true

    func replies(_ step: ProbeStep) -> [ProbeReply] {
        (entries[step] ?? []).map(\.reply)
    }

    var all: [ProbeReply] { entries.values.flatMap { $0.map(\.reply) } }

    mutating func add(_ reply: ProbeReply, to step: ProbeStep, after: Duration = .zero) {
        entries[step, default: []].append(ProbeEntry(reply: reply, after: after))
    }
}

extension ProbeReply {
    /// Whether a session was opened, or an open one answered with, by the reply's own word.
    var hasSession: Bool { status == 0 && session != nil }

    /// The provider said that the order exists.
    var isNotUnique: Bool { code == "not_unique" }

    /// `400 (HTTP 200)`, `timeout`.
    var words: String {
        let text = status.map { "status \($0)" } ?? code
        return httpStatus.map { "\(text) (HTTP \($0))" } ?? text
    }
}
