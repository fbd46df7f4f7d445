import SessionCore
import Terminal
import Testing

@testable import PostgresStore
@testable import usher

@Suite struct ListVerbTests {
    private static let now = SampleOrder.now

    private func question(_ words: [String]) throws -> ListQuestion {
        guard case .run(let invocation) = CommandTree.root.start(["list"] + words) else {
            throw UsageError(path: [], message: "not understood")
        }
        return try ListQuestion(invocation, now: Self.now)
    }

    @Test func optionsBecomeAFilter() throws {
        let words = [
            "--state", "failed,declined", "--since", "2h", "--until", "2026-11-21T11:00:00Z", "--error", "400",
            "--campaign", "winter", "--account", "main", "--lane", "campaign", "--after", "7",
        ]
        guard case .orders(let filter, let cursor) = try question(words).subject else {
            Issue.record("not about orders")
            return
        }
        var expected = OrderFilter()
        expected.states = [.failed, .declined]
        expected.since = Self.now.advanced(by: .seconds(-7_200))
        expected.until = Self.now.advanced(by: .seconds(-3_600))
        expected.code = "400"
        expected.campaign = "winter"
        expected.account = "main"
        expected.lane = .campaign
        #expect(filter == expected)
        #expect(cursor == OrderCursor(jobID: 7))
    }

