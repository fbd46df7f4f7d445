import CashierClient
import SessionCore

/// A question with what came back and what that means, in plain words. Pure.
struct ProbeExplanation: Equatable, Sendable {
    enum State: String, Equatable, Sendable {
        case answered
        /// It was asked, and the replies do not tell.
        case unclear
        case skipped
    }

    var question: ProbeQuestion
    var state: State
    var came: String
    var means: String
    var settings: [ProviderProfile.Setting]

    init(_ question: ProbeQuestion, _ record: ProbeRecord, _ facts: ProbeFacts, _ profile: ProviderProfile) {
        self.question = question
        settings = profile.settings.filter { $0.question == question }
        let words = Self.words(question, record, facts)
        if let words {
            (came, means, state) = (words.came, words.means, .answered)
        } else if !record.asked.contains(question) || record.skipped[question] != nil {
            (came, means, state) = (record.skipped[question] ?? "the probe ended before it", "not known", .skipped)
        } else {
            came = Self.seen(record, question)
            (means, state) = ("the replies do not tell; ask again, or ask the provider's support", .unclear)
        }
    }

    /// Nil where nothing can be told.
    private static func words(
        _ question: ProbeQuestion,
        _ record: ProbeRecord,
        _ facts: ProbeFacts
    ) -> (came: String, means: String)? {
        switch question {
        case .sameOrder: sameOrder(facts)
        case .afterExpiry: afterExpiry(facts)
        case .timestamps: timestamps(facts)
        case .replay: replay(facts)
        case .lostReply: lostReply(record, facts)
        case .lookUps: lookUps(record, facts)
        case .lengths: lengths(facts)
        case .errors: errors(record, facts)
        case .signatures: signatures(facts)
        case .ambiguity: ambiguity(facts)
        }
    }

    /// What came back, where it is not understood.
    private static func seen(_ record: ProbeRecord, _ question: ProbeQuestion) -> String {
        let replies = record.entries.filter { $0.key.question == question }.values.flatMap { $0.map(\.reply.words) }
        var counts: [String: Int] = [:]
        for reply in replies { counts[reply, default: 0] += 1 }
        let list = counts.sorted { $0.key < $1.key }.map { $0.value == 1 ? $0.key : "\($0.value) × \($0.key)" }
        return list.isEmpty ? "nothing" : list.joined(separator: ", ")
    }

    // MARK: Orders

    private static func sameOrder(_ facts: ProbeFacts) -> (String, String)? {
        guard let inTurn = facts.inTurn, let atOnce = facts.atOnce else { return nil }
        let came = "in turn: \(inTurn.words(of: 2)); at once: \(atOnce.words(of: 10))"
        if facts.isIdempotent { return (came, "sending an order again is safe: it gets the session that it has") }
        switch (inTurn, atOnce) {
        case (.fresh, .fresh): return (came, "each call opens a session: an order must never be sent again blindly")
        case (.refused, .refused):
            return (came, "an order opens one session: sending it again is refused, and its lost link stays lost")
        case (_, _): return (came, "what a second call does is not reliable: an order must never be sent again blindly")
        }
    }

    private static func afterExpiry(_ facts: ProbeFacts) -> (String, String)? {
        guard let again = facts.afterExpiry else { return nil }
        let status = facts.expiredStatus.map { "the look-up says `\($0)`; " } ?? ""
        switch again {
        case .fresh: return ("\(status)another session", "an expired order may be opened again under its own id")
        case .same:
            return (
                "\(status)the same session",
                "the session was not over: it lives longer than the account's session_lifetime"
            )
        case .refused, .mixed:
            return ("\(status)refused as not unique", "an order_id is used up for ever: reopening needs another one")
        }
    }

    private static func timestamps(_ facts: ProbeFacts) -> (String, String)? {
        guard !facts.isTakenAtAge.isEmpty, facts.validitySeconds != nil else { return nil }
        var parts = facts.isTakenAtAge.sorted { $0.key < $1.key }.map { age, isTaken in
            "signed \(age) s ago: \(isTaken ? "taken" : "refused")"
        }
        if let isFutureTaken = facts.isFutureTaken {
            parts.append("61 s ahead: \(isFutureTaken ? "taken" : "refused")")
        }
        if let difference = facts.clockDifference {
            let size = max(difference, .zero - difference)
            parts.append(
                size < .seconds(1)
                    ? "its clock agrees with ours"
                    : "its clock is \(size.inWords) \(difference < .zero ? "behind" : "ahead of") ours"
            )
        }
        let means: String
        switch facts.validitySeconds {
        case 60:
            means = "a request dies within 60 s, as documented: after that, “not found” proves that nothing was opened"
        case .max: means = "requests do not grow old: a delayed one may open a session at any time"
        case let seconds:
            means = "a request lives up to \(seconds ?? 0) s, longer than the documented 60 s: doubts must wait so long"
        }
        return (parts.joined(separator: ", "), means)
    }

    private static func replay(_ facts: ProbeFacts) -> (String, String)? {
        switch facts.replay {
        case .same: ("the same session", "a copy of a request does no harm")
        case .fresh, .mixed:
            ("another session", "whoever has a copy of a request can use it while it lives: TLS keeps it secret")
        case .refused: ("refused as not unique", "a copy of a request does no harm")
        case nil: nil
        }
    }

