import PostgresStore
import SessionCore

/// What happens to an order next, and when, in words. Pure.
struct Outlook {
    private let order: OrderDetail
    private let summary: OrderSummary
    private let now: Timestamp

    init(_ order: OrderDetail) {
        self.order = order
        summary = order.summary
        now = order.now
    }

    var text: String {
        let sentences = [absence, step, lateness, delivery].compactMap { $0 }
        return sentences.joined(separator: " ")
    }

    /// Why nothing happens for now, where a worker is to do something.
    private var absence: String? {
        switch order.next {
        case .nothing, .operatorDecides: return nil
        case .leased, .due, .held: break
        }
        switch order.attendance {
        case .served: return nil
        case .nobody: return "No worker runs: nothing happens until one does (`usher run`)."
        case .withoutAccount:
            let none = "No worker that runs has the account \(summary.order.account)"
            return "\(none): put it back under `accounts` as it was, or start a worker that has it."
        }
    }

    private var step: String {
        switch order.next {
        case .nothing: ended
        case .leased(let worker, let until): leased(worker, until)
        case .due(let at): due(at)
        case .held(let until, let reason): held(until, reason)
        case .operatorDecides: parked
        }
    }

    private var ended: String {
        switch summary.state {
        case .opened: "Nothing more is sent: it has ended. \(link)"
        case .declined:
            "Nothing more is sent: it has ended. Mend what the Cashier refused and enqueue it under a new order id."
        case .failed, .expired, .cancelled:
            "Nothing more is sent: it has ended. \(doubt ?? "If the session is still wanted,") "
                + "enqueue it under a new order id."
        case .ready, .sending, .verify:
            "Nothing: it has ended."
        }
    }

    /// What to do first where the history leaves open whether the Cashier has a session of the order.
    private var doubt: String? {
        switch order.attempts.last?.record.outcome {
        case "found_used":
            "Its session was used, though its link was lost: look in the Cashier's back office what the customer did. "
                + "Only if nothing was paid,"
        case "unknown", "found_open", "look_up_refused", "look_up_failed":
            "Whether a session was opened is not known: look the order up in the Cashier's back office. "
                + "Only if none is open,"
        case _:
            nil
        }
    }

    private var link: String {
        guard let expiresAt = order.expiresAt else { return "How long its link works is not known." }
        return expiresAt > now
            ? "Its link works until \(when(expiresAt))."
            : "Its link stopped working at \(when(expiresAt)); a new link needs a new order id."
    }

    private func leased(_ worker: String?, _ until: Timestamp) -> String {
        let holder = worker.map { "Worker \($0)" } ?? "A worker"
        guard until > now else {
            let then =
                summary.state == .ready
                ? "any worker may take it." : "what was sent is looked up, not sent again blindly."
            return "\(holder) had it and did not answer by \(when(until)). Within seconds of a running worker, \(then)"
        }
        switch summary.state {
        case .sending:
            return "\(holder) is calling the Cashier. If nothing is heard from it by \(when(until)), another worker "
                + "looks the order up."
        case .verify:
            return "\(holder) is looking the order up. If nothing is heard from it by \(when(until)), another worker "
                + "does."
        case .ready, .opened, .declined, .failed, .expired, .cancelled:
            return "\(holder) is ending it: its not_after has passed."
        }
    }

    private func due(_ at: Timestamp) -> String {
        if summary.state == .verify {
            guard at > now else { return "It is looked up as soon as a worker is free\(pointer). \(noBlindRepeat)" }
            return "It is looked up at \(when(at)). \(noBlindRepeat)"
        }
        if at >= order.notAfter || now >= order.notAfter { return runsOut(order.notAfter) }
        let again = summary.attempts == 0 ? "" : " again"
        if at > now { return "It is sent\(again) at \(when(at)), or as soon after that as a worker is free." }
        return "It is sent\(again) as soon as a worker is free\(pointer); it has been due since \(when(at))."
    }

    private func held(_ until: Timestamp?, _ reason: String) -> String {
        let account = summary.order.account
        let end = until.map { " until \(when($0))" } ?? ""
        let held = "The account \(account) is held\(end)\(reason.isEmpty ? "" : ": \(reason)")"
        let status = until == nil ? " (`usher account status \(ShellWord.quoted(account))` tells when it is tried)" : ""
        if summary.state == .verify { return "\(held). It is looked up after that\(status)." }
        if now >= order.notAfter {
            let outcome = summary.attempts == 0 ? JobState.expired : .failed
            return "\(held). Its not_after was \(when(order.notAfter)): a worker ends it as \(outcome.name) all the "
                + "same, within minutes\(pointer)."
        }
        if let until, until >= order.notAfter {
            return "\(held). Its not_after is \(when(order.notAfter)), so it ends unopened then."
        }
        return "\(held). It is sent\(summary.attempts == 0 ? "" : " again") after that\(status)."
    }

    private func runsOut(_ notAfter: Timestamp) -> String {
        let end = summary.attempts == 0 ? JobState.expired : .failed
        return notAfter > now
            ? "No attempt is left before its not_after: it ends as \(end.name) at \(when(notAfter))."
            : "Its not_after was \(when(notAfter)): the next free worker\(pointer) ends it as \(end.name)."
    }

    private var parked: String {
        guard summary.state == .verify else { return "It waits for an operator: nothing happens by itself." }
        return "Nothing happens by itself: whether a session was opened is unknown, and the account's unknown_policy "
            + "leaves that to an operator. Look the order up in the Cashier's back office; nobody has got its link. "
            + "Then: \(DecideVerb.line(of: summary.order))."
    }

    private var noBlindRepeat: String {
        "Nothing is sent again before it is known what became of the last attempt."
    }

    /// Where to look while a worker is there and it does not go on.
    private var pointer: String {
        order.attendance == .served ? " (`usher doctor` tells if something is in the way)" : ""
    }

    /// Only where the time left matters: it may still be sent.
    private var lateness: String? {
        guard summary.state == .ready, summary.attempts == 0, order.notAfter > now else { return nil }
        switch order.next {
        case .due(let at): if at >= order.notAfter { return nil }
        case .held(let until, _): if let until, until >= order.notAfter { return nil }
        case .nothing, .leased, .operatorDecides: return nil
        }
        return "Unsent by \(when(order.notAfter)), it expires."
    }

    /// That results wait to be published, where some do.
    var delivery: String? {
        let pending = order.results.count { $0.isPending }
        guard pending > 0 else { return nil }
        let results = "\(OrderWords.counted(pending, "result")) \(pending == 1 ? "waits" : "wait") to be published"
        return order.attendance == .nobody
            ? "\(results), and no worker runs that would do it (`usher run`)."
            : "\(results) (`usher doctor` tells if something is in the way)."
    }

    private func when(_ moment: Timestamp) -> String {
        moment.timeAndDistance(from: now)
    }
}
