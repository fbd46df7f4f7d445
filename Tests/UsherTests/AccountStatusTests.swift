import SessionCore
import Terminal
import Testing

@testable import PostgresStore
@testable import usher

@Suite struct AccountStatusTests {
    private static let now = SampleOrder.now
    private static let worker = AccountReport(
        account: "main",
        inFlight: 3,
        concurrency: 16,
        concurrencyMax: 100,
        breaker: "closed",
        clockDifference: .seconds(-12),
        clockAdjustment: .seconds(-13),
        lookUpRefusedAt: now
    )

    private func report(_ change: (inout AccountState) -> Void = { _ in }) -> AccountStatusReport {
        var state = AccountState(account: "main", holds: [], reports: [], waiting: 0, due: 0, now: Self.now)
        change(&state)
        return AccountStatusReport(states: [state])
    }

    private func hold(_ kind: HoldKind, trialIn trial: Duration? = nil, until: Duration? = nil) -> AccountHold {
        AccountHold(
            account: "main",
            kind: kind,
            heldAt: Self.now.advanced(by: .seconds(-240)),
            until: until.map { Self.now.advanced(by: $0) },
            trialAt: trial.map { Self.now.advanced(by: $0) },
            code: "401",
            reason: "wrong secret",
            actor: kind == .byOperator ? "ann@desk" : nil
        )
    }

    @Test func anAccountThatNothingHoldsIsOpen() {
        #expect(report().lines.first == "main  open  nothing waits")
        #expect(report().areAllWell)
        #expect(report().lines.last == "  no worker that runs has it; see `usher doctor`")
    }

