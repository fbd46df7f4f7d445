import SessionCore
import Terminal
import Testing

@testable import usher

@Suite("Checking lines")
struct LineCheckTests {
    static let rules = JobRules(
        accounts: ["main": AccountRules(merchantID: "merchant", applicationKey: "key")],
        defaultAccount: "main"
    )

    static func line(
        _ number: Int,
        order: String,
        amount: String = "100",
        campaign: String? = nil
    ) -> InputLine {
        let campaign = campaign.map { "\"campaign\":\"\($0)\"," } ?? ""
        let text = """
            {\(campaign)"order_id":"\(order)","agent_name":"Agent","intent":"payment","currency":"EUR",\
            "amount":\(amount),"cid":"c1","locale":"en-GB","customer_token":"87cfb23a8f1e68e162c276b754d9c061",\
            "notification_url":"https://crm.example.test/n","return_url":"https://crm.example.test/r"}
            """
        return InputLine(number: number, bytes: Array(text.utf8))
    }

    @Test("A line that could be a job is good")
    func good() {
        var check = LineCheck(rules: Self.rules)
        guard case .good(let job) = check.check(Self.line(1, order: "o-1")) else {
            Issue.record("not good")
            return
        }
        #expect(job.order == Order(account: "main", orderID: "o-1"))
    }

    @Test("A bad line tells its number, reason, field and order")
    func bad() {
        var check = LineCheck(rules: Self.rules)
        guard case .bad(let bad) = check.check(Self.line(7, order: "o-1", amount: "12.5")) else {
            Issue.record("not bad")
            return
        }
        #expect(bad.line == 7)
        #expect(bad.reason == "amount")
        #expect(bad.field == "amount")
        #expect(bad.orderID == "o-1")
    }

    @Test("The same order again is noted when it is the same job, in whatever spelling, and bad when it is another")
    func again() {
        var check = LineCheck(rules: Self.rules)
        _ = check.check(Self.line(1, order: "o-1"))
        var spaced = Self.line(2, order: "o-1")
        spaced.bytes.append(0x20)
        guard case .repeated(_, of: 1) = check.check(spaced) else {
            Issue.record("the repetition was not noticed")
            return
        }
        guard case .bad(let bad) = check.check(Self.line(3, order: "o-1", amount: "200")) else {
            Issue.record("the conflict was not noticed")
            return
        }
        #expect(bad.reason == "conflict")
        #expect(bad.field == "order_id")
        #expect(bad.detail.contains("line 1"))
    }

    @Test("A bad line does not take an order away from a good one")
    func badThenGood() {
        var check = LineCheck(rules: Self.rules)
        _ = check.check(Self.line(1, order: "o-1", amount: "-1"))
        guard case .good = check.check(Self.line(2, order: "o-1")) else {
            Issue.record("not good")
            return
        }
    }

    @Test("A line that is too long is refused for its size")
    func size() {
        var check = LineCheck(rules: Self.rules)
        let long = InputLine(number: 1, bytes: [UInt8](repeating: 0x20, count: (64 << 10) + 1))
        guard case .bad(let bad) = check.check(long) else {
            Issue.record("not bad")
            return
        }
        #expect(bad.reason == "size")
    }
}

@Suite("What an input became")
struct EnqueueReportTests {
    private func checked(good: Int, bad: Int, first: Int = 1) throws -> CheckedLines {
        var lines = CheckedLines(first: first)
        var check = LineCheck(rules: LineCheckTests.rules)
        for number in 1...max(1, good) where number <= good {
            lines.note(number, check.check(LineCheckTests.line(number, order: "o-\(number)")))
        }
        for number in 0..<bad {
            let line = good + number + 1
            lines.note(
                line,
                .bad(BadLine(line: line, reason: "amount", field: "amount", detail: "wrong", orderID: nil))
            )
        }
        return lines
    }

    private func report(_ lines: CheckedLines, ending: EnqueueReport.Ending) -> EnqueueReport {
        EnqueueReport(input: "jobs", topics: TopicChoiceTests.one, lines: lines, ending: ending)
    }

    @Test("Bad lines are shown one by one, the hundredth last, and the rest is counted by reason")
    func badLines() throws {
        let lines = try checked(good: 1, bad: 130)
        let report = report(lines, ending: .badLines)
        #expect(report.notes.first == "jobs:2: amount: amount: wrong")
        #expect(report.notes.count == 101)
        #expect(report.notes.last == "… and 30 more bad lines; in all: amount 130")
        #expect(report.summary.first == "131 lines read: 1 good, 130 bad")
        #expect(report.exitCode == .invalidData)
        #expect(report.json.contains(#""bad":130"#))
    }

    @Test("Only lines from the first one on are to be sent, though all are checked")
    func fromLine() throws {
        let lines = try checked(good: 5, bad: 0, first: 4)
        #expect(lines.toSend == 2)
        #expect(lines.read == 5)
    }

    @Test("A way to go on is told in words and as JSON")
    func resume() throws {
        var report = report(try checked(good: 3, bad: 0), ending: .brokerGone)
        report.sent = 3
        report.acknowledged = 1
        report.failures = ["timed out": 2]
        report.resumeLine = 2
        #expect(report.summary.contains("3 jobs sent to jobs, 1 acknowledged"))
        #expect(report.summary.contains("2 jobs not acknowledged: timed out"))
        #expect(report.summary.contains { $0.contains("--from-line 2") })
        #expect(report.json.contains(#""resume_line":2"#))
    }

    @Test("What reading broke off with is told, in words and as JSON")
    func inputFault() throws {
        let lines = try checked(good: 3, bad: 0)
        var report = report(lines, ending: .inputUnreadable)
        #expect(!report.json.contains("input_fault"))
        report.sent = 2
        report.acknowledged = 2
        report.inputFault = "jobs: Input/output error"
        report.resumeLine = 3
        #expect(report.summary.contains("2 jobs sent to jobs, 2 acknowledged"))
        #expect(report.summary.contains("jobs: Input/output error: 2 of 3 jobs could be read a second time"))
        #expect(report.summary.contains { $0.contains("--from-line 3") })
        #expect(report.json.contains(#""ending":"input_unreadable""#))
        #expect(report.json.contains(#""input_fault":"jobs: Input"#))
    }

    static let codes: [(EnqueueReport.Ending, Int, ExitCode)] = [
        (.done, 0, .success), (.done, 1, .invalidData), (.checked, 0, .success), (.checked, 1, .invalidData),
        (.badLines, 1, .invalidData), (.brokerGone, 0, .unavailable), (.brokerGone, 1, .unavailable),
        (.interrupted, 0, .interrupted), (.inputChanged, 0, .ioError), (.inputGrown, 0, .ioError),
        (.inputUnreadable, 0, .ioError), (.inputUnreadable, 1, .ioError),
    ]

    @Test("The exit code says what a script should do", arguments: codes)
    func exitCode(ending: EnqueueReport.Ending, bad: Int, code: ExitCode) throws {
        let lines = try checked(good: 1, bad: bad)
        #expect(report(lines, ending: ending).exitCode == code)
    }
}
