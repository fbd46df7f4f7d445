import PostgresStore
import SessionCore
import Testing

@testable import usher

@Suite struct ShowVerbTests {
    private static let now = SampleOrder.now
    private static let soon = SampleOrder.now.advanced(by: .seconds(40))
    private static let before = SampleOrder.now.advanced(by: .seconds(-5))

    private func outlook(_ state: JobState, _ next: NextStep, attempts: Int = 0) -> String {
        Outlook(SampleOrder.detail(state, next, attempts: attempts)).text
    }

    @Test(arguments: [
        (JobState.ready, NextStep.due(at: soon), 0, "It is sent at 12:00:40Z (in 40s), or as soon"),
        (.ready, .due(at: soon), 2, "It is sent again at 12:00:40Z (in 40s), or as soon"),
        (.ready, .due(at: before), 0, "It is sent as soon as a worker is free (`usher doctor` tells if something"),
        (.ready, .held(until: soon, reason: "503"), 0, "The account main is held until 12:00:40Z (in 40s): 503."),
        (
            .ready, .held(until: nil, reason: "wrong secret"), 0,
            "The account main is held: wrong secret. It is sent after"
        ),
        (.sending, .leased(worker: "host:1", until: soon), 1, "Worker host:1 is calling the Cashier."),
        (.sending, .leased(worker: nil, until: before), 1, "A worker had it and did not answer by 11:59:55Z (5s ago)."),
        (.verify, .leased(worker: "host:1", until: soon), 1, "Worker host:1 is looking the order up."),
        (.verify, .due(at: soon), 1, "It is looked up at 12:00:40Z (in 40s). Nothing is sent again before"),
        (
            .verify, .held(until: soon, reason: ""), 1,
            "The account main is held until 12:00:40Z (in 40s). It is looked"
        ),
        (.verify, .operatorDecides, 1, "Nothing happens by itself: whether a session was opened is unknown"),
        (.declined, .nothing, 1, "Nothing more is sent: it has ended. Mend what the Cashier refused"),
        (.expired, .nothing, 0, "Nothing more is sent: it has ended. If the session is still wanted,"),
    ])
    func eachStepIsASentence(_ state: JobState, _ next: NextStep, _ attempts: Int, _ start: String) {
        let text = outlook(state, next, attempts: attempts)
        #expect(text.hasPrefix(start), "\(text)")
        #expect(text.hasSuffix("."))
    }

    @Test(arguments: [
        (JobState.ready, NextStep.due(at: before)), (.verify, .due(at: soon)),
        (.ready, .held(until: nil, reason: "wrong secret")), (.sending, .leased(worker: "host:1", until: before)),
    ])
    func whatNeedsAWorkerSaysThatNoneRunsOrNoneHasTheAccount(_ state: JobState, _ next: NextStep) {
        var order = SampleOrder.detail(state, next)
        let served = Outlook(order).text
        order.attendance = .nobody
        let nobody = Outlook(order).text
        #expect(nobody.hasPrefix("No worker runs: nothing happens until one does (`usher run`). "), "\(nobody)")
        #expect(!nobody.contains("usher doctor"), "\(nobody)")
        #expect(ShowVerb.json([order], []).contains(#","has_worker":false}"#))
        order.attendance = .withoutAccount
        let without = Outlook(order).text
        #expect(without.hasPrefix("No worker that runs has the account main: put it back under"), "\(without)")
        #expect(!served.contains("No worker"), "\(served)")
    }

    @Test func whoHasAnOrderSentAgainReadsWhatIsInTheWay() {
        var order = SampleOrder.detail(.ready, .held(until: nil, reason: "wrong secret"), attempts: 1)
        let name = order.summary.order
        let held = DecideVerb.text(name, .sendAgain, order)
        let decided = "order-17 is to be sent again. Next: "
        #expect(held.hasPrefix(decided + "The account main is held: wrong secret."), "\(held)")
        order.next = .due(at: Self.now)
        order.attendance = .nobody
        let alone = DecideVerb.text(name, .sendAgain, order)
        #expect(alone.hasPrefix(decided + "No worker runs: nothing happens"), "\(alone)")
        #expect(DecideVerb.json(name, .sendAgain, order).contains(#""decision":"send-again","next":{"step":"due""#))
        #expect(DecideVerb.text(name, .sendAgain, nil).hasSuffix(" `usher show order-17` tells what comes next."))
    }

    @Test func whoGivesAnOrderUpReadsWhetherItsResultIsPublished() {
        var order = SampleOrder.detail(.failed, .nothing, attempts: 1)
        let name = order.summary.order
        #expect(DecideVerb.text(name, .giveUp, order) == "order-17 has ended as failed. Its result is published.")
        order.results = [SampleOrder.result(.failed, isPending: true)]
        order.attendance = .nobody
        let waits = DecideVerb.text(name, .giveUp, order)
        #expect(waits.hasSuffix("1 result waits to be published, and no worker runs that would do it (`usher run`)."))
    }

