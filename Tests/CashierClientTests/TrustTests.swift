import CashierSignature
import Cryptography
import SessionCore
import Testing

@testable import CashierClient

/// What an account can change about signatures, and what it cannot.
@Suite("Signatures as the account has them")
struct TrustTests {
    private func account(_ change: (inout CashierAccount) -> Void) -> CashierAccount {
        var account = Sample.account()
        change(&account)
        return account
    }

    private func classify(_ reply: SampleReply, _ account: CashierAccount, isLookUp: Bool = false) -> CashierAnswer {
        ReplyReader(
            account: account,
            expectation: isLookUp ? .lookUp(orderID: "o-1") : .open(SharedRequest(Sample.request())),
            now: Timestamp(seconds: Sample.signedAt)
        ).classify(reply.reply)
    }

    private func digest(_ text: String) -> String {
        Hashes.sha384(Array((text + Sample.secret).utf8)).hex
    }

    @Test("the defaults are the documented lists and header")
    func defaults() {
        let account = Sample.account()
        #expect(account.requestFields == .request && account.responseFields == .response)
        #expect(account.lookUpFields == .findOrder && account.lookUpResponseFields == nil)
        #expect(account.requestHeader == "Gt-Authentication" && account.responseHeader == "Gt-Authentication")
        #expect(account.errorSignatures == .optional)
        #expect(account.echoes == [.amount, .currency, .intent] && account.redirectURLBytesMax == 2048)
    }

    @Test("a request is signed over the account's fields, in its order")
    func requestFields() {
        let signed = RequestWriter.open(
            SharedRequest(Sample.request()),
            account: account { $0.requestFields = SignatureFields(["version", "order_id", "merchant_id"]) },
            timestamp: 17
        )
        #expect(signed.signature == digest("1.3o-1Test-Integration-Merchant"))
        let lookUp = RequestWriter.lookUp(
            orderID: "o-1",
            account: account { $0.lookUpFields = SignatureFields(["order_id", "timestamp", "version"]) },
            timestamp: 17
        )
        #expect(lookUp.signature == digest("o-1171.3"))
    }

    @Test("every field that a request can be signed over has a value in it")
    func everyField() {
        let values: [String: String] = [
            "merchant_id": "Test-Integration-Merchant", "application_key": "Sandbox", "timestamp": "17",
            "intent": "payment", "cid": "c-17", "order_id": "o-1", "agent_name": "Sales - Zo\u{EB}", "version": "1.3",
        ]
        for field in RequestField.allCases {
            let signed = RequestWriter.open(
                SharedRequest(Sample.request()),
                account: account { $0.requestFields = SignatureFields([field.rawValue]) },
                timestamp: 17
            )
            #expect(signed.signature == digest(values[field.rawValue] ?? "none"))
        }
    }

    @Test("an answer is verified over the account's fields")
    func responseFields() {
        let account = account { $0.responseFields = SignatureFields(["redirect_url", "status", "timestamp"]) }
        var reply = SampleReply.opened()
        #expect(classify(reply, account).code == "bad_signature")
        reply.secret = nil
        let url = "https://pay.example.test/login/8a7s?x=1&y=2"
        reply.headers.append(("Gt-Authentication", digest("\(url)0\(Sample.signedAt)")))
        #expect(classify(reply, account).outcome.isOpened)
    }

    @Test("the headers are the account's")
    func headers() async throws {
        var reply = SampleReply.opened()
        let signature = reply.signature(secret: Sample.secret)
        reply.secret = nil
        reply.headers.append(("x-answer-SIGNATURE", signature))
        #expect(classify(reply, account { $0.responseHeader = "X-Answer-Signature" }).outcome.isOpened)
        #expect(classify(reply, Sample.account()).code == "bad_signature")
        try await RawServer.with(ExchangeTests.answerAll) { server in
            var account = Sample.account(endpoint: "http://127.0.0.1:\(server.port)/cashier/virtual-terminal")
            account.requestHeader = "X-Request-Signature"
            let client = try CashierHTTPClient(accounts: [account])
            #expect(await client.answer().outcome.isOpened)
            let request = try #require(server.requests.first)
            #expect(request.header("X-Request-Signature")?.utf8.count == 96)
            #expect(request.header("Gt-Authentication") == nil)
        }
    }

