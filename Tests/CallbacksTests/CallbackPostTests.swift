import Cryptography
import HTTPServer
import SessionCore
import Testing

@testable import Callbacks

enum TestAccounts {
    static let main = CallbackAccount(
        name: "main",
        merchantID: "Test-Integration-Merchant",
        applicationKey: "Sandbox",
        secrets: [Secret(TestPost.secret), Secret("the one before")]
    )

    static func read(_ post: TestPost, _ accounts: [CallbackAccount] = [main]) throws -> CallbackPost {
        let kind = try #require(CallbackKind(rawValue: post.kind))
        return try CallbackPost(
            kind,
            body: post.request.body,
            signature: post.request.header("gt-authentication"),
            accounts: accounts,
            bytesMax: 65_536
        )
    }
}

@Suite struct CallbackPostTests {
    /// The vectors' post: order test-1560610955 at 1590611635.
    static func vector(_ kind: String, _ payment: [(String, String)]?, _ signature: String) -> TestPost {
        var post = TestPost(kind: kind, order: "test-1560610955", timestamp: 1_590_611_635)
        post.payment = payment
        post.signature = signature
        return post
    }

    static let n1 = "efe153ab4afbfdc051a51c329d958c6b7728b5a980cf911023d9987ac64f1bfa87b83b1174bd21f0579d76a8962b9c99"
    static let n2 = "5f02424333f930968f57a56ae15b88dbfc1b11092f2b59059faf80e29d51305caca6c0f1a97b722ee7e860dee354fdc2"
    static let n3 = "1353bf56b867b3418d9b69a41aba25ae2523ee5752ea37e6930fb0dc7e7dceabe1076cf5ae6026fd6bc33a696508f04a"
    static let n4 = "a1b2e1c9744c9a9c09c10a4f71f56c45ba754fa8b7f739ec32671aff78bc5da6b18549071d8afcfe7b6991886ae1d6a9"
    static let v1 = "fc1f2b7bd092b456ed1a8d94e252697035b2f9f969c12b1fb394070a21ed905d5c76e16f27311f6e362972254640239b"
    static let v2 = "bd2ba801cd7e65cee10da5f92bc8b47d1706c51151a1dc91e705d7a90cd806fea1689ac56398c5c8020bff0eed7cb705"

    static func told(rate: String, processed: Bool = true) -> [(String, String)] {
        [("tid", "756850"), ("transaction_status", "\"approved\""), ("currency", "\"EUR\""), ("amount", "100")]
            + [("conversion_rate", rate), ("processed_currency", processed ? "\"EUR\"" : "null")]
            + [("processed_amount", processed ? "100" : "null")]
    }

    static func asked(rate: String, attempted: Bool = true) -> [(String, String)] {
        [("currency", "\"EUR\""), ("amount", "100"), ("conversion_rate", rate)]
            + [("attempted_currency", attempted ? "\"EUR\"" : "null")]
            + [("attempted_amount", attempted ? "100" : "null")]
    }

    static let vectors: [TestPost] = [
        vector("notification", told(rate: "\"1.000000\""), n1),
        vector("notification", told(rate: "1.000000"), n1),
        vector("notification", told(rate: "1.000000"), n2),
        vector("notification", told(rate: "1"), n2),
        vector("notification", told(rate: "null", processed: false), n3),
        vector("notification", nil, n4),
        vector("validation", asked(rate: "\"1.000000\""), v1),
        vector("validation", asked(rate: "null", attempted: false), v2),
        vector("notification", nil, n4.uppercased()),
    ]

    @Test(arguments: vectors) func theVectorsVerifyWhateverTheRateIsWrittenAs(_ post: TestPost) throws {
        #expect(try TestAccounts.read(post).orderID == "test-1560610955")
    }

    @Test func aTextIsHashedAsItStands() {
        #expect(throws: CallbackRefusal.badSignature) {
            try TestAccounts.read(Self.vector("notification", Self.told(rate: "\"1.000000\""), Self.n2))
        }
    }

    @Test func eachSignedFieldIsCovered() throws {
        let right = TestPost.transaction("o-1", tid: 7, status: "approved")
        #expect(try TestAccounts.read(right).accounts.map(\.name) == ["main"])
        for (name, json) in [
            ("tid", "8"), ("currency", "\"USD\""), ("amount", "101"), ("conversion_rate", "\"2\""),
            ("processed_currency", "\"USD\""), ("processed_amount", "1"),
        ] {
            var forged = right.with(name, json)
            forged.signature = right.rightSignature
            #expect(throws: CallbackRefusal.badSignature, "\(name)") { try TestAccounts.read(forged) }
        }
        var other = right
        other.signature = right.rightSignature
        other.order = "o-2"
        #expect(throws: CallbackRefusal.badSignature) { try TestAccounts.read(other) }
    }

    @Test func strangersAreToldApart() {
        var post = TestPost.transaction("o-1", tid: 7, status: "approved")
        post.merchant = "Somebody"
        #expect(throws: CallbackRefusal.unknownAccount) { try TestAccounts.read(post) }
        post = .transaction("o-1", tid: 7, status: "approved")
        post.signature = ""
        #expect(throws: CallbackRefusal.badSignature) { try TestAccounts.read(post) }
        #expect(throws: CallbackRefusal.noSignature) {
            try CallbackPost(
                .notification,
                body: post.request.body,
                signature: nil,
                accounts: [TestAccounts.main],
                bytesMax: 65_536
            )
        }
        #expect(throws: CallbackRefusal.notJSON) {
            try CallbackPost(.notification, body: [1], signature: "", accounts: [TestAccounts.main], bytesMax: 9)
        }
    }

    @Test func aSecretBeingChangedVerifiesUnderBoth() throws {
        var old = TestAccounts.main
        old.secrets = [Secret("a new one"), Secret(TestPost.secret)]
        let post = try TestAccounts.read(.expired("o-1"), [old])
        #expect(post.accounts.count == 1)
        #expect(post.secret.reveal() == Array(TestPost.secret.utf8), "the answer is signed with the provider's")
        old.secrets.removeLast()
        #expect(throws: CallbackRefusal.badSignature) { try TestAccounts.read(.expired("o-1"), [old]) }
    }

    @Test func anAnswerIsSignedUnderBothNames() {
        let answer = CallbackAnswer.accepted.signed(
            with: Secret(TestPost.secret),
            headers: CallbackSettings(accounts: []).answerHeaders,
            version: "1.3",
            at: Timestamp(seconds: 1_590_611_635)
        )
        let a1 = "91952dcd631499b72e20a138f98ff9cbf8a091606aa09242b764999cad22851bd9ab5f3dbc8217855b489737fcac9ac0"
        #expect(
            answer.headers.filter { $0.value == a1 }.map(\.name) == ["Gt-Authentication", "External-Request-Signature"]
        )
        #expect(
            String(decoding: answer.body, as: UTF8.self)
                == #"{"status":0,"description":"Ok","version":"1.3","timestamp":1590611635}"#
        )
    }
}