    @Test func whatNeedsNoWorkerSaysNothingOfThem() {
        for (state, next) in [(JobState.declined, NextStep.nothing), (.verify, .operatorDecides)] {
            var order = SampleOrder.detail(state, next, attempts: 1)
            let served = Outlook(order).text
            order.attendance = .nobody
            #expect(Outlook(order).text == served)
        }
    }

    @Test func anOrderWhoseTimeRunsOutBeforeItsNextAttemptSaysHowItEnds() {
        let notAfter = Self.now.advanced(by: .seconds(3_600))
        #expect(
            outlook(.ready, .due(at: notAfter), attempts: 3)
                == "No attempt is left before its not_after: it ends as failed at 13:00:00Z (in 1h)."
        )
        var late = SampleOrder.detail(.ready, .due(at: Self.before))
        late.notAfter = Self.before
        #expect(Outlook(late).text.hasSuffix("ends it as expired."))
    }

    @Test(arguments: [(0, "expired"), (2, "failed")])
    func anOrderOfAHeldAccountWhoseTimeIsOverIsNotSaidToBeSentAfterTheHold(_ attempts: Int, _ end: String) {
        for until in [nil, Self.soon] {
            var late = SampleOrder.detail(.ready, .held(until: until, reason: "audit"), attempts: attempts)
            late.notAfter = Self.before
            let text = Outlook(late).text
            #expect(text.contains("Its not_after was 11:59:55Z (5s ago): a worker ends it as \(end) all the same"))
            #expect(!text.contains("It is sent") && !text.contains("Unsent by"))
        }
    }

    @Test func anOrderOfAHeldAccountThatWasNeverSentSaysWhenItExpires() {
        let held = NextStep.held(until: nil, reason: "audit")
        #expect(outlook(.ready, held).hasSuffix("Unsent by 13:00:00Z (in 1h), it expires."))
        #expect(!outlook(.ready, held, attempts: 1).contains("expires"))
    }

    @Test func anUnknownOutcomeIsNotSaidToBeLookedUpWhenItIsParked() {
        let looked = SampleOrder.summary(.verify, attempts: 1)
        let parked = SampleOrder.summary(.verify, attempts: 1, dueAt: nil)
        #expect(OrderWords.state(looked) == "sent, outcome unknown: being looked up")
        #expect(OrderWords.state(parked) == "sent, outcome unknown: an operator decides")
    }

    @Test func aLinkThatStoppedWorkingIsSaidToHave() {
        var order = SampleOrder.detail(.opened, .nothing, attempts: 1)
        order.expiresAt = Self.soon
        #expect(Outlook(order).text.contains("Its link works until 12:00:40Z (in 40s)."))
        order.expiresAt = Self.before
        #expect(Outlook(order).text.contains("Its link stopped working at 11:59:55Z (5s ago)"))
    }

    @Test(arguments: [("found_used", "Only if nothing was paid"), ("look_up_failed", "Only if none is open")])
    func anOrderThatMayHaveASessionIsNotSimplySentAgain(_ outcome: String, _ condition: String) {
        var order = SampleOrder.detail(.failed, .nothing, attempts: 1)
        order.attempts = [SampleOrder.attempt(1, "unknown"), SampleOrder.attempt(1, outcome, kind: "look_up")]
        #expect(Outlook(order).text.contains("back office"))
        #expect(Outlook(order).text.contains(condition))
        #expect(!Outlook(order).text.contains("If the session is still wanted"))
    }

    @Test func aResultThatKafkaHasNotTakenIsMentioned() {
        var order = SampleOrder.detail(.declined, .nothing, attempts: 1)
        order.results = [SampleOrder.result(.declined, isPending: true)]
        let text = Outlook(order).text
        #expect(text.hasSuffix("1 result waits to be published (`usher doctor` tells if something is in the way)."))
        order.attendance = .nobody
        #expect(Outlook(order).text.hasSuffix("to be published, and no worker runs that would do it (`usher run`)."))
        order.results = [SampleOrder.result(.declined)]
        #expect(!Outlook(order).text.contains("published"))
    }

    @Test func theReportHasTheStoryAndThenWhatIsNext() {
        var order = SampleOrder.detail(.opened, .nothing, attempts: 1)
        order.summary.campaign = "winter\u{1B}[31m"
        order.duplicates = 2
        order.attempts = [SampleOrder.attempt(1, "opened", code: "0")]
        order.results = [SampleOrder.result(.opened, isWiped: true)]
        let lines = OrderReport(order).lines(width: nil)
        #expect(lines.first == "order-17: opened, the session was opened")
        #expect(lines.contains("  campaign     winter?[31m"))
        #expect(lines.contains("  record       jobs[2]@40"))
        #expect(lines.contains("  repeated     2 duplicates with the same content, 0 conflicts with other content"))
        #expect(lines.contains("  11:59:00Z  attempt 1  opened   0      200  340ms  said so"))
        #expect(lines.contains { $0.hasSuffix("00010203-0405-0607-0809-0a0b0c0d0e0f  published  wiped") })
        #expect(lines.last?.hasPrefix("Next: ") == true)
        #expect(OrderReport(order).lines(width: 60).filter { $0.contains("attempt 1") }.allSatisfy { $0.count <= 60 })
    }

    @Test func olderRowsThatAreLeftOutAreMentioned() {
        var order = SampleOrder.detail(.opened, .nothing, attempts: 1)
        order.attempts = [SampleOrder.attempt(1, "opened", code: "0")]
        order.results = [SampleOrder.result(.opened)]
        #expect(!ShowVerb.text([order], width: nil).contains("older"))
        #expect(ShowVerb.json([order], []).contains("\"has_older_history\":false"))
        order.hasOlderAttempts = true
        order.hasOlderResults = true
        let lines = OrderReport(order).lines(width: nil)
        #expect(lines.contains("Attempts and look-ups: the newest 1; older ones are not shown"))
        #expect(lines.contains("Results: the newest 1; older ones are not shown"))
        let json = ShowVerb.json([order], [])
        #expect(json.contains("\"has_older_history\":true") && json.contains("\"has_older_results\":true"))
        #expect(json.contains("\"has_older_events\":false"))
    }

    @Test func severalAccountsAreAllShown() {
        var other = SampleOrder.detail(.ready, .due(at: Self.soon))
        other.summary.order.account = "second"
        let text = ShowVerb.text([SampleOrder.detail(.opened, .nothing), other], width: nil)
        #expect(text.hasPrefix("2 accounts have this order"))
        #expect(text.contains("account      main") && text.contains("account      second"))
    }

    @Test func jsonNamesTheNextStep() {
        let json = ShowVerb.json([SampleOrder.detail(.verify, .operatorDecides, attempts: 1)], [])
        #expect(json.hasPrefix("{\"orders\":[{\"account\":\"main\",\"order_id\":\"order-17\",\"generation\":1,"))
        #expect(json.contains("\"next\":{\"step\":\"operator_decides\",\"text\":\"Nothing happens by itself"))
        #expect(!json.contains("quarantined"))
        #expect(ShowVerb.json([], []) == "{\"orders\":[],\"quarantined\":[]}")
    }

    @Test func anOrderThatIsNotThereLeadsOn() {
        var missing = MissingOrder(
            orderID: "order-17",
            account: nil,
            refused: [],
            show: ["usher", "show"],
            list: ["usher", "list", "-c", "my usher.yaml"]
        )
        #expect(missing.text.hasPrefix("no account has an order order-17.\n"))
        #expect(missing.text.contains("usher list -c 'my usher.yaml' --quarantine --since 1h"))
        missing.account = "second"
        #expect(missing.text.hasPrefix("account second has no order order-17; usher show order-17 looks in every"))
        missing.refused = [SampleOrder.refused(41), SampleOrder.refused(40)]
        #expect(missing.text.contains("2 records that carried it were quarantined"))
        #expect(missing.text.contains("jobs[2]@41 at 2026-11-21 12:00:00Z: (amount) amount: write a whole number"))
        let all = "All of them:\n  usher list -c 'my usher.yaml' --quarantine --order order-17 --account second\n"
        #expect(missing.text.contains(all))
        #expect(missing.text.hasSuffix("--quarantine --reason amount"))
        missing.refusedCount = 1_200
        #expect(missing.text.contains("1,200 records that carried it were quarantined"))
    }

    @Test func whatTheProviderToldIsShown() throws {
        var order = SampleOrder.detail(.opened, .nothing)
        order.events = [
            StoredEventDetail(
                eventID: ResultID(bytes: Array(0..<16)),
                kind: .transaction,
                generation: 1,
                tid: 756_850,
                status: "approved",
                currency: "EUR",
                amount: 1_000,
                toldAt: SampleOrder.now.advanced(by: .seconds(-30)),
                receivedAt: SampleOrder.now,
                isPending: false
            ),
            StoredEventDetail(
                eventID: ResultID(bytes: Array(1..<17)),
                kind: .session,
                generation: 1,
                tid: nil,
                status: "expired",
                currency: nil,
                amount: nil,
                toldAt: SampleOrder.now,
                receivedAt: SampleOrder.now,
                isPending: true
            ),
        ]
        let text = ShowVerb.text([order], width: nil)
        #expect(text.contains("session      expired"))
        let rows = text.split(separator: "\n").filter {
            $0.contains("756850") || $0.contains("waiting to be published")
        }
        #expect(rows.count == 2 && rows[0].contains("1000 EUR") && rows[0].contains("published"), "\(text)")
        #expect(ShowVerb.json([order], []).contains(#""kind":"session""#))
    }
}