    @Test func optionsBecomeAFilterOfTheQuarantine() throws {
        let words = [
            "--quarantine", "--since", "2h", "--until", "1h", "--reason", "amount", "--order", "order-17",
            "--account", "main",
        ]
        guard case .quarantine(let filter, nil) = try question(words).subject else {
            Issue.record("not about the quarantine from its beginning")
            return
        }
        var expected = QuarantineFilter()
        expected.since = Self.now.advanced(by: .seconds(-7_200))
        expected.until = Self.now.advanced(by: .seconds(-3_600))
        expected.account = "main"
        expected.orderID = "order-17"
        expected.reason = "amount"
        #expect(filter == expected)
        #expect(
            try question(words).command(after: "1:2:3:jobs")
                == "usher list --quarantine --reason amount --order order-17 --account main "
                + "--since 2026-11-21T10:00:00.000Z --until 2026-11-21T11:00:00.000Z --after 1:2:3:jobs"
        )
    }

    @Test(arguments: [
        (["--state", "openned"], "--state must be one or more of ready, sending"),
        (["--since", "yesterday"], "--since must be a span"),
        (["--since", "1h", "--until", "2h"], "--since must be before --until"),
        (["--limit", "0"], "--limit must be a whole number from 1 to 10000"),
        (["--after", "1:2:3:jobs"], "--after must be the cursor"),
        (["--after", "-1"], "--after must be the cursor"),
        (["--quarantine", "--after", "7"], "--after must be the cursor"),
        (["--quarantine", "--state", "ready"], "--state is about orders"),
        (["--quarantine", "--lane", "replay"], "--lane is about orders"),
        (["--quarantine", "--parked"], "--parked is about orders"),
        (["--quarantine", "--since", "1h", "--until", "2h"], "--since must be before --until"),
        (["--order", "order-17"], "--order needs --quarantine"),
        (["--all", "--limit", "7"], "--all prints all pages"),
        (["--after", "7:x"], "--after must be the cursor"),
        (["--after", "7:-1"], "--after must be the cursor"),
        (["--quarantine", "--reason", "odd"], "--reason must be one of tombstone, empty"),
        (["--reason", "amount"], "--reason needs --quarantine"),
    ])
    func aWrongOptionIsNamed(_ words: [String], _ start: String) throws {
        do {
            _ = try question(words)
            Issue.record("understood: \(words)")
        } catch let error as UsageError {
            #expect(error.message.hasPrefix(start), "\(error.message)")
            #expect(error.path == ["list"])
        }
    }

    @Test func theNextPageIsOfTheSameList() throws {
        let words = ["-c", "my usher.yaml", "--since", "1h", "--state", "opened", "--limit", "5", "--json"]
        let command = try question(words).command(after: "12")
        #expect(
            command == "usher list -c 'my usher.yaml' --state opened --since 2026-11-21T11:00:00.000Z --limit 5 "
                + "--json --after 12"
        )
        let parked = try question(["--parked", "--all", "--account", "main"]).command(after: "12:3")
        #expect(parked == "usher list --parked --account main --all --after 12:3")
        let place = SampleOrder.refused(41).place
        let quarantine = try question(["--quarantine", "--reason", "amount"]).command(after: place.cursor)
        #expect(quarantine == "usher list --quarantine --reason amount --after 1795262400000000:2:41:jobs")
        #expect(QuarantinePlace(cursor: place.cursor) == place)
    }

    @Test(arguments: ["", "7", "x:2:41:jobs", "1:2:41:", "1:2:41:jobs:5", "1:99999999999:41:jobs"])
    func aCursorThatIsNoneIsRefused(_ text: String) {
        #expect(QuarantinePlace(cursor: text) == nil)
    }

    @Test func aCursorSaysHowManyAreLeftWhereTheyWereCounted() {
        for cursor in [OrderCursor(jobID: 7), OrderCursor(jobID: 7, left: 0), OrderCursor(jobID: 12, left: 1_200)] {
            #expect(OrderCursor(text: cursor.text) == cursor)
        }
        #expect(OrderCursor(jobID: 7).text == "7" && OrderCursor(jobID: 7, left: 12).text == "7:12")
    }

    @Test func countsComeFirstAndOnlyOnTheFirstPage() {
        var waiting = SampleOrder.summary(.ready, dueAt: Self.now.advanced(by: .seconds(40)))
        waiting.campaign = "winter"
        let parked = SampleOrder.summary(.verify, attempts: 1, dueAt: nil)
        let page = OrderPage(
            counts: [.opened: 1_200, .ready: 1, .verify: 1],
            orders: [waiting, parked, SampleOrder.summary(.opened, attempts: 1)],
            cursor: nil
        )
        let lines = OrderListReport(page: page, isFirst: true, now: Self.now).lines(width: nil)
        #expect(lines.first == "1,202 orders: 1 ready, 1 verify, 1,200 opened")
        #expect(lines[2].contains("CAMPAIGN"))
        #expect(lines[3].contains("winter") && lines[3].contains("due in 40s"))
        #expect(lines[4].contains("an operator decides"))
        #expect(lines[5].contains("took 30s"))
        let json = OrderListReport(page: page, isFirst: true, now: Self.now).json(next: nil)
        #expect(json.split(separator: "\"parked\":true").count == 2, "of the one that an operator decides")
        let second = OrderListReport(page: page, isFirst: false, now: Self.now)
        #expect(second.lines(width: nil).first?.hasPrefix("ACCEPTED") == true)
        #expect(!second.json(next: nil).contains("counts"))
    }

    @Test func anEmptyListSaysSo() {
        let page = OrderPage(counts: [:], orders: [], cursor: nil)
        #expect(OrderListReport(page: page, isFirst: true, now: Self.now).lines(width: nil) == ["no orders match"])
        #expect(OrderListReport(page: page, isFirst: false, now: Self.now).lines(width: nil) == ["no more orders"])
        #expect(
            OrderListReport(page: page, isFirst: true, now: Self.now).json(next: nil) == "{\"counts\":{},\"orders\":[]}"
        )
    }

    @Test func whatWaitsForAnOperatorIsCountedAsSuch() {
        let parked = SampleOrder.summary(.verify, attempts: 1, dueAt: nil)
        func first(_ page: OrderPage, isNarrowed: Bool = false) -> String? {
            let now = Self.now
            let report = OrderListReport(
                page: page,
                isFirst: true,
                now: now,
                onlyParked: true,
                isNarrowed: isNarrowed
            )
            return report.lines(width: nil).first
        }
        let (none, one) = (OrderPage(counts: [:], orders: []), OrderPage(counts: [.verify: 1], orders: [parked]))
        let many = OrderPage(counts: [.verify: 12], orders: [parked], cursor: OrderCursor(jobID: 7, left: 11))
        #expect(first(none) == "no orders wait for an operator")
        #expect(first(none, isNarrowed: true) == "no orders that match wait for an operator")
        #expect(first(one) == "1 order waits for an operator")
        #expect(first(many) == "12 orders wait for an operator")
    }

    @Test func eachLineOfAPageHasTheCursorToGoOnAfter() {
        var orders = [SampleOrder.summary(.ready), SampleOrder.summary(.ready)]
        orders[1].jobID = 5
        func ends(_ cursor: OrderCursor?) -> [Bool] {
            let page = OrderPage(counts: [:], orders: orders, cursor: cursor)
            let cursors = cursor == nil ? ["7:1", "5:0"] : cursor?.left == nil ? ["7", "5"] : ["7:4", "5:3"]
            let lines = OrderListReport(page: page, isFirst: true, now: Self.now).jsonLines
            return zip(lines, cursors).map { $0.hasSuffix("\"cursor\":\"\($1)\"}") }
        }
        #expect(ends(nil) == [true, true])
        #expect(ends(OrderCursor(jobID: 5)) == [true, true])
        #expect(ends(OrderCursor(jobID: 5, left: 3)) == [true, true])
        #expect(quarantine(nil).jsonLines.last?.hasSuffix("\"cursor\":\"1795262400000000:2:40:jobs\"}") == true)
    }

    @Test func aPageThatIsNotAllIsSaidToBeWhereNobodyAskedForAPage() throws {
        func hint(_ words: [String], total: Int? = 12_000, onTerminal: Bool = false) throws -> String? {
            guard case .run(let invocation) = CommandTree.root.start(["list"] + words) else { return "not understood" }
            let isCut = total.map { $0 > 50 } ?? true
            return invocation.hint(shown: 50, of: total, isCut: isCut, onTerminal: onTerminal)
        }
        let text = "usher list: 50 of 12,000 shown; --all or --limit for more"
        #expect(try hint([]) == text)
        #expect(try hint(["--json"], onTerminal: true) == text)
        #expect(try hint([], total: nil) == "usher list: the newest 50 shown; --all or --limit for more")
        #expect(try hint([], onTerminal: true) == nil)
        #expect(try hint(["--limit", "50", "--json"]) == nil)
        #expect(try hint(["--after", "7", "--json"]) == nil)
        #expect(try hint(["--json"], total: 50) == nil)
    }

    @Test func aListThatEndsEarlySaysHowItGoesOn() throws {
        guard case .run(let invocation) = CommandTree.root.start(["list", "--all", "--json"]) else {
            throw UsageError(path: [], message: "not understood")
        }
        let list = WholeList(after: "12:3", isSpaced: false)
        let command = "usher list --all --json --after 12:3"
        let start = "usher list: ended after 0 orders; the rest comes with\n  \(command)"
        #expect(invocation.resumption(list, unit: "orders", command: command, .stopped) == start)
        let unread = invocation.resumption(list, unit: "orders", command: command, .outputClosed)
        #expect(unread.hasPrefix(start) && unread.hasSuffix("go on after the cursor of the last line that it took."))
    }

    private func quarantine(_ reason: String?, limit: Int = 2) -> QuarantineReport {
        let page = QuarantinePage(
            counts: ["amount": 2, "syntax": 7, "key": 2],
            entries: [SampleOrder.refused(41), SampleOrder.refused(40)]
        )
        return QuarantineReport(page: page, isFirst: true, limit: limit, reason: reason, now: Self.now)
    }

    @Test func anEmptyQuarantineIsToldFromOneInWhichNothingMatches() {
        func first(_ change: (inout QuarantineFilter) -> Void) -> String? {
            var filter = QuarantineFilter()
            change(&filter)
            let report = QuarantineReport(
                page: QuarantinePage(counts: [:], entries: []),
                isFirst: true,
                limit: 2,
                reason: filter.reason,
                now: Self.now,
                isNarrowed: filter.isNarrowed
            )
            return report.lines(width: nil).first
        }
        #expect(first { _ in } == "no records were quarantined")
        #expect(first { $0.reason = "amount" } == "0 records quarantined for amount")
        #expect(first { $0.account = "main" } == "no quarantined records match")
        #expect(
            first {
                $0.reason = "amount"
                $0.orderID = "o-1"
            } == "no quarantined records match"
        )
    }

    @Test func onlyMoreThanWhatIsListedNarrowsAList() {
        var filter = OrderFilter()
        filter.onlyParked = true
        #expect(!filter.isNarrowed)
        filter.lane = .campaign
        #expect(filter.isNarrowed)
    }

    @Test func theQuarantineBeginsWithItsCommonestReason() {
        let lines = quarantine(nil).lines(width: nil)
        #expect(lines.first == "11 records quarantined: 7 syntax, 2 amount, 2 key")
        #expect(lines[3].contains("jobs[2]@41") && lines[3].contains("sealed"))
        #expect(quarantine("amount").lines(width: nil).first == "2 records quarantined for amount")
        #expect(quarantine("amount").json(next: nil).hasPrefix("{\"counts\":{\"amount\":2},"))
    }

    @Test func aShortPageOfTheQuarantineIsTheLast() {
        #expect(quarantine(nil, limit: 2).cursor == "1795262400000000:2:40:jobs")
        #expect(quarantine(nil, limit: 3).cursor == nil)
    }
}
