import CashierClient

extension ProbeFacts.Again {
    /// For so many calls.
    func words(of calls: Int) -> String {
        switch self {
        case .same: "the same session \(calls == 2 ? "twice" : "\(calls) times")"
        case .fresh: "\(calls) sessions"
        case .refused: "one session, the \(calls == 2 ? "second call" : "others") refused as not unique"
        case .mixed(let sessions): "\(sessions) sessions"
        }
    }
}

extension ProbeReply {
    /// What a look-up told.
    var lookUpWords: String {
        if isNotFound { return "not found (\(words))" }
        guard sight != nil else { return "\(words)" }
        var parts = ["session `\(sessionStatus ?? "without status")`"]
        if let transactionStatus { parts.append("transaction `\(transactionStatus)`") }
        parts.append(hasURL ? "with its URL" : "no URL")
        return parts.joined(separator: ", ")
    }
}

extension ProbeReply.Signing {
    var words: String {
        switch self {
        case .absent: "unsigned"
        case .right: "signed as documented"
        case .withoutURL: "signed without redirect_url"
        case .wrong: "signed over something else"
        }
    }
}

extension ProbeStep {
    /// The question that it is for.
    var question: ProbeQuestion {
        switch self {
        case .twice, .atOnce: .sameOrder
        case .expiring, .expired, .afterExpiry: .afterExpiry
        case .shifted: .timestamps
        case .replay: .replay
        case .lostLookUp: .lostReply
        case .unknownOrder, .openingForLookUp, .openOrder, .expiredOrder, .paidOrder: .lookUps
        case .longOrder, .wideAgent: .lengths
        case .wrongSignature, .brokenBody, .burst: .errors
        case .signed: .signatures
        case .ambiguous: .ambiguity
        }
    }
}
