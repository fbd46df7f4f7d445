import Cryptography
import SessionCore
import Testing

enum ResultSample {
    static let identity = ResultIdentity(sha256: { Hashes.sha256($0) })
    static let order = Order(account: "demo", orderID: "test-1560610955")
    static let now = Timestamp(microseconds: 1_795_262_400_123_456)

    static func result(_ outcome: ResultOutcome, generation: Int32 = 1) -> SessionResult {
        SessionResult(
            resultID: identity.result(of: order, generation: generation),
            order: order,
            generation: generation,
            outcome: outcome,
            attempts: 2,
            completedAt: now
        )
    }

    static func session(answeredAt: Timestamp) -> OpenedSession {
        OpenedSession(
            redirectURL: "https://cashier.example.test/login/8a7s?x=1&y=\u{E9}\"",
            answeredAt: answeredAt,
            status: "created",
            intent: "payment",
            currency: "USD",
            amount: 9_007_199_254_740_993,
            paymentMethod: "Credit Card",
            gateway: "f76bb0a4",
            customerToken: "87cfb23a8f1e68e162c276b754d9c061",
            customerCountry: "GB",
            avsAlert: 0,
            verificationAlert: -1
        )
    }

    static let opened: SessionResult = {
        var result = ResultSample.result(.opened)
        result.session = session(answeredAt: Timestamp(seconds: 1))
        result.openedAt = Timestamp(microseconds: 1_795_262_399_000_000)
        result.expiresAt = Timestamp(microseconds: 1_795_263_299_000_000)
        result.campaign = "spring"
        result.variable1 = "desk 4"
        result.variable2 = ""
        result.variable3 = "x"
        return result
    }()
}

@Suite struct ResultCodecTests {
    @Test func anOpenedResultHasTheContractsMembersInItsOrder() throws {
        let tree = try JSONTree(ResultCodec.encode(ResultSample.opened))
        #expect(tree.members.map(\.name) == ResultFields.all.map(\.name).filter { $0 != "error" })
        for field in ResultFields.all where field.kind == .object && field.name != "error" {
            #expect(tree[field.name]?.members.map(\.name) == field.members.map(\.name))
        }
        #expect(tree["redirect_url"]?.text == ResultSample.opened.session?.redirectURL)
        #expect(tree["opened_at"]?.text == "2026-11-21T11:59:59.000Z")
        #expect(tree["completed_at"]?.text == "2026-11-21T12:00:00.123Z")
        #expect(tree["session"]?["amount"] == .number("9007199254740993"))
    }

    @Test func aResultWithoutSessionIsOneKnownSpelling() {
        var result = ResultSample.result(.declined)
        result.error = ResultError(code: "400", errorClass: "declined", message: "amount is below the limit")
        let expected =
            #"{"result_id":"\#(result.resultID.text)","account":"demo","order_id":"test-1560610955","generation":1,"#
            + #""outcome":"declined","error":{"code":"400","class":"declined","message":"amount is below the limit"},"#
            + #""attempts":2,"completed_at":"2026-11-21T12:00:00.123Z"}"#
        #expect(String(decoding: ResultCodec.encode(result), as: UTF8.self) == expected)
    }