    @Test func anAccountWithDueJobsAndNoWorkerIsNotWell() {
        let left = report { state in (state.waiting, state.due) = (3, 1) }
        #expect(!left.areAllWell)
        #expect(
            left.lines == [
                "main  open  3 jobs wait, 1 due now",
                "  no worker that runs has it: none of its jobs is sent; start `usher run`, and see `usher doctor`",
            ]
        )
        #expect(left.json.contains(#""unserved":false,"has_worker":false"#))
        let served = report { state in
            (state.waiting, state.due) = (3, 1)
            state.reports = [WorkerReport(worker: "host:1", at: Self.now, report: Self.worker)]
        }
        #expect(served.areAllWell)
        #expect(served.json.contains(#""has_worker":true"#))
    }

    @Test func ordersThatWaitForAnOperatorAreToldBesideWhatWaits() {
        let parked = report { state in (state.waiting, state.parked) = (5, 2) }
        #expect(parked.areAllWell)
        #expect(
            parked.lines.prefix(2) == [
                "main  open  5 jobs wait, 0 due now",
                "  2 orders wait for an operator: `usher list --parked --account main` finds them, "
                    + "`usher decide` ends each",
            ]
        )
        #expect(parked.json.contains(#""parked":2,"parked_is_cut":false"#))
    }

    @Test func aHeldAccountSaysWhySinceWhenAndHowItEnds() {
        let held = report { state in
            state.holds = [hold(.fault, trialIn: .seconds(12))]
            (state.waiting, state.due) = (10_000, 9_990)
        }
        #expect(!held.areAllWell)
        #expect(
            held.lines.prefix(4) == [
                "main  HELD  10,000 jobs wait, 9,990 due now",
                "  fault 401, since \(Self.now.advanced(by: .seconds(-240)).time(on: Self.now)) (4m ago): wrong secret",
                "  the next trial call is due at \(Self.now.advanced(by: .seconds(12)).time(on: Self.now)) (in 12s); "
                    + "the first that goes well ends it",
                "  release it by hand: usher account release main --reason 'why'",
            ]
        )
    }

    @Test func theLineThatReleasesSaysWhoseHoldItWouldNotEnd() {
        let lines = report { $0.holds = [hold(.fault, trialIn: .zero), hold(.byOperator)] }.lines
        let release = lines.firstIndex(of: "  release it by hand: usher account release main --reason 'why'")
        let next = "  that is for ann@desk; anybody else adds --also-operator, after asking them"
        #expect(release != nil && release == lines.firstIndex(of: next).map { $0 - 1 }, "\(lines)")
    }

    @Test func whoWouldEndAnothersHoldReadsWhoseAndWhy() {
        let hold = OperatorHold(actor: "ben@desk", heldAt: Self.now, reason: "fraud\u{1B}[2K, stop everything")
        #expect(
            AccountReleaseVerb.refusal("main", hold)
                == "ben@desk holds main since 2026-11-21 12:00:00Z: fraud?[2K, stop everything\n"
                + "Nothing was changed. Ask them; --also-operator ends their hold with the rest."
        )
    }

    @Test func whoReleasesAnAccountReadsWhetherItsJobsStart() {
        func words(_ change: (inout AccountState) -> Void = { _ in }) -> (text: String, json: String) {
            let after = report(change).states.first
            return (
                AccountReleaseVerb.text("main", ["fault"], after), AccountReleaseVerb.json("main", ["fault"], after)
            )
        }
        let released = "main is released (it was held by: fault)."
        let worker = WorkerReport(worker: "host:1", at: Self.now, report: Self.worker)
        let served = words { $0.reports = [worker] }
        #expect(served.text == "\(released) Its jobs start within a second.")
        #expect(served.json == #"{"account":"main","held":false,"ended":"fault","has_worker":true}"#)
        let alone = words()
        #expect(alone.text == "\(released) No worker that runs has it: its jobs start once one does (`usher run`).")
        #expect(alone.json.hasSuffix(#""held":false,"ended":"fault","has_worker":false}"#))
        let again = words { state in (state.reports, state.holds) = ([worker], [hold(.fault)]) }
        #expect(again.text == "\(released) It is held again: `usher account status main` tells why.")
        #expect(again.json.contains(#""held":true"#))
        #expect(AccountReleaseVerb.text("main", ["fault"], nil).hasSuffix("tells whether its jobs start."))
        #expect(AccountReleaseVerb.text("main", [], nil) == "main was not held.")
    }

    @Test func whoTakesAHoldOverReadsWhoseItWas() {
        let alone = AccountHoldVerb.text("main", nil)
        #expect(alone.hasSuffix("Release it: usher account release main --reason 'why'"))
        let before = OperatorHold(actor: "ben@desk", heldAt: Self.now, reason: "fraud")
        #expect(
            AccountHoldVerb.text("main", before) == alone + "\nben@desk held it since 2026-11-21 12:00:00Z: fraud\n"
                + "That hold is yours now: ask them before you release it."
        )
    }

    @Test func anAccountThatNoWorkerHasIsUnknown() {
        var unknown = report { state in
            state.holds = [hold(.delay, until: .seconds(9))]
            (state.waiting, state.due) = (12, 12)
        }
        unknown.unserved = ["main"]
        #expect(!unknown.areAllWell)
        #expect(unknown.lines.first == "main  UNKNOWN  12 jobs wait, due now")
        #expect(
            unknown.lines.suffix(2) == [
                "  not in these settings, and no worker that runs has it: none of its jobs is sent",
                "  put it back under accounts as it was, or start a worker that has it",
            ]
        )
        #expect(!unknown.lines.contains { $0.contains("account release") }, "it takes known accounts only")
        #expect(unknown.json.contains(#""unserved":true"#))
    }

    @Test func aCountThatWasCutSaysSo() {
        let some = report { state in
            (state.waiting, state.due, state.isWaitingCut) = (1_000_000, 12, true)
        }
        #expect(some.lines.first == "main  open  1,000,000 or more jobs wait, 12 due now")
        #expect(some.json.contains(#""waiting":1000000,"waiting_is_cut":true,"due":12,"due_is_cut":false"#))
        let all = report { state in
            (state.waiting, state.due) = (1_000_005, 1_000_005)
            (state.isWaitingCut, state.isDueCut) = (true, true)
        }
        #expect(all.lines.first == "main  open  1,000,005 or more jobs wait, 1,000,005 or more due now")
        #expect(all.json.contains(#""due":1000005,"due_is_cut":true"#))
    }

    @Test(arguments: [
        (HoldKind.byOperator, "by ann@desk since"), (.maintenance, "maintenance 401, since"),
        (.delay, "delay 401, until"),
    ])
    func everyKindOfHoldHasItsWords(_ kind: HoldKind, _ start: String) {
        let lines = report { $0.holds = [hold(kind, trialIn: kind.hasTrials ? .zero : nil, until: .seconds(9))] }.lines
        #expect(lines[1].hasPrefix("  \(start)"), "\(lines[1])")
    }

    @Test func workersTellTheirConcurrencyBreakerAndClock() {
        let lines = report { $0.reports = [WorkerReport(worker: "host:1", at: Self.now, report: Self.worker)] }.lines
        #expect(
            lines.last?.hasPrefix(
                "  host:1: 3 of 16 calls in flight (at most 100), breaker closed, the Cashier's clock 12s behind, "
                    + "signs 13s earlier for it, look-ups refused since"
            ) == true,
            "\(lines)"
        )
    }

    @Test func jsonHasTheSame() throws {
        let text = report { $0.holds = [hold(.fault, trialIn: .seconds(12))] }.json
        #expect(text.contains(#""held":true"#) && text.contains(#""kind":"fault""#) && text.contains(#""trial_at":"#))
    }

    @Test(arguments: [(["account", "hold", "main"], "--reason"), (["account", "release", "main"], "--reason")])
    func aReasonIsNeeded(_ words: [String], _ option: String) {
        guard case .run(let invocation) = CommandTree.root.start(words) else {
            Issue.record("not understood")
            return
        }
        #expect(throws: UsageError.self) { try Operator.act(invocation) }
    }

    @Test func anActThatPostgresPutOffIsNotSaidToBeDonePerhaps() async {
        do {
            try await Operator.once(seenBy: AccountStatusVerb.line(of: "main")) { () async throws -> Void in
                throw StoreError.notNow("canceling statement due to lock timeout (55P03, tried 6 times)")
            }
            Issue.record("nothing was thrown")
        } catch VerbError.ended(let message, let code) {
            #expect(code == .tryAgain)
            #expect(message.hasPrefix("Postgres answered, but not now: canceling statement due to lock timeout"))
            #expect(message.hasSuffix("; nothing was changed"))
        } catch {
            Issue.record("unexpected: \(error)")
        }
    }

    @Test func anActWhoseAnswerWasLostNamesTheCommandThatTells() async {
        do {
            try await Operator.once(seenBy: AccountStatusVerb.line(of: "main")) { () async throws -> Void in
                throw StoreError.unavailable("the connection was lost")
            }
            Issue.record("nothing was thrown")
        } catch VerbError.ended(let message, let code) {
            #expect(code == .unavailable)
            #expect(message.contains("the connection was lost; it may have been done"))
            #expect(message.hasSuffix("`usher account status main` tells"))
        } catch {
            Issue.record("unexpected: \(error)")
        }
    }

    @Test(arguments: [(4_999, false), (-4_999, false), (5_001, true), (-90_000, true)])
    func aWorkerDoesNotStartWithAClockThatIsFarFromTheDatabases(_ milliseconds: Int, _ isRefused: Bool) {
        let problem = ClockCheck.problem(.milliseconds(milliseconds))
        #expect((problem != nil) == isRefused, "\(problem ?? "")")
    }
}
