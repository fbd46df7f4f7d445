import CashierSignature
import Cryptography
import SessionCore
import Testing

@testable import CashierClient

@Suite("Replies that say success")
struct OpeningReplyTests {
    private func classify(_ reply: HTTPReply, account: CashierAccount = Sample.account()) -> CashierAnswer {
        let expectation = ReplyReader.Expectation.open(SharedRequest(Sample.request()))
        return ReplyReader(account: account, expectation: expectation, now: Timestamp(seconds: Sample.signedAt))
            .classify(reply)
    }

    @Test("a session that passes every check is opened, with all that was told")
    func opened() {
        let answer = classify(SampleReply.opened().reply)
        let session = OpenedSession(
            redirectURL: "https://pay.example.test/login/8a7s?x=1&y=2",
            answeredAt: Timestamp(seconds: Sample.signedAt),
            status: "created",
            intent: "payment",
            currency: "EUR",
            amount: 1250,
            paymentMethod: "Credit Card",
            customerToken: "87cfb23a8f1e68e162c276b754d9c061",
            customerCountry: "GB",
            avsAlert: 0,
            verificationAlert: -1
        )
        #expect(answer.outcome == .opened(session))
        #expect(answer.code == "0")
        #expect(answer.httpStatus == 200)
    }

    /// One change to a good reply, signed again by the provider after the change unless it says otherwise.
    struct Change: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Nil: still opened.
        var code: String?
        var account = Sample.account()
        var apply: @Sendable (inout SampleReply) -> Void

