import PostgresStore
import SessionCore
import Terminal

/// The links of an order, for somebody whose reason is in the audit. Pure.
struct RevealedLinks: Equatable, Sendable {
    enum Standing: Equatable, Sendable {
        /// Logs the customer in. nil: nobody knows how long.
        case works(String, until: Timestamp?)
        /// Of no use to anybody, and not shown.
        case expired(Timestamp)
        /// The store has its value no longer.
        case wiped
        /// What the store has is no result of this order's with a link.
        case foreign
    }

    struct Link: Equatable, Sendable {
        var resultID: ResultID
        var generation: Int32
        var standing: Standing

        var works: Bool {
            if case .works = standing { true } else { false }
        }
    }

    /// One a session that was opened, oldest first.
    let links: [Link]
    private let now: Timestamp

    init(_ results: [RevealedResult], of order: OrderDetail) {
        now = order.now
        links = results.filter { $0.stored.outcome == .opened }.map { result in
            Link(
                resultID: result.stored.resultID,
                generation: result.stored.generation,
                standing: Self.standing(result, order)
            )
        }
    }

    /// Whether there is one that works.
    var hasWorking: Bool {
        links.contains(where: \.works)
    }

    private static func standing(_ result: RevealedResult, _ order: OrderDetail) -> Standing {
        guard let value = result.value else { return .wiped }
        guard let decoded = try? ResultCodec.decode(value), decoded.order == order.summary.order,
            let session = decoded.session
        else { return .foreign }
        if let expiresAt = decoded.expiresAt, expiresAt <= order.now { return .expired(expiresAt) }
        return .works(session.redirectURL, until: decoded.expiresAt)
    }

    var lines: [String] {
        guard !links.isEmpty else { return ["No link: no session of it was opened."] }
        return ["Links"] + links.map { "  generation \($0.generation): \(printable(words($0.standing)))" }
    }

    private func words(_ standing: Standing) -> String {
        switch standing {
        case .works(let url, let until):
            let end = until.map { "works until \($0.timeAndDistance(from: now))" } ?? "how long it works is not known"
            return "\(end). SECRET, logs the customer in: \(url)"
        case .expired(let end):
            return "expired \(end.timeAndDistance(from: now)), so it is not shown; a new link needs a new order id"
        case .wiped:
            return "was wiped from the store, as links are after their time"
        case .foreign:
            return "what the store has is no result of this order with a link, so it is not shown"
        }
    }
}
