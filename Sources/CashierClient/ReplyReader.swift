import CashierSignature
package import Cryptography
package import SessionCore

/// Reads the provider's replies. Pure: the same reply at the same moment is the same answer.
///
/// The body decides first and the HTTP status after it, because it is not published which HTTP status comes with an
/// error. Only positive proof counts: what is neither a session that passes every check nor a documented refusal is
/// `unknown`.
package struct ReplyReader: Sendable {
    /// What was asked, to compare the reply with.
    package enum Expectation: Equatable, Sendable {
        case open(SharedRequest)
        case lookUp(orderID: String)
    }

    let account: SharedAccount
    /// Those that verify.
    private let secrets: [Secret]
    let expectation: Expectation
    /// The moment of the reply by the clock that signs requests.
    let now: Timestamp
    /// Looked at only when a reply says no; nil: the account's own table.
    private let tableInForce: TableInForce?

    /// - Parameter secrets: those that verify, where they are no longer the account's; nil for its own.
    package init(account: CashierAccount, secrets: [Secret]? = nil, expectation: Expectation, now: Timestamp) {
        self.init(
            account: SharedAccount(account),
            secrets: secrets,
            expectation: expectation,
            now: now,
            tableInForce: nil
        )
    }

    init(
        account: SharedAccount,
        secrets: [Secret]?,
        expectation: Expectation,
        now: Timestamp,
        tableInForce: TableInForce?
    ) {
        self.account = account
        self.secrets = secrets ?? account.value.secrets
        self.expectation = expectation
        self.now = now
        self.tableInForce = tableInForce
    }

    /// The answer, without the time that it took.
    package func classify(_ reply: HTTPReply) -> CashierAnswer {
        var answer = read(reply)
        answer.httpStatus = reply.status
        if case .opened = answer.outcome { return answer }
        answer.providerSeconds = answer.providerSeconds ?? reply.header("Date").flatMap(HTTPDate.parse)?.seconds
        answer.retryAfter = RetryAfter.read(reply, now: now)
        return answer
    }

    private func read(_ reply: HTTPReply) -> CashierAnswer {
        if (300..<400).contains(reply.status) { return withoutBody(reply, code: "redirect") }
        guard let document = ReplyDocument(reply.body, others: signedFields?.others ?? []) else {
            return withoutBody(reply, code: "not_json")
        }
        return document.withFields { read($0, reply) }
    }

    private func read(_ document: ReplyFields, _ reply: HTTPReply) -> CashierAnswer {
        guard let status = document.integer(.status) else { return withoutBody(reply, code: "no_status") }
        var answer = judge(status, document, reply)
        answer.providerSeconds = document.integer(.timestamp)
        return answer
    }

    private func judge(_ status: Int64, _ document: ReplyFields, _ reply: HTTPReply) -> CashierAnswer {
        guard status == 0 else { return refusal(status, document, reply) }
        guard (200..<300).contains(reply.status) else {
            return unknown("http_\(reply.status)", "The answer says success, its HTTP status does not.")
        }
        switch expectation {
        case .open(let request): return opening(request, document, reply)
        case .lookUp(let orderID): return sighting(orderID, document, reply)
        }
    }

    // MARK: Success

    private func opening(_ request: SharedRequest, _ document: ReplyFields, _ reply: HTTPReply) -> CashierAnswer {
        guard isSigned(document, reply, over: account.value.responseFields) else { return badSignature }
        if let field = wrongEcho(of: request, in: document) {
            return unknown(AnswerCode.echo, "The answer is for another request: its \(field) is missing or different.")
        }
        guard let seconds = document.integer(.timestamp), isFresh(seconds) else { return stale }
        let url: Result<String, RedirectFault> =
            document.withText(.redirectURL) { account.value.redirectURL($0) } ?? .failure(.missing)
        switch url {
        case .failure(let fault): return unknown(AnswerCode.url, "Not handed on: \(fault.rawValue).")
        case .success(let url):
            let session = Self.session(url, at: Timestamp(seconds: seconds), document)
            return CashierAnswer(outcome: .opened(session), code: "0", message: "")
        }
    }

    private static func session(_ url: String, at moment: Timestamp, _ document: ReplyFields) -> OpenedSession {
        OpenedSession(
            redirectURL: url,
            answeredAt: moment,
            status: document.shortText(.sessionStatus),
            intent: document.shortText(.intent),
            currency: document.shortText(.currency),
            amount: document.integer(.amount),
            paymentMethod: document.shortText(.paymentMethod),
            gateway: document.shortText(.gateway),
            customerToken: document.shortText(.customerToken),
            customerCountry: document.shortText(.customerCountry),
            avsAlert: document.integer(.avsAlert),
            verificationAlert: document.integer(.verificationAlert)
        )
    }

    private func sighting(_ orderID: String, _ document: ReplyFields, _ reply: HTTPReply) -> CashierAnswer {
        if let fields = account.value.lookUpResponseFields, !isSigned(document, reply, over: fields) {
            return badSignature
        }
        guard document.echoes(.orderID, orderID) else {
            return unknown(AnswerCode.echo, "The look-up's answer is for another order, or names no session.")
        }
        if let seconds = document.integer(.timestamp), !isFresh(seconds) { return stale }
        // A transaction without a readable status may be any.
        let transaction =
            document.has(.transaction) ? document.shortText(.transactionStatus) ?? "" : nil
        let status = document.shortText(.sessionStatus) ?? ""
        let (sight, isKnown) = SessionVocabulary.sight(session: status, transaction: transaction)
        return CashierAnswer(
            outcome: .found(sight),
            code: isKnown ? AnswerCode.found : AnswerCode.foundUnclear,
            message: isKnown ? "" : "The session has a status that is not known; it counts as used."
        )
    }

    /// The first field that the answer should repeat and does not.
    private func wrongEcho(of request: SharedRequest, in document: ReplyFields) -> String? {
        func echoes(_ field: ReplyField, _ asked: SharedRequest.Field) -> Bool {
            request.withText(asked) { document.echoes(field, $0) } ?? false
        }
        if !echoes(.orderID, .orderID) { return "order_id" }
        if !echoes(.cid, .cid) { return "cid" }
        if account.value.echoes.contains(.intent), document.has(.intent),
            !document.echoes(.intent, request.intent.rawValue)
        {
            return "intent"
        }
        if account.value.echoes.contains(.currency), document.has(.currency),
            !echoes(.currency, .currency)
        {
            return "currency"
        }
        if account.value.echoes.contains(.amount), let amount = request.amount, document.has(.amount),
            document.integer(.amount) != amount
        {
            return "amount"
        }
        return nil
    }

    private func isFresh(_ seconds: Int64) -> Bool {
        let expected = now.seconds
        let (difference, isTooFar) = seconds.subtractingReportingOverflow(expected)
        return !isTooFar && difference.magnitude <= UInt64(account.value.freshness.components.seconds)
    }

    private func isSigned(_ document: ReplyFields, _ reply: HTTPReply, over fields: SignatureFields) -> Bool {
        guard document.canSign(fields) else { return false }
        return reply.withHeader(account.value.responseHeader) { signature in
            Signature.isValid(signature, secrets: secrets) { document.add(fields, to: $0) }
        } ?? false
    }

    // MARK: Refusal

    private func refusal(_ status: Int64, _ document: ReplyFields, _ reply: HTTPReply) -> CashierAnswer {
        guard isCredible(document, reply) else { return badSignature }
        let text = document.text(.description) ?? []
        return answer(table.judge(status: status, text: text, httpStatus: reply.status, kind: kind), text)
    }

    /// Basic errors come unsigned; one that is signed must be signed rightly to be believed.
    private func isCredible(_ document: ReplyFields, _ reply: HTTPReply) -> Bool {
        guard let fields = signedFields else { return true }
        switch account.value.errorSignatures {
        case .ignored: return true
        case .optional where !reply.hasHeader(account.value.responseHeader): return true
        case .optional, .required: return isSigned(document, reply, over: fields)
        }
    }

    /// What the answer is signed over; nil if that is not known.
    private var signedFields: SignatureFields? {
        switch expectation {
        case .open: account.value.responseFields
        case .lookUp: account.value.lookUpResponseFields
        }
    }

    /// No answer of the provider's: an edge, a proxy, or a broken body.
    private func withoutBody(_ reply: HTTPReply, code: String) -> CashierAnswer {
        answer(table.judge(status: nil, text: [], httpStatus: reply.status, kind: kind, unread: code), [])
    }

    private func answer(_ judgement: ErrorJudgement, _ description: [UInt8]) -> CashierAnswer {
        CashierAnswer(
            outcome: judgement.outcome,
            code: judgement.code,
            message: message(judgement.advice, description),
            retry: judgement.rule.flatMap { $0.retry == RetryRule() ? nil : $0.retry }
        )
    }

    private var table: ErrorTable {
        tableInForce?.table ?? account.value.errorTable
    }

    private var kind: CashierCall.Kind {
        switch expectation {
        case .open: .open
        case .lookUp: .lookUp
        }
    }

    // MARK: Words

    private func message(_ advice: String, _ description: [UInt8]) -> String {
        let text = Redaction.redact(description)
        guard !text.isEmpty else { return advice }
        let whole = Array("\(advice) Its words: ".utf8) + text
        return String(decoding: whole.prefix(Redaction.bytesMax), as: UTF8.self)
    }

    private func unknown(_ code: String, _ message: String) -> CashierAnswer {
        CashierAnswer(outcome: .unknown, code: code, message: message)
    }

    private var badSignature: CashierAnswer {
        unknown(AnswerCode.badSignature, "The answer's signature is missing or wrong; nothing in it was used.")
    }

    private var stale: CashierAnswer {
        unknown(
            AnswerCode.stale,
            "The answer's timestamp is missing or too far from the clock; nothing in it was used."
        )
    }
}
