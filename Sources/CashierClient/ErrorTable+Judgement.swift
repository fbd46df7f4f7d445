package import SessionCore

/// What the error table makes of a reply that is no success.
package struct ErrorJudgement: Equatable, Sendable {
    package var outcome: CallOutcome
    /// The answer's code: the rule's name, the provider's number, or a name of Usher's.
    package var code: String
    /// What it means, without the provider's own words.
    package var advice: String
    /// The rule that fits; nil when none does and the outcome is unknown for want of one.
    package var rule: ErrorRule?
    /// Whether no rule names the code.
    package var isUnlisted: Bool

    package var verdict: String { outcome.verdict }
}

extension CallOutcome {
    /// One word: the class of a refusal, or what the outcome is called.
    package var verdict: String {
        switch self {
        case .refused(let errorClass): errorClass.rawValue
        case .unknown: "unknown"
        case .notFound: "not_found"
        case .lookUpRefused: "look_up_refused"
        case .notSent: "not_sent"
        case .opened: "opened"
        case .found: "found"
        }
    }
}

extension ErrorTable {
    /// Judges a reply whose body says no (`status` below or above zero) or is none of the provider's (`status` nil).
    ///
    /// - Parameters:
    ///   - text: the body's description.
    ///   - unread: the code for a reply with a success's HTTP status and no body of the provider's.
    package func judge(
        status: Int64?,
        text: [UInt8],
        httpStatus: Int,
        kind: CashierCall.Kind,
        unread: String = "not_json"
    ) -> ErrorJudgement {
        if (300..<400).contains(httpStatus) {
            return unknown("redirect", "The endpoint answers with a redirect, which is never followed: check its URL.")
        }
        if let rule = rule(status: status, text: text, httpStatus: httpStatus) {
            return judgement(by: rule, status.map { String($0) } ?? "http_\(httpStatus)", kind)
        }
        guard let status else {
            let isSuccess = (200..<300).contains(httpStatus)
            return unknown(
                isSuccess ? unread : "http_\(httpStatus)",
                "HTTP \(httpStatus) without an answer of the Cashier's.",
                isUnlisted: (400..<500).contains(httpStatus)
            )
        }
        // A gateway in between may write its own numbers into JSON, under any HTTP status; only a rule that names such
        // a number outweighs it.
        guard status > 0, !Self.isInconclusive(httpStatus: httpStatus), !Self.isInconclusive(code: status) else {
            return unknown(String(status), "The Cashier answered with an error.", isUnlisted: status > 0)
        }
        var judgement = judgement(by: unlisted, String(status), kind)
        judgement.isUnlisted = true
        return judgement
    }

    /// HTTP statuses with which the request may have been carried out all the same.
    package static func isInconclusive(httpStatus: Int) -> Bool {
        httpStatus >= 500 || [408, 425, 429].contains(httpStatus)
    }

    private func judgement(by rule: ErrorRule, _ code: String, _ kind: CashierCall.Kind) -> ErrorJudgement {
        ErrorJudgement(
            outcome: Self.outcome(of: rule, kind),
            code: rule.name ?? code,
            advice: rule.advice,
            rule: rule,
            isUnlisted: false
        )
    }

    /// A look-up that is refused says nothing about the job, so it never declines it.
    private static func outcome(of rule: ErrorRule, _ kind: CashierCall.Kind) -> CallOutcome {
        switch (kind, rule.errorClass) {
        case (_, .verify): .unknown
        case (.open, let errorClass): .refused(errorClass)
        case (.lookUp, .declined): rule.meansNotFound ? .notFound : .lookUpRefused
        case (.lookUp, .configFault): rule.status == .exactly(403) ? .lookUpRefused : .refused(.configFault)
        case (.lookUp, let errorClass): .refused(errorClass)
        }
    }

    private func unknown(_ code: String, _ advice: String, isUnlisted: Bool = false) -> ErrorJudgement {
        ErrorJudgement(outcome: .unknown, code: code, advice: advice, rule: nil, isUnlisted: isUnlisted)
    }
}
