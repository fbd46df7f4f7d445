import SessionCore
import Synchronization
import Testing

@testable import CashierClient

@Suite("The error table as data")
struct ErrorTableTests {
    private static func row(
        _ id: String = "set-417",
        kind: String = "exactly",
        status: Int64? = 417,
        text: String = "",
        httpStatus: Int? = nil,
        _ errorClass: String = "declined",
        name: String? = nil,
        message: String = "m",
        meansNotFound: Bool = false,
        retry: RetryRule = RetryRule()
    ) -> ErrorRuleRow {
        ErrorRuleRow(
            ruleID: id,
            statusKind: kind,
            status: status,
            text: text,
            httpStatus: httpStatus,
            errorClass: errorClass,
            name: name,
            message: message,
            meansNotFound: meansNotFound,
            retry: retry
        )
    }

    @Test("a table survives being stored as rows")
    func roundTrip() {
        let standard = ErrorTable.standard
        let rows = (standard.rules + [standard.unlisted]).map(\.row)
        let (table, faults) = ErrorTable.read(standard: rows, overrides: [])
        #expect(table == standard)
        #expect(faults.isEmpty)
        #expect(Set(rows.map(\.ruleID)).count == rows.count)
    }

    static let wrong: [(row: ErrorRuleRow, part: String)] = [
        (row(kind: "nearly"), "status_kind"),
        (row(status: 0), "code"),
        (row(status: nil), "code"),
        (row(httpStatus: 302), "http_status"),
        (row(httpStatus: 99), "http_status"),
        (row(kind: "none", status: nil), "http_status"),
        (row(kind: "none", status: nil, text: "limit", httpStatus: 429), "text"),
        (row(kind: "unlisted", status: nil, text: "limit"), "code"),
        (row(text: "a || b"), "text"),
        (row(text: "|"), "text"),
        (row(text: "lim*t"), "text"),
        (row(text: "*"), "text"),
        (row(text: "a\nb"), "text"),
        (row(text: String(repeating: "a", count: 257)), "text"),
        (row("id", "nonsense"), "class"),
        (row(name: "Limit"), "name"),
        (row(name: ""), "name"),
        (row(message: ""), "message"),
        (row(message: "two\nlines"), "message"),
        (row("id", "limited", meansNotFound: true), "means_not_found"),
        (row(retry: RetryRule(attemptsMax: 3)), "wait"),
        (row("id", "limited", retry: RetryRule(firstWait: .zero)), "wait"),
        (row("id", "limited", retry: RetryRule(firstWait: .seconds(2), waitCap: .seconds(1))), "wait-cap"),
        (row("id", "limited", retry: RetryRule(attemptsMax: 0)), "attempts-max"),
    ]

    @Test("a row without sense is told by its part, and left out", arguments: wrong.indices)
    func wrongRow(_ index: Int) {
        let (row, part) = Self.wrong[index]
        let (table, faults) = ErrorTable.read(standard: [], overrides: [row, Self.row("good")])
        #expect(faults.map(\.part) == [part], "\(faults)")
        #expect(table.rules.first?.id == "good")
    }

    @Test("an unusable standard row is replaced by the built-in one, so that no unknown outcome turns definite")
    func builtIn() {
        var rows = (ErrorTable.standard.rules + [ErrorTable.standard.unlisted]).map(\.row)
        rows[1].errorClass = "nonsense"
        rows[3].message = ""
        let (table, faults) = ErrorTable.read(standard: rows, overrides: [])
        #expect(faults.map(\.ruleID) == ["333", "400-timestamp-expired"])
        #expect(table == ErrorTable.standard)
        #expect(ErrorTable.read(standard: [], overrides: []).table == ErrorTable.standard)
    }

