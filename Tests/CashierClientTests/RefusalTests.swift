import SessionCore
import Testing

@testable import CashierClient

@Suite("Replies that say no, or nothing")
struct RefusalTests {
    private func classify(
        _ reply: HTTPReply,
        account: CashierAccount = Sample.account(),
        lookUp: Bool = false
    ) -> CashierAnswer {
        ReplyReader(
            account: account,
            expectation: lookUp ? .lookUp(orderID: "o-1") : .open(SharedRequest(Sample.request())),
            now: Timestamp(seconds: Sample.signedAt)
        ).classify(reply)
    }

    /// A row of the provider's error list.
    struct Row: Sendable, CustomTestStringConvertible {
        var status: Int64
        var text: String
        var outcome: CallOutcome
        var code: String

        init(_ status: Int64, _ text: String, _ outcome: CallOutcome, code: String? = nil) {
            self.status = status
            self.text = text
            self.outcome = outcome
            self.code = code ?? String(status)
        }

        var testDescription: String { "\(status) \(text)" }
    }

    static let rows: [Row] = [
        Row(-1, "Internal error", .unknown),
        Row(-100, "", .unknown),
        Row(333, "Service is under maintenance, try again later", .refused(.maintenance)),
        Row(999, "Generic error, contact support", .unknown),
        Row(400, "Request body is not a valid JSON", .refused(.declined)),
        Row(400, "Request must be JSON", .refused(.declined)),
        Row(400, "Timestamp is invalid: it is in the future", .refused(.retryFast), code: "timestamp"),
        Row(400, "Invalid timestamp. Must be at most 60 seconds old", .refused(.retryFast), code: "timestamp"),
        Row(400, "timestamp is missing", .refused(.declined)),
        Row(400, "The timestamp is not in unix seconds", .refused(.declined)),
        Row(400, "Input validation failed", .refused(.declined)),
        Row(400, "Input validation failed: conversion_rate", .refused(.declined)),
        Row(400, "order_id is not unique", .unknown, code: "not_unique"),
        Row(400, "Duplicate order_id", .unknown, code: "not_unique"),
        Row(400, "Version is missing", .refused(.configFault)),
        Row(400, "Unsupported version", .refused(.configFault)),
        Row(400, "Invalid signature", .refused(.configFault)),
        Row(400, "GT-Authentication header is missing", .refused(.configFault)),
        Row(400, "merchant_id is missing", .refused(.configFault)),
        Row(400, "Transaction not found", .refused(.declined), code: "not_found"),
        Row(400, "something that is not listed", .refused(.declined)),
        Row(400, "", .refused(.declined)),
        Row(401, "Account not found, disabled or signature does not match", .refused(.configFault)),
        Row(401, "User not found", .refused(.configFault)),
        Row(401, "Website not found or disabled", .refused(.configFault)),
        Row(401, "API access is disabled, contact support", .refused(.configFault)),
        Row(403, "Agent API is disabled", .refused(.configFault)),
        Row(406, "IP is not whitelisted", .refused(.configFault)),
        Row(406, "Insufficient permissions for merchant account", .refused(.configFault)),
        Row(2, "Withdrawal has another owner", .refused(.declined)),
        Row(3, "Withdrawal is taken", .refused(.declined)),
        Row(777, "not in any list", .refused(.declined)),
    ]

    @Test("each code of the provider's lists", arguments: rows)
    func code(_ row: Row) {
        let answer = classify(SampleReply.refused(row.status, row.text).reply)
        #expect(answer.outcome == row.outcome)
        #expect(answer.code == row.code)
        #expect(!answer.message.isEmpty && answer.message.utf8.count <= 256)
    }

    @Test(
        "a documented refusal counts with every HTTP status but a redirect",
        arguments: [200, 400, 401, 404, 500, 503]
    )
    func bodyFirst(_ httpStatus: Int) {
        var reply = SampleReply.refused(400, "Input validation failed")
        reply.httpStatus = httpStatus
        #expect(classify(reply.reply).outcome == .refused(.declined))
        reply.httpStatus = 302
        #expect(classify(reply.reply).outcome == .unknown)
    }

    @Test(
        "an undocumented number under an inconclusive HTTP status proves nothing",
        arguments: [408, 425, 429, 500, 503]
    )
    func gateways(_ httpStatus: Int) {
        var reply = SampleReply.refused(777, "upstream timed out")
        reply.httpStatus = httpStatus
        #expect(classify(reply.reply).outcome == .unknown)
    }

