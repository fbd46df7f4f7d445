import Cryptography
import HTTPServer
import SessionCore
import Testing

@testable import CashierSimulator

/// The vectors are those that client and simulator share; each was computed outside of both.
@Suite struct SignatureTests {
    static let r2 =
        "c03ed02dffed656c40ed0c2faf509708be22eda3a1fd46e2f9a3e04aff2ff51a7eed4f2b4c0db99499b2482e38662c84"
    static let r4 =
        "6399dae5301bca803c83ec9cab006e8f347fc2935601906044798a108b686f3bcfa802385085b9df1897f9e1e2607845"
    static let p1 =
        "bb85a08d3b0b0f197629c9e1464d0f4ae89a4fd97081cabb61bee5eaa80fa3f3c6d471cee6bd2195168b153cd8e4e9e1"
    static let f1 =
        "f069f0402e92c53c790819dd1c6aa9987e5ffe1fae1aa71077f6541046400acaaf91444ded1ee7ea60f6890e0ae497bb"
    static let p7 =
        "a9f6713bb5c5d796de8659802de623184e5d96d2bb6e68ece0b6d651781fd34f5fc14ca3d07b4964988a23190795558b"
    static let moment: Int64 = 1_590_611_635

    private func answer(_ request: TestRequest, at seconds: Int64 = moment) -> HTTPAnswer {
        var cashier = SimulatedCashier(SimulatorConfiguration(accounts: [merchant]), salt: 1)
        return cashier.answer(request.request, now: Timestamp(seconds: seconds), isHeld: false, connectionsOpen: 1)
    }

    private func status(_ answer: HTTPAnswer) throws -> Int64? {
        try JSONTree.read(answer.body)["status"]?.integer
    }

    @Test func aRequestSignedWithVectorR2OpensASession() throws {
        var request = TestRequest.open("test-1560610955", at: Self.moment)
        request.signature = Self.r2
        #expect(try status(answer(request)) == 0)
        // R3: the same as JSON text.
        #expect(try status(answer(request.with("timestamp", "\"1590611635\""))) == 0)
    }

    @Test func aRequestThatLeavesTheAgentOutOfItsSignatureIsRefused() throws {
        var request = TestRequest.open("test-1560610955", at: Self.moment)
        request.signature = Self.r4
        #expect(try status(answer(request)) == 401)
    }

    @Test func aLookUpSignedWithVectorF1IsAnswered() throws {
        var request = TestRequest.lookup("test-1560610955", at: Self.moment)
        request.signature = Self.f1
        let refusal = try JSONTree.read(answer(request).body)
        #expect(refusal["description"]?.text == "Transaction not found")
    }

    @Test func anAnswerIsSignedAsInVectorP1() {
        let objects = SessionObjects(
            orderID: "test-1560610955",
            echo: SessionEcho(),
            token: "token",
            customerToken: "87cfb23a8f1e68e162c276b754d9c061",
            status: "created",
            personality: Personality()
        )
        var reply = SessionReply(kind: .opened, objects: objects, timestamp: Timestamp(seconds: Self.moment))
        reply.redirectURL = "https://cashier.example.test/login/8a7sd87a8sd778ac961062c6bedddb8?x=1&y=2"
        let answer = reply.answer(secret: merchant.secret)
        #expect(answer.headers.last == HTTPHeader(name: "Gt-Authentication", value: Self.p1))
    }

    @Test func aSignedErrorIsSignedAsInVectorP7() {
        let answer = SessionReply.error(
            .planned(-1),
            httpStatus: 200,
            timestamp: Timestamp(seconds: Self.moment),
            signingSecret: merchant.secret,
            Personality()
        )
        #expect(answer.headers.last?.value == Self.p7)
    }
}
