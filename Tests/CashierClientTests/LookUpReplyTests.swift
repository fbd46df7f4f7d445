import SessionCore
import Testing

@testable import CashierClient

@Suite("Replies to look-ups")
struct LookUpReplyTests {
    private func classify(_ reply: SampleReply, account: CashierAccount = Sample.account()) -> CashierAnswer {
        ReplyReader(
            account: account,
            expectation: .lookUp(orderID: "o-1"),
            now: Timestamp(seconds: Sample.signedAt)
        ).classify(reply.reply)
    }

    @Test(
        "what a session's words mean",
        arguments: [
            ("open", nil, .open), ("created", nil, .open), ("Open", nil, .open), ("action required", nil, .used),
            ("successful", nil, .used), ("failed", nil, .over), ("expired", nil, .over), ("", nil, .used),
            ("never heard of", nil, .used), ("open", "initialized", .used), ("open", "pending", .used),
            ("open", "rejected", .open), ("expired", "approved", .used), ("expired", "rejected", .over),
            ("failed", "error", .over), ("expired", "never heard of", .used), ("expired", "", .used),
        ] as [(String, String?, SessionSight)]
    )
    func words(_ session: String, _ transaction: String?, _ sight: SessionSight) {
        #expect(classify(.found(session, transaction: transaction)).outcome == .found(sight))
    }

    @Test("a word that is not known is told")
    func unknownWord() {
        #expect(classify(.found("open")).code == "0")
        #expect(classify(.found("half open")).code == "session_status")
    }

    @Test("an answer for another order, or without a session, finds nothing out")
    func echo() {
        var reply = SampleReply.found("open")
        reply["session.order_id"] = .text("o-2")
        #expect(classify(reply).outcome == .unknown)
        reply["session"] = .raw("null")
        #expect(classify(reply).outcome == .unknown)
        #expect(classify(reply).code == "echo")
    }

    @Test("an old answer finds nothing out")
    func stale() {
        var reply = SampleReply.found("expired")
        reply["timestamp"] = .number(Sample.signedAt - 1000)
        #expect(classify(reply).code == "stale")
        reply["timestamp"] = nil
        #expect(classify(reply).outcome == .found(.over))
    }

    @Test("signatures are checked once the account names their fields")
    func signature() {
        var account = Sample.account()
        account.lookUpResponseFields = .response
        var reply = SampleReply.found("open")
        #expect(classify(reply, account: account).code == "bad_signature")
        reply.secret = Sample.secret
        #expect(classify(reply, account: account).outcome == .found(.open))
    }

    @Test(
        "refusals never decline the job",
        arguments: [
            (400, "Transaction not found", .notFound), (400, "Order not found", .notFound),
            (400, "Input validation failed", .lookUpRefused), (403, "Agent API is disabled", .lookUpRefused),
            (401, "Account not found", .refused(.configFault)), (406, "IP not whitelisted", .refused(.configFault)),
            (400, "Timestamp is too old", .refused(.retryFast)), (777, "unlisted", .lookUpRefused),
            (333, "maintenance", .refused(.maintenance)), (-1, "internal", .unknown), (999, "generic", .unknown),
        ] as [(Int64, String, CallOutcome)]
    )
    func refusals(_ status: Int64, _ text: String, _ outcome: CallOutcome) {
        #expect(classify(.refused(status, text)).outcome == outcome)
    }
}
