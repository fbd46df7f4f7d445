package import SessionCore

/// What the error table judges a reply by.
package struct ReplyFacts: Equatable, Sendable {
    package var httpStatus: Int
    /// Nil without a body of the provider's.
    package var status: Int64?
    /// The body's description as it came: not for logs.
    package var text: [UInt8]
    /// Why there is no status: `not_json` or `no_status`.
    package var unread: String

    package init(_ reply: HTTPReply) {
        httpStatus = reply.status
        let document = (300..<400).contains(reply.status) ? nil : ReplyDocument(reply.body)
        let (status, text) = document?.withFields { ($0.integer(.status), $0.text(.description)) } ?? (nil, nil)
        self.status = status
        self.text = status == nil ? [] : text ?? []
        unread = document == nil ? "not_json" : "no_status"
    }

    /// The description without what may name a person, a card or a session; at most 256 bytes.
    package var redactedText: String {
        String(decoding: Redaction.redact(text), as: UTF8.self)
    }
}

extension ErrorTable {
    /// Judges a reply that is no success.
    package func judge(_ facts: ReplyFacts, kind: CashierCall.Kind) -> ErrorJudgement {
        judge(status: facts.status, text: facts.text, httpStatus: facts.httpStatus, kind: kind, unread: facts.unread)
    }

    /// Judges a reply that was kept, by the redacted words that are left of it. Nil for one that no table decides.
    package func judge(_ reply: ReplyRecord) -> ErrorJudgement? {
        guard reply.isByTable else { return nil }
        return judge(
            status: reply.status,
            text: Array(reply.text.utf8),
            httpStatus: reply.httpStatus,
            kind: reply.kind == AttemptRecord.lookUp ? .lookUp : .open,
            unread: reply.code
        )
    }
}

extension CashierAnswer {
    /// Whether the provider did what it was asked.
    var isSuccess: Bool {
        switch outcome {
        case .opened, .found: true
        case .refused, .notSent, .unknown, .notFound, .lookUpRefused: false
        }
    }
}

extension ReplyRecord {
    /// A reply with what it was taken as. Reads the reply once more: refusals are few.
    init(_ reply: HTTPReply, _ answer: CashierAnswer, to call: CashierCall, by table: ErrorTable) {
        let facts = ReplyFacts(reply)
        let isByTable = facts.status != 0 && answer.code != AnswerCode.badSignature
        let judgement = isByTable ? table.judge(facts, kind: call.kind) : nil
        self.init(
            order: call.job.order,
            kind: call.kind == .lookUp ? AttemptRecord.lookUp : AttemptRecord.open,
            httpStatus: reply.status,
            status: facts.status,
            text: facts.redactedText,
            isByTable: isByTable,
            isUnlisted: judgement?.isUnlisted ?? false,
            verdict: answer.outcome.verdict,
            code: answer.code,
            ruleID: judgement?.rule?.id
        )
    }
}
