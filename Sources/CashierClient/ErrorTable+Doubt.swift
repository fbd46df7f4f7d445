import SessionCore

extension ErrorTable {
    /// Which replies of unknown outcome a rule, put first, would take for a definite answer: after such a reply a
    /// session may exist, and to decline the job or to send it again without a look-up breaks the promise not to
    /// repeat blindly. Each is a noun phrase for people; empty when the rule is safe.
    package func doubts(of rule: ErrorRule) -> [String] {
        guard !rule.errorClass.leavesOpen else { return [] }
        var doubts: [String] = []
        if let httpStatus = rule.httpStatus, Self.isInconclusive(httpStatus: httpStatus) {
            doubts.append("HTTP \(httpStatus), with which the request may have been carried out all the same")
        }
        switch rule.status {
        case .negative: doubts.append("codes below zero, which are internal errors of the Cashier")
        case .exactly(let code) where code < 0: doubts.append("code \(code), an internal error of the Cashier")
        case .exactly(let code) where Self.isInconclusive(code: code):
            doubts.append("code \(code), which a gateway that lost the answer may write as well")
        // A rule without a code has an HTTP status, or it would fit nothing.
        case .none where (200..<300).contains(rule.httpStatus ?? 0):
            doubts.append("an HTTP success without a readable body, which may be a session's that was cut short")
        case .exactly, .none, .unlisted: break
        }
        for known in rules where known.errorClass.leavesOpen && known.mayMeet(rule) {
            doubts.append("what rule \(known.id) leaves unknown (\(known.advice))")
        }
        if unlisted.errorClass.leavesOpen, takesUnlisted(rule) {
            doubts.append("what rule \(unlisted.id) leaves unknown (\(unlisted.advice))")
        }
        return doubts
    }

    /// Whether a rule, put first, takes answers that the rule `unlisted` is for now; what is inconclusive never is.
    private func takesUnlisted(_ rule: ErrorRule) -> Bool {
        switch rule.status {
        case .unlisted: return true
        case .exactly(let code):
            guard code > 0, !Self.isInconclusive(code: code) else { return false }
            if let httpStatus = rule.httpStatus, Self.isInconclusive(httpStatus: httpStatus) { return false }
            return !rules.contains { $0.takesAll(of: rule) }
        case .negative, .none: return false
        }
    }

    /// Codes of a body that a gateway may have written which lost the provider's answer.
    static func isInconclusive(code: Int64) -> Bool {
        (500..<600).contains(code) || [408, 425, 429].contains(code)
    }
}

extension ErrorRule {
    /// Whether some answer that this rule is for is one that `other` is for too. Texts are tried with this rule's own
    /// words; what else a text may say is not known.
    fileprivate func mayMeet(_ other: ErrorRule) -> Bool {
        let statusMeets =
            switch (status, other.status) {
            case (.exactly(let one), .exactly(let two)): one == two
            case (.negative, .exactly(let code)), (.exactly(let code), .negative): code < 0
            case (.negative, .negative), (.none, .none), (.unlisted, .unlisted): true
            case (.negative, _), (.exactly, _), (.none, _), (.unlisted, _): false
            }
        guard statusMeets, httpStatus == nil || other.httpStatus == nil || httpStatus == other.httpStatus else {
            return false
        }
        return text.isForAny || text.samples.contains { other.text.matches($0) }
    }

    /// Whether this rule is for every answer that `other` is for. Texts that differ are taken for different answers.
    fileprivate func takesAll(of other: ErrorRule) -> Bool {
        guard status == other.status, httpStatus == nil || httpStatus == other.httpStatus else { return false }
        return text.isForAny || text == other.text
    }
}