    /// An error with the signature that the name says, and whether it is believed.
    struct ErrorCase: Sendable, CustomTestStringConvertible {
        var rule: CashierAccount.ErrorSignatures
        var secret: String?
        var isBelieved: Bool
        var testDescription: String { "\(rule), \(secret ?? "unsigned")" }
    }

    static let errors: [ErrorCase] = [
        ErrorCase(rule: .optional, secret: nil, isBelieved: true),
        ErrorCase(rule: .optional, secret: Sample.secret, isBelieved: true),
        ErrorCase(rule: .optional, secret: "other", isBelieved: false),
        ErrorCase(rule: .required, secret: nil, isBelieved: false),
        ErrorCase(rule: .required, secret: Sample.secret, isBelieved: true),
        ErrorCase(rule: .required, secret: "other", isBelieved: false),
        ErrorCase(rule: .ignored, secret: nil, isBelieved: true),
        ErrorCase(rule: .ignored, secret: Sample.secret, isBelieved: true),
        ErrorCase(rule: .ignored, secret: "other", isBelieved: true),
    ]

    @Test("what an error's signature is good for", arguments: errors)
    func errorSignatures(_ error: ErrorCase) {
        var reply = SampleReply.refused(400, "Input validation failed")
        reply["timestamp"] = .number(Sample.signedAt)
        reply.secret = error.secret
        let answer = classify(reply, account { $0.errorSignatures = error.rule })
        #expect(answer.outcome == (error.isBelieved ? .refused(.declined) : .unknown))
        #expect(error.isBelieved || answer.code == "bad_signature")
    }

    @Test("a look-up whose signature is not known is believed whatever errors need")
    func lookUpErrors() {
        let reply = SampleReply.refused(400, "Transaction not found")
        #expect(classify(reply, account { $0.errorSignatures = .required }, isLookUp: true).outcome == .notFound)
    }

    @Test("no setting lets a link out that is not signed", arguments: CashierAccount.ErrorSignatures.allCases)
    func noUnsignedLink(_ rule: CashierAccount.ErrorSignatures) {
        let account = account {
            $0.errorSignatures = rule
            $0.echoes = []
            $0.redirectHosts = nil
        }
        for secret in [nil, "other"] as [String?] {
            var reply = SampleReply.opened()
            reply.secret = secret
            #expect(classify(reply, account).code == "bad_signature")
        }
    }

    @Test(
        "an account whose signatures leave a part of the link out cannot be used",
        arguments: ["status", "timestamp", "redirect_url"]
    )
    func fieldsOfALink(_ name: String) {
        let fields = ["status", "timestamp", "redirect_url", "customer.customer_token"].filter { $0 != name }
        let changed = account { $0.responseFields = SignatureFields(fields) }
        #expect(throws: CashierAccountError.self) { try changed.check() }
        #expect(throws: Never.self) { try Sample.account().check() }
    }

    @Test("a header that is none and a field that no request has are told")
    func faults() {
        for change in [
            { $0.requestHeader = "" }, { $0.responseHeader = "Gt Authentication" }, { $0.requestHeader = "a:b" },
            { $0.requestFields = SignatureFields(["merchant_id", "amount"]) },
        ] as [(inout CashierAccount) -> Void] {
            #expect(throws: CashierAccountError.self) { try account(change).check() }
        }
    }

    @Test("the longest link is the account's")
    func redirectURLMax() {
        let url = "https://pay.example.test/login/8a7s?x=1&y=2"
        #expect(classify(.opened(), account { $0.redirectURLBytesMax = url.utf8.count }).outcome.isOpened)
        #expect(classify(.opened(), account { $0.redirectURLBytesMax = url.utf8.count - 1 }).code == "url")
    }
}
