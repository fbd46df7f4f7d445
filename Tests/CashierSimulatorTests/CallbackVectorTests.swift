import Cryptography
import SessionCore
import Testing

@testable import CashierSimulator

/// Callbacks are signed as the vectors have it that were computed outside of this program.
@Suite struct CallbackVectorTests {
    static let n1 =
        "efe153ab4afbfdc051a51c329d958c6b7728b5a980cf911023d9987ac64f1bfa87b83b1174bd21f0579d76a8962b9c99"
    static let n2 =
        "5f02424333f930968f57a56ae15b88dbfc1b11092f2b59059faf80e29d51305caca6c0f1a97b722ee7e860dee354fdc2"
    static let n3 =
        "1353bf56b867b3418d9b69a41aba25ae2523ee5752ea37e6930fb0dc7e7dceabe1076cf5ae6026fd6bc33a696508f04a"
    static let n4 =
        "a1b2e1c9744c9a9c09c10a4f71f56c45ba754fa8b7f739ec32671aff78bc5da6b18549071d8afcfe7b6991886ae1d6a9"
    static let v1 =
        "fc1f2b7bd092b456ed1a8d94e252697035b2f9f969c12b1fb394070a21ed905d5c76e16f27311f6e362972254640239b"
    static let v2 =
        "bd2ba801cd7e65cee10da5f92bc8b47d1706c51151a1dc91e705d7a90cd806fea1689ac56398c5c8020bff0eed7cb705"
    static let a1 =
        "91952dcd631499b72e20a138f98ff9cbf8a091606aa09242b764999cad22851bd9ab5f3dbc8217855b489737fcac9ac0"

    private func body(
        _ kind: CallbackSpec.Kind,
        _ transaction: ProviderTransaction?,
        rate: Personality.Rate = .text,
        _ forgery: Forgery? = nil
    ) -> CallbackBody {
        var personality = Personality()
        personality.rate = rate
        let objects = SessionObjects(
            orderID: "test-1560610955",
            echo: SessionEcho(),
            token: "token",
            customerToken: "87cfb23a8f1e68e162c276b754d9c061",
            status: "open",
            personality: personality
        )
        return CallbackBody(
            account: merchant,
            objects: objects,
            transaction: transaction,
            kind: kind,
            timestamp: Timestamp(seconds: 1_590_611_635),
            forgery: forgery
        )
    }

    private var processed: ProviderTransaction {
        ProviderTransaction(
            tid: 756_850,
            status: "approved",
            currency: "EUR",
            amount: "100",
            rate: "1.000000",
            processedCurrency: "EUR",
            processedAmount: "100"
        )
    }

    private var unprocessed: ProviderTransaction {
        ProviderTransaction(tid: 756_850, status: "pending", currency: "EUR", amount: "100")
    }

    @Test func notificationsAreSignedAsInVectorsN1ToN4() throws {
        #expect(body(.notification, processed).signature == Self.n1)
        #expect(body(.notification, processed, rate: .number).signature == Self.n2)
        #expect(body(.notification, processed, rate: .numberRaw).signature == Self.n1)
        #expect(body(.notification, unprocessed).signature == Self.n3)
        #expect(body(.notification, nil).signature == Self.n4)
    }

    @Test func validationsAreSignedAsInVectorsV1AndV2() {
        #expect(body(.validation, processed).signature == Self.v1)
        #expect(body(.validation, unprocessed).signature == Self.v2)
    }

    @Test func bodiesHaveTheDocumentedShape() throws {
        let approved = try JSONTree.read(body(.notification, processed).bytes)
        #expect(approved["conversion_rate"] == .string("1.000000"))
        #expect(approved["transaction"]?["tid"]?.integer == 756_850)
        #expect(approved["transaction"]?["transaction_status"]?.text == "approved")
        #expect(approved["version"]?.text == "1.3" && approved["timestamp"]?.integer == 1_590_611_635)
        let number = try JSONTree.read(body(.notification, processed, rate: .number).bytes)
        #expect(number["transaction"]?["conversion_rate"] == .number("1.000000"))
        let pending = try JSONTree.read(body(.notification, unprocessed).bytes)
        #expect(pending["transaction"]?["conversion_rate"] == .null && pending["conversion_rate"] == .null)
        #expect(try JSONTree.read(body(.notification, nil).bytes)["transaction"] == .null)
        let validation = try JSONTree.read(body(.validation, processed).bytes)
        #expect(validation["transaction_attempt"]?["attempted_amount"]?.integer == 100)
        #expect(validation["transaction"] == nil)
    }

    @Test(arguments: [("1.000000", "1"), ("1.085000", "1.085"), ("160.5", "160.5"), ("10", "10"), ("0.000000", "0")])
    func aRateAsNumberIsSignedInItsShortestForm(_ rate: String, _ shortest: String) {
        #expect(CallbackBody.shortest(rate) == shortest)
    }

    @Test(arguments: Forgery.allCases)
    func eachForgeryIsWrongInOneWay(_ forgery: Forgery) throws {
        let honest = body(.notification, processed)
        let forged = body(.notification, processed, forgery)
        switch forgery {
        case .secret, .signature: #expect(forged.signature != honest.signature && forged.bytes == honest.bytes)
        case .unsigned: #expect(forged.signature == nil && forged.bytes == honest.bytes)
        case .tampered, .broken: #expect(forged.signature == honest.signature && forged.bytes != honest.bytes)
        case .merchant: #expect(forged.signature != honest.signature && forged.bytes != honest.bytes)
        // These are made of another order, session or time before they come here.
        case .order, .cid, .stale, .future: #expect(forged.signature == honest.signature)
        }
    }

    @Test func answersAreJudgedByVectorA1() {
        func verdict(_ headers: [(String, String)], status: Int = 200, body: String? = nil) -> CallbackVerdict {
            let text = body ?? "{\"status\":0,\"description\":\"Ok\",\"version\":\"1.3\",\"timestamp\":1590611635}"
            let reply = CallbackReply(status: status, headers: headers.map { ($0.0, $0.1) }, body: Array(text.utf8))
            return CallbackVerdict(reply, secret: merchant.secret)
        }
        #expect(verdict([("gt-authentication", Self.a1)]).outcome == .acknowledged)
        #expect(verdict([("external-request-signature", Self.a1)]).outcome == .acknowledged)
        let both = verdict([("gt-authentication", Self.a1), ("external-request-signature", Self.n1)])
        #expect(both.outcome == .badSignature)
        #expect(both.gtAuthentication == .right && both.externalSignature == .wrong)
        #expect(verdict([]).outcome == .unsigned)
        #expect(verdict([], status: 503).outcome == .unrecognised)
        #expect(verdict([], body: "Ok").outcome == .unrecognised)
        #expect(verdict([], body: "{\"description\":\"Ok\"}").outcome == .unrecognised)
        let refused = verdict([], body: "{\"status\":-1,\"description\":\"later\"}")
        #expect(refused.outcome == .refused && refused.isRepeated(Personality()) && !refused.letsPay)
        #expect(!verdict([], body: "{\"status\":7}").isRepeated(Personality()))
        var strict = Personality()
        strict.signedAcknowledgements = .enforced
        #expect(verdict([]).isRepeated(strict) && !verdict([]).isRepeated(Personality()))
    }
}