    @Test(arguments: ResultOutcome.allCases) func readsBackWhatWasWritten(_ outcome: ResultOutcome) throws {
        var result = ResultSample.result(outcome, generation: 3)
        result.completedAt = Timestamp(microseconds: 1_795_262_400_123_000)
        if outcome == .opened {
            // In the value they are one.
            result.session = ResultSample.session(answeredAt: Timestamp(microseconds: 1_795_262_399_000_000))
            result.openedAt = ResultSample.opened.openedAt
        } else {
            result.error = ResultError(
                code: "conflict",
                errorClass: "conflict",
                message: "\u{1F4BC} \"x\"",
                fields: ["amount", "cid"]
            )
        }
        let value = ResultCodec.encode(result)
        #expect(try ResultCodec.decode(value) == result)
        #expect(
            ResultCodec.record(result)
                == EncodedResult(
                    resultID: result.resultID,
                    orderID: "test-1560610955",
                    generation: 3,
                    outcome: outcome,
                    value: value
                )
        )
    }

    @Test func membersOfLaterVersionsAreSkipped() throws {
        let text = String(decoding: ResultCodec.encode(ResultSample.result(.failed)), as: UTF8.self)
        let later = #"{"new":{"a":[1,{"b":null}]},"# + text.dropFirst()
        #expect(try ResultCodec.decode(Array(later.utf8)).outcome == .failed)
    }

    @Test(arguments: [
        (#""generation":1"#, #""generation":"1""#, "generation"),
        (#""generation":1"#, #""generation":99999999999"#, "generation"),
        (#""attempts":2"#, #""attempts":2.5"#, "attempts"),
        (#""outcome":"failed""#, #""outcome":"lost""#, "outcome"),
        (#""account":"demo","#, "", "account"),
        ("2026-11-21T", "2026-11-31T", "completed_at"),
        (#""result_id":""#, #""result_id":"x"#, "result_id"),
    ])
    func nothingElseIsReadAsAResult(_ part: String, _ other: String, _ field: String) {
        let text = String(decoding: ResultCodec.encode(ResultSample.result(.failed)), as: UTF8.self)
        #expect(text.contains(part))
        let value = Array(text.replacing(part, with: other).utf8)
        #expect(throws: ResultCodec.Fault.field(field)) { try ResultCodec.decode(value) }
    }

    @Test func theLongestUrlThatAReplyCanHoldFits() throws {
        var result = ResultSample.opened
        let url = "https://x.test/" + String(repeating: "\u{1}", count: 65_000)
        result.session = OpenedSession(redirectURL: url, answeredAt: Timestamp(seconds: 1))
        #expect(try ResultCodec.decode(ResultCodec.encode(result)).session?.redirectURL == url)
    }
}

@Suite struct AnswerCodecTests {
    private let answers = AnswerCodec(identity: ResultSample.identity)
    private let record = RecordPosition(topic: "vt.session.jobs", partition: 3, offset: 41)

    private func collision(_ stored: String?, _ new: String, state: JobState = .opened) throws -> Collision {
        Collision(
            record: record,
            order: ResultSample.order,
            generation: 2,
            state: state,
            storedBody: try stored.map { JobCodec.canonicalBody(try JobSample.decode($0)) },
            body: JobCodec.canonicalBody(try JobSample.decode(new)),
            now: ResultSample.now
        )
    }

    @Test func aConflictNamesTheFieldsButNotTheirValues() throws {
        let changed = JobSample.text(["amount": "77777", "customer_data.city": #""Leeds""#, "campaign": #""c1""#])
        let answer = answers.conflict(try collision(JobSample.text(), changed))
        #expect(answer.outcome == .conflict && answer.generation == 0)
        #expect(answer.resultID == ResultSample.identity.answer(.conflict, to: record))
        let result = try ResultCodec.decode(answer.value)
        #expect(result.error?.fields == ["campaign", "amount", "customer_data.city"])
        #expect(result.error?.code == "conflict")
        let message = result.error?.message ?? ""
        #expect(message.contains("amount") && message.contains("generation 2, opened"))
        #expect(!message.contains("77777") && !message.contains("Leeds"))
        #expect(result.variable1 == "desk 4" && result.campaign == "c1" && result.attempts == 0)
        #expect(result.completedAt.rfc3339 == "2026-11-21T12:00:00.123Z")
    }

    @Test func aConflictWithWipedContentSaysSo() throws {
        let result = try ResultCodec.decode(answers.conflict(try collision(nil, JobSample.text())).value)
        #expect(result.error?.fields == [])
        #expect(result.error?.message.contains("no longer stored") == true)
    }

    @Test func aDuplicateOfAWipedResultNamesThatResult() throws {
        let answer = answers.duplicateOfWiped(try collision(nil, JobSample.text(), state: .declined))
        #expect(answer.outcome == .duplicate && answer.generation == 0)
        let result = try ResultCodec.decode(answer.value)
        let first = ResultSample.identity.result(of: ResultSample.order, generation: 2)
        #expect(result.error?.message.contains(first.text) == true)
        #expect(result.error?.message.contains("declined") == true)
        #expect(result.session == nil)
    }

    @Test func aRefusedRecordIsAnsweredWhereItsOrderIsKnown() throws {
        let refusal = try #require(JobSample.refusal(JobSample.text(["amount": "1e3"])))
        let answer = try #require(answers.rejected(refusal, record: record, now: ResultSample.now))
        let result = try ResultCodec.decode(answer.value)
        #expect(result.outcome == .rejected && result.generation == 0 && result.order == ResultSample.order)
        #expect(result.error?.code == "amount" && result.error?.fields == ["amount"])
        #expect(result.error?.message == refusal.detail)
        let unknown = try #require(JobSample.refusal("{"))
        #expect(answers.rejected(unknown, record: record, now: ResultSample.now) == nil)
    }

    @Test func answersWrittenAgainAreTheSameAndOtherRecordsGetOtherIds() throws {
        let first = answers.conflict(try collision(JobSample.text(), JobSample.text(["amount": "5"])))
        #expect(answers.conflict(try collision(JobSample.text(), JobSample.text(["amount": "5"]))) == first)
        var other = try collision(JobSample.text(), JobSample.text(["amount": "5"]))
        other.record.offset = 42
        #expect(answers.conflict(other).resultID != first.resultID)
    }

    /// As after a position was put back, when other settings make a job of what was rejected.
    @Test func twoAnswersToOneRecordHaveTwoIds() throws {
        let refusal = try #require(JobSample.refusal(JobSample.text(["amount": "1e3"])))
        let rejected = try #require(answers.rejected(refusal, record: record, now: ResultSample.now))
        let collision = try collision(nil, JobSample.text())
        let ids = [rejected, answers.conflict(collision), answers.duplicateOfWiped(collision)].map(\.resultID)
        #expect(Set(ids).count == 3)
    }
}
