import SessionCore
import Terminal
import Testing

@testable import KafkaTransport
@testable import usher

@Suite("Results on a terminal")
struct ResultTests {
    private static let now = Timestamp(rfc3339: "2026-11-21T12:00:00Z") ?? Timestamp(seconds: 0)
    private static let url = "https://cashier.example.test/login/secret"

    private static func result(_ number: UInt8, at seconds: Int64 = 0) -> SessionResult {
        var result = SessionResult(
            resultID: ResultID(bytes: [UInt8](repeating: number, count: 16)),
            order: Order(account: "main", orderID: "o-\(number)"),
            generation: 1,
            outcome: .opened,
            attempts: 1,
            completedAt: Self.now.advanced(by: .seconds(seconds))
        )
        result.session = OpenedSession(redirectURL: url, answeredAt: Self.now)
        result.openedAt = result.completedAt
        result.expiresAt = result.completedAt.advanced(by: .seconds(900))
        return result
    }

    private static func record(_ value: [UInt8]?) -> ReadRecord {
        ReadRecord(
            position: RecordPosition(topic: "results", partition: 2, offset: 5),
            timestampMs: nil,
            key: nil,
            value: value,
            headers: []
        )
    }

    @Test("hide the URL unless it is asked for, and say then that it is a secret")
    func url() {
        let result = Self.result(1)
        let text = ResultLine.text(result, now: Self.now, reveals: false)
        #expect(!text.contains("https"))
        #expect(
            text == "2026-11-21 12:00:00Z  opened     main/o-1  generation 1, 1 attempt  "
                + "link until 12:15:00Z, for another 15m"
        )
        let revealed = ResultLine.text(result, now: Self.now, reveals: true)
        #expect(revealed.hasSuffix("SECRET, logs the customer in: \(Self.url)"))
        let json = ResultLine.json(result, reveals: false)
        #expect(json.contains(#""redirect_url":"(hidden)""#))
        #expect(!json.contains("secret"))
        #expect(ResultLine.json(result, reveals: true).contains(Self.url))
    }

    @Test("hide what is personal and what is the CRM's, and nothing else")
    func personal() {
        var result = Self.result(1)
        result.session = OpenedSession(
            redirectURL: Self.url,
            answeredAt: Self.now,
            status: "open",
            amount: 1_000,
            customerToken: "87cfb23a",
            customerCountry: "GB",
            avsAlert: 1,
            verificationAlert: -1
        )
        result.variable1 = "Jane Roe"
        result.variable3 = "case 1207"
        let json = ResultLine.json(result, reveals: false)
        #expect(json.contains(#""customer":{"customer_token":"(hidden)","country":"(hidden)"}"#), "\(json)")
        #expect(json.contains(#""variable1":"(hidden)","variable3":"(hidden)""#), "\(json)")
        #expect(json.contains(#""session":{"status":"open","amount":1000}"#), "\(json)")
        #expect(json.contains(#""account":"main","order_id":"o-1""#), "\(json)")
        #expect(ResultLine.json(result, reveals: true) == String(decoding: ResultCodec.encode(result), as: UTF8.self))
    }

    @Test("are revealed only to somebody who says why")
    func reason() throws {
        let words = ["results", "--reveal", "--reason", "mail was lost"]
        #expect(try Operator.revealing(Typed.invocation(words))?.reason == "mail was lost")
        #expect(try Operator.revealing(Typed.invocation(["results"])) == nil)
    }

    @Test(
        "are not revealed by half of the options",
        arguments: [
            (["--reveal"], "--reason is missing"), (["--reveal", "--reason", ""], "--reason is missing"),
            (["--reason", "mail was lost"], "--reason needs --reveal"),
        ]
    )
    func half(_ words: [String], _ start: String) throws {
        do {
            _ = try Operator.revealing(Typed.invocation(["results"] + words))
            Issue.record("understood: \(words)")
        } catch let error as UsageError {
            #expect(error.message.hasPrefix(start), "\(error.message)")
        }
    }

    @Test("that are revealed are in the audit with what was asked for")
    func asked() {
        var request = ResultReader.Request(topic: "results", start: .beginning, follows: false)
        #expect(ResultsVerb.asked(request, since: nil) == "topic results, all there is")
        request.follows = true
        let asked = ResultsVerb.asked(request, since: Self.now)
        #expect(asked == "topic results, since 2026-11-21T12:00:00.000Z, follows")
    }

    @Test("tell errors, with the fields that the message does not name, and expired links")
    func errors() {
        var result = Self.result(1)
        result.session = nil
        result.outcome = .conflict
        result.generation = 0
        result.error = ResultError(
            code: "conflict",
            errorClass: "c",
            message: "differs in: amount",
            fields: ["amount", "cid"]
        )
        let text = ResultLine.text(result, now: Self.now, reveals: false)
        #expect(text.hasSuffix("answer to a record  conflict: differs in: amount (cid)"))
        let late = Self.now.advanced(by: .seconds(1_000))
        #expect(ResultLine.text(Self.result(1), now: late, reveals: false).hasSuffix("link expired 12:15:00Z"))
    }

    @Test("are put in order when everything that is there is read")
    func gathered() {
        var listing = ResultListing(isJSON: true, reveals: false, gathers: true)
        let records = [Self.result(2, at: 5), Self.result(1, at: 1)].map { Self.record(ResultCodec.encode($0)) }
        #expect(listing.take(records, now: Self.now).lines.isEmpty)
        let lines = listing.flush(now: Self.now)
        #expect(lines.count == 2)
        #expect(lines[0].contains("o-1"))
        #expect(listing.told == 2)
    }

    @Test("may be more where partitions were not read, unless those of the order were found")
    func lack() {
        let unread = [TopicPartition(topic: "results", partition: 1), TopicPartition(topic: "results", partition: 3)]
        var listing = ResultListing(isJSON: true, reveals: false, gathers: true)
        let words = "results[1], results[3] could not be read: there may be more results"
        #expect(listing.lack(unread, isOfOrder: true) == words)
        #expect(listing.lack([], isOfOrder: true) == nil)
        _ = listing.take([Self.record(ResultCodec.encode(Self.result(1)))], now: Self.now)
        #expect(listing.flush(now: Self.now).count == 1)
        #expect(listing.lack(unread, isOfOrder: true) == nil)
        #expect(listing.lack(unread, isOfOrder: false) == words)
        let place = unread[0]
        #expect(ResultListing.note(unread: place, nil, follows: false) == "results[1] is not read: it has no leader")
        #expect(
            ResultListing.note(unread: place, nil, follows: true)
                == "results[1] is not read: it has no leader; going on when it can be"
        )
    }

    @Test("are told at once when followed; what is no result is noted without its value")
    func followed() {
        var listing = ResultListing(isJSON: false, reveals: false, gathers: false)
        let records = [
            Self.record(ResultCodec.encode(Self.result(1))),
            Self.record(Array("{\"redirect_url\":\"https://x\"}".utf8)),
            Self.record(Array("no json https://y".utf8)), Self.record(nil),
        ]
        let (lines, notes) = listing.take(records, now: Self.now)
        #expect(lines.count == 1)
        #expect(notes.count == 3)
        #expect(listing.unreadable == 3)
        #expect(notes.allSatisfy { $0.hasPrefix("results[2] offset 5: is not a result") })
        #expect(!notes.joined().contains("https"))
    }
}