    @Test("an account's own rules come first, in their order, and may say what unlisted codes mean")
    func ownRules() {
        let own = [
            Self.row("newest", text: "limit exceed*", "limited"), Self.row("older"),
            Self.row("rest", kind: "unlisted", status: nil, "verify"),
        ]
        let standard = (ErrorTable.standard.rules + [ErrorTable.standard.unlisted]).map(\.row)
        let table = ErrorTable.read(standard: standard, overrides: own).table
        func judge(_ status: Int64, _ text: String = "") -> ErrorJudgement {
            table.judge(status: status, text: Array(text.utf8), httpStatus: 200, kind: .open)
        }
        #expect(judge(417, "the limit was exceeded").rule?.id == "newest")
        #expect(judge(417).rule?.id == "older")
        #expect(judge(333).rule?.id == "333")
        #expect(judge(418).outcome == .unknown && judge(418).isUnlisted)
        #expect(judge(418).rule?.id == "rest")
    }

    static let doubtful: [(ErrorRuleRow, isDoubtful: Bool)] = [
        (row(), false),
        (row(kind: "negative", status: nil), true),
        (row(kind: "negative", status: nil, "verify"), false),
        (row(status: -7), true),
        (row(status: 333), true),
        (row(status: 333, "maintenance"), false),
        (row(status: 999, "maintenance"), false),
        (row(status: 999, "retry_slow"), true),
        (row(status: 999, text: "quota", "retry_slow"), true),
        (row(status: 503), true),
        (row(status: 429, "limited"), true),
        (row(httpStatus: 502), true),
        (row(kind: "none", status: nil, httpStatus: 429, "limited"), true),
        (row(kind: "none", status: nil, httpStatus: 404), false),
        (row(kind: "none", status: nil, httpStatus: 200, "retry_fast"), true),
        (row(kind: "none", status: nil, httpStatus: 204), true),
        (row(kind: "none", status: nil, httpStatus: 299), true),
        (row(kind: "none", status: nil, httpStatus: 200, "verify"), false),
        (row(kind: "unlisted", status: nil, "retry_slow"), false),
        (row(status: 400), true),
        (row(status: 400, text: "amount"), false),
        (row(status: 400, text: "duplicate"), true),
        (row(status: 400, text: "used", httpStatus: 200), true),
        (row(status: 400, text: "already used"), true),
    ]

    @Test("a rule that takes what is unknown for a definite answer is found out", arguments: doubtful.indices)
    func doubts(_ index: Int) throws {
        let (row, isDoubtful) = Self.doubtful[index]
        let doubts = ErrorTable.standard.doubts(of: try ErrorRule(row))
        #expect(doubts.isEmpty == !isDoubtful, "\(row.summary): \(doubts)")
    }

    static let unlistedDoubtful: [(ErrorRuleRow, isDoubtful: Bool)] = [
        (row(), true),
        (row("id", "verify"), false),
        (row(text: "limit"), true),
        (row(httpStatus: 200), true),
        (row(kind: "unlisted", status: nil), true),
        (row(kind: "unlisted", status: nil, "maintenance"), false),
        (row(status: 401), false),
        (row(status: 401, text: "limit", httpStatus: 200), false),
        (row(status: 400, text: "amount"), true),
        (row(status: 418), false),
        (row(status: 419), true),
        (row(status: 419, text: "limit"), false),
        (row(kind: "none", status: nil, httpStatus: 404), false),
    ]

    @Test("so is one that takes what the account leaves of unlisted codes", arguments: unlistedDoubtful.indices)
    func unlistedDoubts(_ index: Int) throws {
        let own = [
            Self.row("set-unlisted", kind: "unlisted", status: nil, "verify"), Self.row("set-418", status: 418),
            Self.row("set-419-limit", status: 419, text: "limit"),
        ]
        let table = try own.reduce(ErrorTable.standard) { table, row in table.adding(try ErrorRule(row)) }
        let (row, isDoubtful) = Self.unlistedDoubtful[index]
        let doubts = table.doubts(of: try ErrorRule(row))
        #expect(doubts == (isDoubtful ? ["what rule set-unlisted leaves unknown (m)"] : []), "\(row.summary)")
    }