@Suite struct ReadingTests {
    static let identity = ResultIdentity(sha256: { Hashes.sha256($0) })

    static func known(_ order: String = "o-1") -> KnownOrder {
        KnownOrder(
            jobID: 1,
            order: Order(account: "main", orderID: order),
            generation: 2,
            state: .opened,
            expiresAt: Timestamp(seconds: 2_000),
            body: nil,
            now: Timestamp(seconds: 1_000)
        )
    }

    private func event(_ post: TestPost) throws -> TransactionEvent {
        try NotificationReading.event(TestAccounts.read(post), of: Self.known(), identity: Self.identity)
    }

    @Test func anEventIsOneTransactionInOneStatus() throws {
        let first = try event(.transaction("o-1", tid: 7, status: "approved"))
        var later = TestPost.transaction("o-1", tid: 7, status: "approved")
        later.timestamp += 300
        #expect(try event(later).eventID == first.eventID)
        #expect(try event(.transaction("o-1", tid: 7, status: "chargeback")).eventID != first.eventID)
        #expect(try event(.transaction("o-1", tid: 8, status: "approved")).eventID != first.eventID)
        #expect(first.transaction?.amount == 100 && first.transaction?.conversionRate == "1.000000")
        #expect(first.generation == 2 && first.variable1 == "v")
        #expect(!String(decoding: EventCodec.encode(first), as: UTF8.self).contains("4111"), "no card data goes on")
    }

    @Test func anExpiredSessionIsAnEventOfItsOwn() throws {
        let event = try event(.expired("o-1"))
        #expect(event.kind == .session && event.status == "expired" && event.transaction == nil)
    }

    @Test(arguments: [
        ("tid", "\"7x\""), ("transaction_status", "\"\""), ("amount", "\"1.5\""), ("currency", "\"TOO-LONG-CODE\""),
        ("processed_amount", "1.5"),
    ])
    func whatCannotBeReadIsNotLeftOut(_ name: String, _ json: String) {
        let post = TestPost.transaction("o-1", tid: 7, status: "approved").with(name, json)
        #expect(throws: CallbackRefusal.badField) { try event(post) }
    }

    @Test func anEmptyTextIsAsGoodAsNull() throws {
        let post = TestPost.transaction("o-1", tid: 7, status: "approved").with("processed_amount", "\"\"")
        #expect(try event(post).transaction?.processedAmount == nil)
    }
}

@Suite struct ValidationRuleTests {
    private func verdict(
        _ post: TestPost = .validation("o-1"),
        amount: Int64? = 100,
        _ change: (inout KnownOrder) -> Void = { _ in }
    ) throws -> ValidationVerdict {
        var order = ReadingTests.known()
        order.body = JobCodec.canonicalBody(TestOrders.job("o-1", amount: amount))
        change(&order)
        return ValidationVerdict(try TestAccounts.read(post), order, clockSkew: .seconds(60))
    }

    @Test func aPaymentIsAcceptedAsItWasAskedFor() throws {
        #expect(try verdict() == .accepted)
        #expect(try verdict(.validation("o-1", amount: 7), amount: nil) == .accepted, "the agent decided")
    }

    @Test func anyDifferenceRefusesIt() throws {
        #expect(try verdict(.validation("o-1", amount: 101)) == .amount)
        #expect(try verdict(.validation("o-1", amount: 0), amount: nil) == .amount)
        #expect(try verdict(.validation("o-1", currency: "USD")) == .currency)
        var stranger = TestPost.validation("o-1")
        stranger.cid = "c-2"
        #expect(try verdict(stranger) == .customer)
    }

    @Test func theSessionMustBeOpen() throws {
        for state in JobState.allCases where state != .opened {
            #expect(try verdict { $0.state = state } == .notOpen)
        }
        #expect(try verdict { $0.now = Timestamp(seconds: 2_060) } == .accepted, "within the skew")
        #expect(try verdict { $0.now = Timestamp(seconds: 2_061) } == .expired)
        #expect(try verdict { $0.expiresAt = nil } == .expired)
        #expect(try verdict { $0.body = nil } == .nothingToCompare)
        #expect(try verdict { $0.body = [1] } == .nothingToCompare)
    }
}