    // MARK: Look-ups

    private static func lostReply(_ record: ProbeRecord, _ facts: ProbeFacts) -> (String, String)? {
        guard let isCarriedOut = facts.isCarriedOutWhenDropped else {
            guard record.isHungUp == true else { return nil }
            switch facts.lookUps {
            case .refused, .findTriedOnly:
                return ("look-ups cannot tell", "nothing shows whether a lost answer has left a session behind")
            case .findOpen, nil: return nil
            }
        }
        guard isCarriedOut else {
            return ("the look-up finds nothing", "a request whose connection breaks at once may be dropped unread")
        }
        let found = record.entries[.lostLookUp]?.first { $0.reply.sight != nil }
        let after = found.map { $0.after == .zero ? "at once" : "after \($0.after.inWords)" } ?? ""
        return (
            "the look-up finds the session \(after)\(facts.doLookUpsShowURL ? "" : ", without its URL")",
            "a session exists although its answer was lost, and its link cannot be had back"
        )
    }

    private static func lookUps(_ record: ProbeRecord, _ facts: ProbeFacts) -> (String, String)? {
        let steps: [(String, ProbeStep)] = [
            ("unknown", .unknownOrder), ("open", .openOrder), ("expired", .expiredOrder), ("expired", .expired),
            ("paid", .paidOrder),
        ]
        let parts = steps.compactMap { name, step in
            record.replies(step).last.map { "\(name): \($0.lookUpWords)" }
        }
        guard !parts.isEmpty, facts.lookUps != nil || record.replies(.openOrder).isEmpty else { return nil }
        let means =
            switch facts.lookUps {
            case .findOpen(let after) where after > .zero:
                "look-ups tell what became of an order, but only \(after.inWords) after it was opened"
            case .findOpen: "look-ups tell what became of an order"
            case .findTriedOnly: "look-ups do not know an order until somebody tries to pay: “not found” proves nothing"
            case .refused: "this account may not look orders up"
            case nil: "open orders were not looked at"
            }
        return (parts.joined(separator: "; "), means)
    }

    // MARK: Lengths, errors, signatures

    private static func lengths(_ facts: ProbeFacts) -> (String, String)? {
        guard let longOrder = facts.longOrder, let areBytes = facts.areLengthsBytes else { return nil }
        let (first, means) =
            switch longOrder {
            case .refused: ("refused", "an overlong order_id opens nothing")
            case .cut(let length): ("cut to \(length)", "two long order_ids may become one: Usher refuses more than 50")
            case .taken: ("taken whole", "an order_id may be longer than documented; Usher refuses more than 50")
            }
        let unit = areBytes ? "refused, so lengths count bytes" : "taken, so lengths count characters"
        return ("order_id of 51 characters: \(first); agent_name of 17 characters in 34 bytes: \(unit)", means)
    }

    private static func errors(_ record: ProbeRecord, _ facts: ProbeFacts) -> (String, String)? {
        guard !facts.errorStatuses.isEmpty else { return nil }
        let statuses = facts.errorStatuses.map { "status \($0.status) with HTTP \($0.http)" }.joined(separator: ", ")
        let negative = facts.errorStatuses.contains { $0.status < 0 } ? "" : "; no negative status was met"
        let burst = record.replies(.burst)
        let limit =
            facts.isLimitSeen
            ? "; calls were refused as too many" : burst.isEmpty ? "" : "; \(burst.count) look-ups at once met no limit"
        let isBody = facts.errorStatuses.allSatisfy { $0.http == 200 }
        let means =
            isBody
            ? "errors are told in the body, so HTTP 200 says nothing by itself"
            : "errors are told by HTTP statuses as well as in the body, which decides"
        return (statuses + negative + limit, means)
    }

    private static func signatures(_ facts: ProbeFacts) -> (String, String)? {
        guard !facts.successSigning.isEmpty || !facts.errorSigning.isEmpty else { return nil }
        func list(_ signing: Set<ProbeReply.Signing>) -> String {
            signing.sorted { $0.rawValue < $1.rawValue }.map(\.words).joined(separator: ", ")
        }
        var parts: [String] = []
        if !facts.successSigning.isEmpty { parts.append("sessions: \(list(facts.successSigning))") }
        if !facts.errorSigning.isEmpty { parts.append("errors: \(list(facts.errorSigning))") }
        let means: String
        if facts.successSigning == [.right] {
            means = "the link is vouched for; order and customer are not signed, so Usher compares what is echoed"
        } else if facts.successSigning.isEmpty {
            means = "no session was opened to look at"
        } else {
            means = "a link that is not signed as documented is never used: no session would be reported"
        }
        return (parts.joined(separator: "; "), means)
    }

    private static func ambiguity(_ facts: ProbeFacts) -> (String, String)? {
        guard let isAmbiguous = facts.isAmbiguous else { return nil }
        return isAmbiguous
            ? (
                "both opened",
                "the signature does not part its fields, as documented: Usher compares the echoed order and customer"
            )
            : (
                "the second refused",
                "the signature tells the two apart, unlike documented: ask the provider's support how"
            )
    }
}
