import PostgresStore
import SessionCore

/// What an order's row means, in sentences for a person. Pure.
enum OrderWords {
    /// What the state means.
    static func state(_ order: OrderDetail) -> String {
        switch order.summary.state {
        case .ready:
            order.summary.attempts == 0 ? "waits to be sent for the first time" : "waits to be sent again"
        case .sending: "is being sent: the request may have reached the Cashier"
        case .verify: "the outcome of the last attempt is unknown"
        case .opened: "the Cashier opened the session and its answer was verified"
        case .declined: "the Cashier refused for good"
        case .failed: "given up: attempts or time were used up, or a person decided so"
        case .expired: "not_after passed before it was sent; nothing was ever sent in this generation"
        case .cancelled: "a person cancelled it"
        }
    }

    /// What happens next and when.
    static func next(_ order: OrderDetail) -> String {
        switch order.next {
        case .nothing: ended(order)
        case .leased(let worker, let until): leased(order, worker ?? "a worker", until)
        case .due(let at): due(order, at)
        case .gated(let until, let reason):
            "The account \(order.summary.order.account) is closed until \(until.timeAndDistance(from: order.now))"
                + (reason.isEmpty ? "" : ", because: \(reason)") + ". After that the order goes on by itself."
        case .operatorDecides:
            "Nothing happens by itself: the outcome is unknown and could not be found out, so nothing more is sent. "
                + "Look in the Cashier's back office whether order \(order.summary.order.orderID) has a session."
        }
    }

    private static func ended(_ order: OrderDetail) -> String {
        switch order.summary.state {
        case .opened: return link(order)
        case .declined:
            return "Nothing: it has ended. Correct the job and send it under a new order_id"
                + (because(order).map { "; the Cashier said \($0)" } ?? "") + "."
        case .failed:
            return "Nothing: it has ended" + (because(order).map { ", last with \($0)" } ?? "")
                + ". If the session is still wanted, send a new order."
        case .expired: return "Nothing: it has ended. If the session is still wanted, send a new order."
        case .cancelled: return "Nothing: it has ended."
        // Not terminal: the store gives these another next step.
        case .ready, .sending, .verify: return "It goes on by itself."
        }
    }

    private static func link(_ order: OrderDetail) -> String {
        guard let expiry = order.expiresAt else { return "Nothing: it has ended, and the CRM has the link." }
        if expiry > order.now {
            return "Nothing: it has ended. The link is good until \(expiry.timeAndDistance(from: order.now))."
        }
        return "Nothing: it has ended. The link expired at \(expiry.timeAndDistance(from: order.now)); "
            + "for another one, send a new order."
    }

    private static func leased(_ order: OrderDetail, _ worker: String, _ until: Timestamp) -> String {
        let task = order.summary.state == .verify ? "looks up what became of it" : "is sending it"
        guard until > order.now else {
            return "\(worker) had it until \(until.timeAndDistance(from: order.now)) and did not report: the next worker "
                + "that runs looks up what became of it, within seconds. If this stays, no `usher run` is running."
        }
        return "\(worker) \(task) now. Should it die, another worker looks up the outcome after "
            + "\(until.timeAndDistance(from: order.now))."
    }

    private static func due(_ order: OrderDetail, _ at: Timestamp) -> String {
        let isNow = at <= order.now
        let when = isNow ? "as soon as a worker is free" : "at \(at.timeAndDistance(from: order.now))"
        let waits = isNow ? " It waits since \(at.timeAndDistance(from: order.now))." : ""
        let hint = isNow && at.duration(to: order.now) > .seconds(30)
            ? " That is long: is `usher run` running, and are calls to the account held back?" : ""
        guard order.summary.state != .verify else {
            return "What became of attempt \(order.summary.attempts) is looked up \(when); until that is known nothing "
                + "more is sent.\(waits)\(hint)"
        }
        let attempt = "Attempt \(order.summary.attempts + 1) starts \(when)"
        let cause = order.summary.attempts > 0 ? because(order).map { ", after the last one ended with \($0)" } ?? "" : ""
        if order.notAfter <= max(at, order.now) {
            return "It is not sent any more: not_after (\(order.notAfter.timeAndDistance(from: order.now))) comes first, "
                + "so it ends as expired, or as failed if it was sent before.\(hint)"
        }
        return "\(attempt)\(cause).\(waits)\(hint)"
    }

    /// `400: message`.
    private static func because(_ order: OrderDetail) -> String? {
        guard let code = order.summary.lastCode else { return nil }
        return order.summary.lastMessage.map { "\(code): \($0)" } ?? code
    }
}