        init(
            _ title: String,
            _ code: String?,
            account: CashierAccount = Sample.account(),
            apply: @escaping @Sendable (inout SampleReply) -> Void
        ) {
            testDescription = title
            self.code = code
            self.account = account
            self.apply = apply
        }
    }

    private static func account(_ change: (inout CashierAccount) -> Void) -> CashierAccount {
        var account = Sample.account()
        change(&account)
        return account
    }

    static let signatures: [Change] = [
        Change("no signature", "bad_signature") { $0.secret = nil },
        Change("an empty signature", "bad_signature") {
            $0.secret = nil
            $0.headers.append(("Gt-Authentication", ""))
        },
        Change("another secret", "bad_signature") { $0.secret = "other" },
        Change("two signatures", "bad_signature") { $0.headers.append(("GT-AUTHENTICATION", "x")) },
        Change("a URL that was not signed", "bad_signature") {
            let signature = $0.signature(secret: Sample.secret)
            $0["redirect_url"] = .text("https://evil.example.test/")
            $0.secret = nil
            $0.headers.append(("Gt-Authentication", signature))
        },
        Change("a URL that is no text", "bad_signature") {
            $0["redirect_url"] = .raw("[\"https://pay.example.test/\"]")
        },
        Change("a token that is no text, signed as if it were missing", "bad_signature") {
            $0["customer.customer_token"] = nil
            let signature = $0.signature(secret: Sample.secret)
            $0["customer.customer_token"] = .raw("true")
            $0.secret = nil
            $0.headers.append(("Gt-Authentication", signature))
        },
        Change(
            "the second of two secrets",
            nil,
            account: account { $0.secrets = [Secret("new"), Secret(Sample.secret)] }
        ) { _ in },
        Change("a signature in capitals", nil) {
            let signature = $0.signature(secret: Sample.secret)
            $0.secret = nil
            $0.headers.append(("GT-Authentication", signature.uppercased()))
        },
        Change("no customer", nil) { $0["customer"] = nil },
        Change("customer null", nil) { $0["customer"] = .raw("null") },
    ]

    static let echoes: [Change] = [
        Change("another order", "echo") { $0["session.order_id"] = .text("o-2") },
        Change("no order", "echo") { $0["session.order_id"] = nil },
        Change("order null", "echo") { $0["session.order_id"] = .raw("null") },
        Change("no session", "echo") { $0["session"] = nil },
        Change("order beside the session", "echo") {
            $0["session.order_id"] = nil
            $0.members.append(("session.order_id", .text("o-1")))
        },
        Change("another customer", "echo") { $0["session.cid"] = .text("c-18") },
        Change("no customer id", "echo") { $0["session.cid"] = nil },
        Change("another amount", "echo") { $0["session.amount"] = .number(1251) },
        Change("an amount with a fraction", "echo") { $0["session.amount"] = .raw("1250.0") },
        Change("an amount as text", nil) { $0["session.amount"] = .text("1250") },
        Change("no amount", nil) { $0["session.amount"] = nil },
        Change("another currency", "echo") { $0["session.currency"] = .text("USD") },
        Change("no currency", nil) { $0["session.currency"] = nil },
        Change("another intent", "echo") { $0["session.intent"] = .text("withdrawal") },
        Change("no intent", nil) { $0["session.intent"] = .raw("null") },
        Change("echoes that the account does not check", nil, account: account { $0.echoes = [] }) {
            $0["session.amount"] = .number(1)
            $0["session.currency"] = .text("USD")
            $0["session.intent"] = .text("sale")
        },
        Change("order and customer are always checked", "echo", account: account { $0.echoes = [] }) {
            $0["session.order_id"] = .text("o-2")
        },
    ]

    static let rest: [Change] = [
        Change("119 s old", nil) { $0["timestamp"] = .number(Sample.signedAt - 119) },
        Change("121 s old", "stale") { $0["timestamp"] = .number(Sample.signedAt - 121) },
        Change("121 s ahead", "stale") { $0["timestamp"] = .number(Sample.signedAt + 121) },
        Change("the least number", "stale") { $0["timestamp"] = .number(.min) },
        Change("no timestamp", "stale") { $0["timestamp"] = nil },
        Change("a timestamp in words", "stale") { $0["timestamp"] = .text("now") },
        Change("a timestamp as text", nil) { $0["timestamp"] = .text("\(Sample.signedAt)") },
        Change("no URL", "url") { $0["redirect_url"] = nil },
        Change("an empty URL", "url") { $0["redirect_url"] = .text("") },
        Change("plain http", "url") { $0["redirect_url"] = .text("http://pay.example.test/") },
        Change("http to this machine", "url") { $0["redirect_url"] = .text("http://127.0.0.1/") },
        Change("a URL of 2049 bytes", "url") {
            $0["redirect_url"] = .text("https://pay.example.test/" + String(repeating: "a", count: 2024))
        },
        Change("a URL of 2048 bytes", nil) {
            $0["redirect_url"] = .text("https://pay.example.test/" + String(repeating: "a", count: 2023))
        },
        Change("a host that is allowed", nil, account: account { $0.redirectHosts = ["pay.example.test"] }) { _ in },
        Change("a host that is not", "url", account: account { $0.redirectHosts = ["example.test"] }) { _ in },
        Change("success with HTTP 500", "http_500") { $0.httpStatus = 500 },
        Change("success with HTTP 404", "http_404") { $0.httpStatus = 404 },
        Change("success with a redirect", "redirect") { $0.httpStatus = 307 },
        Change("HTTP 201", nil) { $0.httpStatus = 201 },
        Change("keys that are not known", nil) { $0["new"] = .raw("{\"a\":[1,{\"b\":true}]}") },
        Change("a key twice", "not_json") { $0.members.append(("status", .number(0))) },
        Change("status as text", nil) { $0["status"] = .text("0") },
        Change("status 0.0", "no_status") { $0["status"] = .raw("0.0") },
        Change("status false", "no_status") { $0["status"] = .raw("false") },
        Change("no status", "no_status") { $0["status"] = nil },
    ]

    @Test("one change to a good reply", arguments: signatures + echoes + rest)
    func change(_ change: Change) {
        var reply = SampleReply.opened()
        change.apply(&reply)
        let answer = classify(reply.reply, account: change.account)
        if let code = change.code {
            #expect(answer.outcome == .unknown)
            #expect(answer.code == code)
            #expect(!answer.message.isEmpty)
        } else if case .opened = answer.outcome {
            #expect(answer.code == "0")
        } else {
            Issue.record("not opened: \(answer.code)")
        }
    }

    @Test(
        "fields that are signed but not read otherwise count too",
        arguments: [
            ("1.3", "8a7sd87a8sd778ac961062c6bedddb8", "0"),
            ("1.4", "8a7sd87a8sd778ac961062c6bedddb8", "bad_signature"),
            ("1.3", "8a7sd87a8sd778ac961062c6bedddb9", "bad_signature"),
        ]
    )
    func otherSignedFields(_ version: String, _ token: String, _ code: String) {
        var account = Sample.account()
        account.responseFields = SignatureFields([
            "version", "status", "session.auth_token", "nowhere", "session.nowhere",
        ])
        var sample = SampleReply.opened()
        sample.secret = nil
        let digits = Hashes.sha384(Array("\(version)0\(token)\(Sample.secret)".utf8)).hex
        sample.headers.append(("Gt-Authentication", digits))
        #expect(classify(sample.reply, account: account).code == code)
    }

    @Test("http is taken from this machine for this machine, as the simulator gives it")
    func loopback() {
        var reply = SampleReply.opened()
        reply["redirect_url"] = .text("http://localhost:8080/pay/1")
        let account = Sample.account(endpoint: "http://127.0.0.1:9000/cashier/virtual-terminal")
        guard case .opened = classify(reply.reply, account: account).outcome else {
            Issue.record("not opened")
            return
        }
        reply["redirect_url"] = .text("http://pay.example.test/")
        #expect(classify(reply.reply, account: account).code == "url")
    }
}