    @Test("a rule's own waits go with the answer")
    func retry() throws {
        var account = Sample.account()
        let retry = RetryRule(firstWait: .seconds(30), attemptsMax: 3)
        account.errorTable = account.errorTable.adding(try ErrorRule(Self.row("id", "retry_slow", retry: retry)))
        let reader = ReplyReader(
            account: account,
            expectation: .open(SharedRequest(Sample.request())),
            now: Timestamp(seconds: Sample.signedAt)
        )
        #expect(reader.classify(SampleReply.refused(417, "busy").reply).retry == retry)
        #expect(reader.classify(SampleReply.refused(418, "busy").reply).retry == nil)
    }

    @Test("a table that is replaced holds for the next reply, and outlives a change of the account's settings")
    func replaced() async throws {
        try await RawServer.with { connection in
            while connection.readRequest() != nil {
                connection.write(.refused(417, "Limit of 4111111111111111 reached"))
            }
        } _: { server in
            let records = Records()
            let account = Sample.account(endpoint: "http://127.0.0.1:\(server.port)/cashier/virtual-terminal")
            let client = try CashierHTTPClient(accounts: [account], onUnsuccessful: { records.add($0) })
            #expect(await client.answer().outcome == .refused(.declined))
            let taught = ErrorTable.standard.adding(try ErrorRule(Self.row("set-417", "retry_slow", name: "limit")))
            client.replace(errorTables: ["demo": taught, "gone": taught])
            #expect(await client.answer().outcome == .refused(.retrySlow))
            try client.replace(accounts: [account])
            #expect(await client.answer().code == "limit")
            let seen = records.all
            #expect(seen.map(\.verdict) == ["declined", "retry_slow", "retry_slow"])
            #expect(seen.map(\.ruleID) == ["unlisted", "set-417", "set-417"])
            #expect(seen.map(\.isUnlisted) == [true, false, false])
            #expect(seen.allSatisfy { $0.text == "Limit of [redacted] reached" && $0.status == 417 }, "\(seen)")
            #expect(seen.allSatisfy { $0.order.orderID == "o-1" && $0.kind == "open" && $0.isByTable })
        }
    }

    @Test("an opened session is not told of; one with a wrong signature is, as undecided by the table")
    func told() async throws {
        let replies = Mutex([SampleReply.opened(), .opened()])
        replies.withLock { $0[1].secret = "other" }
        try await RawServer.with { connection in
            while connection.readRequest() != nil { connection.write(replies.withLock { $0.removeFirst() }) }
        } _: { server in
            let records = Records()
            let account = Sample.account(endpoint: "http://127.0.0.1:\(server.port)/cashier/virtual-terminal")
            let client = try CashierHTTPClient(accounts: [account], onUnsuccessful: { records.add($0) })
            #expect(await client.answer().outcome.isOpened)
            #expect(records.all.isEmpty)
            #expect(await client.answer().code == "bad_signature")
            #expect(records.all.map(\.isByTable) == [false])
            #expect(records.all.map(\.code) == ["bad_signature"])
        }
    }

    @Test("a recorded reply is judged by what is left of it as the reply was", arguments: RefusalTests.rows)
    func recorded(_ row: RefusalTests.Row) throws {
        let reply = SampleReply.refused(row.status, row.text).reply
        let answer = ReplyReader(
            account: Sample.account(),
            expectation: .open(SharedRequest(Sample.request())),
            now: Timestamp(seconds: Sample.signedAt)
        ).classify(reply)
        let record = ReplyRecord(reply, answer, to: Sample.call(), by: .standard)
        let judgement = try #require(ErrorTable.standard.judge(record))
        #expect(judgement.outcome == answer.outcome)
        #expect(judgement.code == answer.code)
        #expect(record.verdict == answer.outcome.verdict)
    }
}

private final class Records: Sendable {
    private let records = Mutex<[ReplyRecord]>([])

    var all: [ReplyRecord] { records.withLock { $0 } }

    func add(_ record: ReplyRecord) {
        records.withLock { $0.append(record) }
    }
}