    @Test(
        "a number that gateways write proves nothing under any HTTP status, unless a rule names it",
        arguments: [408, 425, 429, 500, 503, 599] as [Int64]
    )
    func gatewayNumbers(_ status: Int64) {
        let reply = SampleReply.refused(status, "upstream timed out").reply
        for isLookUp in [false, true] {
            let answer = classify(reply, lookUp: isLookUp)
            #expect(answer.outcome == .unknown)
            #expect(answer.code == String(status))
        }
        var account = Sample.account()
        account.errorTable.unlisted.errorClass = .retrySlow
        #expect(classify(reply, account: account).outcome == .unknown, "the default is not for it")
        let rule = ErrorRule("own", .exactly(status), .limited, advice: "The Cashier limits calls.")
        account.errorTable = account.errorTable.adding(rule)
        #expect(classify(reply, account: account).outcome == .refused(.limited))
    }

    @Test("numbers beside those that gateways write are the provider's", arguments: [407, 430, 499, 600] as [Int64])
    func providerNumbers(_ status: Int64) {
        #expect(classify(SampleReply.refused(status, "no").reply).outcome == .refused(.declined))
    }

    @Test("an unlisted code is what the account says")
    func unlisted() {
        var account = Sample.account()
        account.errorTable.unlisted.errorClass = .verify
        #expect(classify(SampleReply.refused(777, "?").reply, account: account).outcome == .unknown)
    }

    @Test("an error that is signed must be signed rightly")
    func signedErrors() {
        var reply = SampleReply.refused(400, "Input validation failed")
        reply["timestamp"] = .number(Sample.signedAt)
        reply.secret = Sample.secret
        #expect(classify(reply.reply).outcome == .refused(.declined))
        reply.secret = "other"
        #expect(classify(reply.reply).outcome == .unknown)
        #expect(classify(reply.reply).code == "bad_signature")
    }

    /// An answer that is not the provider's JSON.
    struct Bare: Sendable, CustomTestStringConvertible {
        var httpStatus: Int
        var body: String
        var code: String

        var testDescription: String { "HTTP \(httpStatus) with \(body.prefix(24))" }
    }

    static let bare: [Bare] = [200, 204, 400, 401, 403, 404, 405, 408, 425, 429, 500, 502, 503, 504].flatMap { status in
        ["", "<html><body>Maintenance</body></html>", "{\"status\":0,", "[0]", "\u{FEFF}{\"status\":0}", "\"0\""].map {
            Bare(httpStatus: status, body: $0, code: status < 300 ? "not_json" : "http_\(status)")
        }
    }
    static let others = [
        Bare(httpStatus: 301, body: "", code: "redirect"),
        Bare(httpStatus: 302, body: "{\"status\":400,\"description\":\"Input validation failed\"}", code: "redirect"),
        Bare(httpStatus: 308, body: "", code: "redirect"),
        Bare(httpStatus: 200, body: "{}", code: "no_status"),
        Bare(httpStatus: 200, body: "{\"status\":null}", code: "no_status"),
        Bare(httpStatus: 503, body: "{\"message\":\"no\"}", code: "http_503"),
    ]

    @Test("what is not the provider's answer is unknown", arguments: bare + others)
    func bare(_ bare: Bare) {
        for isLookUp in [false, true] {
            let reply = HTTPReply(status: bare.httpStatus, headers: [], body: Array(bare.body.utf8))
            let answer = classify(reply, lookUp: isLookUp)
            #expect(answer.outcome == .unknown)
            #expect(answer.code == bare.code)
        }
    }

    @Test("an HTTP status can be given a meaning")
    func statusRule() {
        var account = Sample.account()
        account.errorTable.rules.append(
            ErrorRule("429", .none, httpStatus: 429, .limited, advice: "The edge limits calls and drops what is above.")
        )
        let answer = classify(HTTPReply(status: 429, headers: [], body: []), account: account)
        #expect(answer.outcome == .refused(.limited))
        #expect(answer.code == "http_429")
    }

    @Test(
        "Retry-After in seconds and as a date, at most an hour",
        arguments: [
            ("120", 120), ("0", 0), ("99999999999999999999999", 3600), ("3601", 3600), ("-1", nil), ("soon", nil),
            ("", nil), ("1.5", nil), ("Mon, 21 Sep 2026 14:14:19 GMT", 60), ("Mon, 21 Sep 2026 14:12:19 GMT", 0),
            ("Tue, 22 Sep 2026 14:13:19 GMT", 3600), ("Monday, 21-Sep-26 14:14:19 GMT", nil),
        ] as [(String, Int?)]
    )
    func retryAfter(_ value: String, _ seconds: Int?) {
        // 1 789 999 999 is Monday, 21 September 2026, 14:13:19 UTC.
        let reply = HTTPReply(status: 503, headers: [("retry-after", value)], body: [])
        #expect(classify(reply).retryAfter == seconds.map { .seconds($0) })
    }

    @Test("a date counts from the server's own clock where that is told")
    func serverClock() {
        let headers = [
            (name: "Date", value: "Tue, 22 Sep 2026 10:00:00 GMT"),
            (name: "Retry-After", value: "Tue, 22 Sep 2026 10:00:30 GMT"),
        ]
        #expect(classify(HTTPReply(status: 503, headers: headers, body: [])).retryAfter == .seconds(30))
    }
}
