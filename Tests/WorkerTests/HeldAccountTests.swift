import SessionCore
import Synchronization
import Testing
import UsherTestKit

@testable import Worker

@Suite("Held accounts")
struct HeldAccountTests {
    static let wrongSecret = CashierAnswer(outcome: .refused(.configFault), code: "401", message: "wrong secret")

    private func isIdle(_ bench: WorkerBench, jobs: Int) -> Bool {
        bench.store.rows.count == jobs && bench.store.rows.allSatisfy { $0.leaseUntil == nil }
    }

    /// Lets trials become due until something is so.
    private func untilTried(_ bench: WorkerBench, _ what: String, _ condition: () -> Bool) async throws {
        try await bench.eventually(what) {
            bench.store.advance(by: .milliseconds(10))
            return condition()
        }
    }

    @Test("a wrong secret spends no attempt; once it is right, all jobs are opened without anybody's doing")
    func wrongSecret() async throws {
        let isMended = Mutex(false)
        let bench = WorkerBench(concurrencyStart: 4) { call in
            isMended.withLock { $0 } ? WorkerBench.opened(call) : Self.wrongSecret
        }
        bench.deliver((0..<300).map { "o-\($0)" })
        try await bench.eventually("the account is held") { bench.store.heldAccounts.map(\.kind) == [.fault] }
        try await bench.eventually("nothing is in flight") { isIdle(bench, jobs: 300) }
        #expect(bench.store.rows.allSatisfy { $0.state == .ready && $0.attempts == 0 })
        #expect(bench.cashier.calls.count == 4, "those in flight when it was found out")
        try await untilTried(bench, "it is tried, one job at a time") { bench.cashier.calls.count >= 7 }
        #expect(bench.store.rows.allSatisfy { !$0.state.isTerminal && $0.attempts <= 1 })
        isMended.withLock { $0 = true }
        try await untilTried(bench, "all are opened") { bench.store.rows.allSatisfy { $0.state == .opened } }
        #expect(bench.store.rows.allSatisfy { $0.attempts == 1 })
        #expect(bench.store.heldAccounts.isEmpty)
        #expect(bench.logged("account held") == 1, "said once")
        #expect(bench.logged("account released") == 1)
        try await bench.stop()
    }

    @Test("a person's hold stops a running worker, without a trial, until a person ends it")
    func operatorHold() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.store.setOperatorHold("main", true)
        try await bench.eventually("the worker knows") { bench.hasLogged("account held") }
        bench.deliver(["o-1", "o-2"])
        try await bench.eventually("they are stored") { bench.store.rows.count == 2 }
        try await untilTried(bench, "its report says what it knows") { bench.store.reports["main"] != nil }
        #expect(bench.cashier.calls.isEmpty)
        bench.store.setOperatorHold("main", false)
        try await bench.eventually("both are opened") { bench.store.rows.allSatisfy { $0.state == .opened } }
        try await bench.stop()
    }

    @Test("a trial passes over jobs that cannot be read, and finds one that can be sent")
    func unreadableJobs() async throws {
        let isMended = Mutex(false)
        let bench = WorkerBench(concurrencyStart: 1) { call in
            isMended.withLock { $0 } ? WorkerBench.opened(call) : Self.wrongSecret
        }
        bench.deliver((0..<5).map { "o-\($0)" })
        try await bench.eventually("the account is held") { bench.store.heldAccounts.map(\.kind) == [.fault] }
        try await bench.eventually("nothing is in flight") { isIdle(bench, jobs: 5) }
        bench.store.setUnreadable((0..<4).map { "o-\($0)" })
        isMended.withLock { $0 = true }
        // Time for one trial.
        bench.store.advance(by: .milliseconds(10))
        try await bench.eventually("it is opened") { bench.store.rows.last?.state == .opened }
        #expect(bench.store.rows.dropLast().allSatisfy { $0.state == .ready })
        try await bench.stop()
    }

    @Test("jobs that cannot be read are set aside as fast as others are claimed")
    func unreadableBacklog() async throws {
        let bench = WorkerBench(concurrencyStart: 500, inFlightMax: 500, answer: WorkerBench.opened)
        bench.store.setOperatorHold("main", true)
        bench.deliver((0..<1_000).map { "c-\($0)" }, campaign: "autumn")
        try await bench.eventually("they wait") { bench.store.rows.count == 1_000 }
        bench.store.setUnreadable((0..<900).map { "c-\($0)" })
        let before = bench.store.claimsMade
        bench.store.setOperatorHold("main", false)
        try await bench.eventually("the others are opened") {
            bench.store.rows.dropFirst(900).allSatisfy { $0.state == .opened }
        }
        #expect(bench.store.claimsMade - before < 350, "not one at a time")
        try await bench.stop()
    }

    @Test("maintenance holds the account; the job that met it is looked up, and the others are sent afterwards")
    func maintenance() async throws {
        let isOver = Mutex(false)
        let bench = WorkerBench(concurrencyStart: 2) { call in
            guard isOver.withLock({ $0 }) else {
                return CashierAnswer(outcome: .refused(.maintenance), code: "333", message: "maintenance")
            }
            if call.kind == .lookUp { return CashierAnswer(outcome: .notFound, code: "not_found", message: "") }
            return WorkerBench.opened(call)
        }
        bench.deliver((0..<100).map { "o-\($0)" })
        try await bench.eventually("the account is held") { bench.store.heldAccounts.map(\.kind) == [.maintenance] }
        try await bench.eventually("nothing is in flight") { isIdle(bench, jobs: 100) }
        #expect(bench.store.rows.count { $0.state == .verify } == 2)
        #expect(bench.store.rows.count { $0.state == .ready && $0.attempts == 0 } == 98)
        isOver.withLock { $0 = true }
        try await untilTried(bench, "all are opened") {
            bench.store.advance(by: .milliseconds(200))
            return bench.store.rows.allSatisfy { $0.state == .opened }
        }
        #expect(bench.store.rows.count { $0.attempts == 2 } == 2)
        try await bench.stop()
    }

    @Test("look-ups that are answered do not end maintenance: until an opening goes well one job at a time is tried")
    func maintenanceOfOpeningsOnly() async throws {
        let isOver = Mutex(false)
        let bench = WorkerBench(concurrencyStart: 2) { call in
            if call.kind == .lookUp { return CashierAnswer(outcome: .notFound, code: "not_found", message: "") }
            guard isOver.withLock({ $0 }) else {
                return CashierAnswer(outcome: .refused(.maintenance), code: "333", message: "maintenance")
            }
            return WorkerBench.opened(call)
        }
        bench.deliver((0..<100).map { "o-\($0)" })
        try await bench.eventually("the account is held") { bench.store.heldAccounts.map(\.kind) == [.maintenance] }
        try await untilTried(bench, "both were looked up, another was sent, and that looked up too") {
            bench.cashier.calls.count { $0.kind == .lookUp } >= 3
        }
        #expect(bench.cashier.calls.count { $0.kind == .open } < 10)
        #expect(bench.logged("account released") == 0)
        #expect(bench.store.rows.allSatisfy { !$0.state.isTerminal && $0.attempts <= 1 })
        isOver.withLock { $0 = true }
        try await untilTried(bench, "all are opened") {
            bench.store.advance(by: .milliseconds(200))
            return bench.store.rows.allSatisfy { $0.state == .opened }
        }
        #expect(bench.logged("account held") == 1)
        #expect(bench.store.rows.allSatisfy { $0.attempts <= 2 })
        try await bench.stop()
    }

    @Test("a provider whose clock differs within the bound: the refused job is signed again and spends no attempt")
    func clockWithinTheBound() async throws {
        let bench = WorkerBench(concurrencyStart: 4) { call in
            let signed = call.markedAt.advanced(by: call.clockAdjustment)
            let provider = call.markedAt.advanced(by: .seconds(-12))
            guard signed > provider else { return WorkerBench.opened(call) }
            return CashierAnswer(
                outcome: .refused(.retryFast),
                code: AnswerCode.timestamp,
                message: "timestamp in the future",
                providerSeconds: provider.seconds
            )
        }
        bench.deliver((0..<50).map { "o-\($0)" })
        try await bench.eventually("all are opened") {
            bench.store.rows.count == 50 && bench.store.rows.allSatisfy { $0.state == .opened }
        }
        #expect(bench.store.rows.allSatisfy { $0.attempts == 1 })
        #expect(!bench.hasLogged("account held"))
        try await bench.stop()
    }

    @Test("a job is signed again once; refused a second time it holds the account, and its trial is signed anew")
    func signedAgainOnce() async throws {
        let calls = Mutex(0)
        let bench = WorkerBench(concurrencyStart: 1) { call in
            let count = calls.withLock { calls in
                calls += 1
                return calls
            }
            // Its clock falls back a second time, after what the first refusal told was used.
            let provider = call.markedAt.advanced(by: .seconds(count == 1 ? -6 : -15))
            guard call.markedAt.advanced(by: call.clockAdjustment) > provider else { return WorkerBench.opened(call) }
            return CashierAnswer(
                outcome: .refused(.retryFast),
                code: AnswerCode.timestamp,
                message: "timestamp in the future",
                providerSeconds: provider.seconds
            )
        }
        bench.deliver(["o-1"])
        try await untilTried(bench, "it is opened") {
            bench.store.rows.count == 1 && bench.store.rows[0].state == .opened
        }
        #expect(bench.store.rows[0].attempts == 1)
        #expect(bench.cashier.calls.count == 3)
        #expect(bench.logged("account held") == 1)
        try await bench.stop()
    }

    @Test("a clock 90 s off holds the account with the difference in the reason, and no job pays for it")
    func clockBeyondTheBound() async throws {
        let offset = Mutex(Duration.seconds(-90))
        let bench = WorkerBench(concurrencyStart: 4) { call in
            let provider = call.markedAt.advanced(by: offset.withLock { $0 })
            guard call.markedAt.advanced(by: call.clockAdjustment) > provider else { return WorkerBench.opened(call) }
            return CashierAnswer(
                outcome: .refused(.retryFast),
                code: AnswerCode.timestamp,
                message: "timestamp in the future",
                providerSeconds: provider.seconds
            )
        }
        bench.deliver((0..<100).map { "o-\($0)" })
        try await bench.eventually("the account is held") { bench.store.heldAccounts.map(\.kind) == [.fault] }
        #expect(bench.store.heldAccounts.first?.reason.contains("s behind the database's") == true)
        try await bench.eventually("nothing is in flight") { isIdle(bench, jobs: 100) }
        #expect(bench.store.rows.allSatisfy { $0.attempts == 0 })
        offset.withLock { $0 = .zero }
        try await untilTried(bench, "all are opened") { bench.store.rows.allSatisfy { $0.state == .opened } }
        #expect(bench.store.rows.allSatisfy { $0.attempts == 1 })
        try await bench.stop()
    }

    @Test("a campaign is worked off although its account begins with fewer calls than agents have slots in reserve")
    func campaignBegins() async throws {
        let bench = WorkerBench(concurrencyStart: 2, answer: WorkerBench.opened)
        bench.deliver((0..<200).map { "o-\($0)" }, campaign: "autumn")
        try await bench.eventually("all are opened") {
            bench.store.rows.count == 200 && bench.store.rows.allSatisfy { $0.state == .opened }
        }
        try await bench.stop()
    }

    @Test("Retry-After delays the account once, and then begins with few calls")
    func retryAfter() async throws {
        let isBusy = Mutex(true)
        let inFlight = Mutex(0)
        let bench = WorkerBench(concurrencyStart: 8) { call in
            inFlight.withLock { $0 += 1 }
            guard isBusy.withLock({ $0 }) else { return WorkerBench.opened(call) }
            return CashierAnswer(
                outcome: .refused(.limited),
                code: "429",
                message: "too many",
                httpStatus: 429,
                retryAfter: .seconds(17)
            )
        }
        bench.deliver((0..<200).map { "o-\($0)" })
        try await bench.eventually("the account waits") { bench.store.heldAccounts.map(\.kind) == [.delay] }
        try await bench.eventually("nothing is in flight") { isIdle(bench, jobs: 200) }
        #expect(bench.cashier.calls.count == 8)
        isBusy.withLock { $0 = false }
        bench.store.advance(by: .seconds(16))
        #expect(bench.cashier.calls.count == 8)
        bench.store.advance(by: .seconds(2))
        try await bench.eventually("all are opened") { bench.store.rows.allSatisfy { $0.state == .opened } }
        try await bench.stop()
    }

    @Test("Retry-After beside a fault is waited out before the first trial")
    func retryAfterBesideAFault() async throws {
        let bench = WorkerBench(concurrencyStart: 1) { _ in
            var answer = Self.wrongSecret
            answer.retryAfter = .seconds(17)
            return answer
        }
        bench.deliver((0..<20).map { "o-\($0)" })
        try await bench.eventually("it is held for both") {
            Set(bench.store.heldAccounts.map(\.kind)) == [.fault, .delay] && isIdle(bench, jobs: 20)
        }
        #expect(bench.cashier.calls.count == 1)
        bench.store.advance(by: .seconds(18))
        try await untilTried(bench, "it is tried") { bench.cashier.calls.count > 1 }
        try await bench.stop()
    }

    @Test("a provider that refuses look-ups is said so once, and nothing is sent before a lost session is over")
    func refusedLookUps() async throws {
        let bench = WorkerBench { call in
            call.kind == .lookUp
                ? CashierAnswer(outcome: .lookUpRefused, code: "403", message: "Agent API disabled")
                : CashierAnswer(outcome: .unknown, code: "timeout", message: "")
        }
        bench.deliver((0..<20).map { "o-\($0)" })
        try await untilTried(bench, "all were looked up") {
            bench.cashier.calls.count { $0.kind == .lookUp } >= 20
        }
        try await bench.eventually("that is stored") { bench.store.rows.allSatisfy { $0.leaseUntil == nil } }
        bench.store.advance(by: .seconds(80))
        try await bench.eventually("they wait for the session's end") {
            bench.store.rows.allSatisfy { row in
                row.state == .verify && row.leaseUntil == nil
                    && row.dueAt >= (row.lastSend ?? row.dueAt).advanced(by: .seconds(969))
            }
        }
        #expect(bench.cashier.calls.count { $0.kind == .open } == 20)
        #expect(bench.logged("refuses look-ups") == 1)
        try await bench.stop()
    }

    @Test("a fault that look-ups alone meet holds nobody up, and their orders are waited out and opened")
    func faultOfLookUpsOnly() async throws {
        let bench = WorkerBench { call in
            if call.kind == .lookUp { return Self.wrongSecret }
            guard call.job.order.orderID == "lost", call.job.attempts == 1 else { return WorkerBench.opened(call) }
            return CashierAnswer(outcome: .unknown, code: "timeout", message: "")
        }
        bench.deliver(["o-1"])
        try await bench.eventually("it is opened") { bench.store.row("o-1")?.state == .opened }
        bench.deliver(["lost"], from: 1)
        try await bench.eventually("its answer is lost") { bench.store.row("lost")?.state == .verify }
        bench.store.advance(by: .seconds(71))
        try await untilTried(bench, "it is looked up the usual number of times") {
            bench.cashier.calls.count { $0.kind == .lookUp } >= 8
        }
        try await bench.eventually("it waits for the session's end") {
            guard let row = bench.store.row("lost"), let sent = row.lastSend else { return false }
            return row.leaseUntil == nil && row.dueAt >= sent.advanced(by: .seconds(969))
        }
        bench.store.advance(by: .seconds(900))
        try await untilTried(bench, "it is opened") { bench.store.row("lost")?.state == .opened }
        #expect(bench.store.row("lost")?.attempts == 2)
        #expect(!bench.hasLogged("account held"))
        #expect(bench.logged("refuses look-ups") == 1)
        #expect(bench.hasLogged("wrong secret") && !bench.hasLogged("Agent API"), "what is to be mended")
        try await bench.stop()
    }

    /// The account is held by a fault that the look-up of the order `lost` met; all else is opened.
    private func heldByALookUp() async throws -> WorkerBench {
        let bench = WorkerBench { call in
            if call.kind == .lookUp { return Self.wrongSecret }
            guard call.job.order.orderID == "lost", call.job.attempts == 1 else { return WorkerBench.opened(call) }
            return CashierAnswer(outcome: .unknown, code: "timeout", message: "")
        }
        bench.deliver(["lost"])
        try await bench.eventually("its answer is lost") { bench.store.row("lost")?.state == .verify }
        bench.store.advance(by: .milliseconds(10))
        try await bench.eventually("the first look-up holds the account") {
            bench.store.heldAccounts.map(\.kind) == [.fault] && isIdle(bench, jobs: 1)
        }
        return bench
    }

    @Test("a job that can be sent is the trial of a fault before a look-up is, of whatever lane")
    func trialsBesideLookUps() async throws {
        let bench = try await heldByALookUp()
        bench.deliver(["c-1"], from: 1, campaign: "autumn")
        try await bench.eventually("it waits") { bench.store.row("c-1") != nil }
        // The look-up is due again.
        bench.store.advance(by: .seconds(71))
        try await untilTried(bench, "what can be sent is opened") { bench.store.row("c-1")?.state == .opened }
        #expect(bench.cashier.calls.prefix(3).map(\.job.order.orderID) == ["lost", "lost", "c-1"])
        try await bench.eventually("the account is released") { bench.store.heldAccounts.isEmpty }
        try await bench.stop()
    }

    @Test("look-ups that stay in maintenance do not keep an account held whose openings go well again")
    func maintenanceOfLookUpsOnly() async throws {
        let isOver = Mutex(false)
        let bench = WorkerBench(concurrencyStart: 2) { call in
            if call.kind == .open, isOver.withLock({ $0 }) { return WorkerBench.opened(call) }
            return CashierAnswer(outcome: .refused(.maintenance), code: "333", message: "maintenance")
        }
        bench.deliver((0..<20).map { "o-\($0)" })
        try await bench.eventually("the account is held") { bench.store.heldAccounts.map(\.kind) == [.maintenance] }
        try await bench.eventually("nothing is in flight") { isIdle(bench, jobs: 20) }
        isOver.withLock { $0 = true }
        // From now on the look-ups of both orders are due at every trial.
        bench.store.advance(by: .seconds(71))
        try await untilTried(bench, "what can be sent is opened") {
            bench.store.rows.count { $0.state == .opened } == 18
        }
        try await bench.eventually("the account is released") { bench.store.heldAccounts.isEmpty }
        #expect(bench.store.rows.count { $0.state == .verify } == 2)
        #expect(bench.logged("account held") == 1)
        try await bench.stop()
    }

    @Test("Retry-After of a look-up delays the account, although its maintenance is no reason to hold it")
    func retryAfterOfALookUp() async throws {
        let bench = WorkerBench { call in
            if call.kind == .lookUp {
                return CashierAnswer(
                    outcome: .refused(.maintenance),
                    code: "333",
                    message: "maintenance",
                    retryAfter: .seconds(17)
                )
            }
            guard call.job.order.orderID == "lost" else { return WorkerBench.opened(call) }
            return CashierAnswer(outcome: .unknown, code: "timeout", message: "")
        }
        bench.deliver(["o-1"])
        try await bench.eventually("it is opened") { bench.store.row("o-1")?.state == .opened }
        bench.deliver(["lost"], from: 1)
        try await bench.eventually("its answer is lost") { bench.store.row("lost")?.state == .verify }
        bench.store.advance(by: .milliseconds(10))
        try await bench.eventually("the account waits") { bench.store.heldAccounts.map(\.kind) == [.delay] }
        try await bench.stop()
    }

    @Test("an answer that shows an impossible time is an answer like any other", arguments: [Int64.max, .min, -1])
    func impossibleTime(seconds: Int64) async throws {
        let bench = WorkerBench { _ in
            CashierAnswer(outcome: .refused(.declined), code: "2", message: "no", providerSeconds: seconds)
        }
        bench.deliver(["o-1"])
        try await bench.eventually("it is declined") { bench.store.row("o-1")?.state == .declined }
        #expect(bench.store.reports["main"]?.clockDifference == nil)
        try await bench.stop()
    }

    @Test("with look-ups switched off a trial is a job that is sent, and the account is released")
    func trialsWithoutLookUps() async throws {
        let isOver = Mutex(false)
        var rules = WorkerBench.rules
        rules.looksUp = false
        let bench = WorkerBench(concurrencyStart: 4, outcomes: rules) { call in
            guard isOver.withLock({ $0 }) else {
                return CashierAnswer(outcome: .refused(.maintenance), code: "333", message: "maintenance")
            }
            return WorkerBench.opened(call)
        }
        bench.deliver((0..<20).map { "o-\($0)" })
        try await bench.eventually("the account is held") { bench.store.heldAccounts.map(\.kind) == [.maintenance] }
        try await bench.eventually("nothing is in flight") { isIdle(bench, jobs: 20) }
        isOver.withLock { $0 = true }
        try await untilTried(bench, "all are opened") {
            bench.store.advance(by: .seconds(1))
            return bench.store.rows.allSatisfy { $0.state == .opened }
        }
        #expect(bench.cashier.calls.allSatisfy { $0.kind == .open })
        try await bench.stop()
    }

    @Test("a trial of a fault that passed over many jobs whose time is over looks for one to send before look-ups")
    func lookUpsBehindExpiredJobs() async throws {
        let bench = try await heldByALookUp()
        bench.deliver((0..<30).map { "late-\($0)" }, from: 1, campaign: "autumn")
        try await bench.eventually("they wait") { bench.store.rows.count == 31 }
        bench.store.setOperatorHold("main", true)
        bench.store.advance(by: .seconds(3_700))
        // The worker learns the time by the first.
        bench.deliver(["late-30"], from: 31, campaign: "autumn")
        try await bench.eventually("it waits") { bench.store.row("late-30") != nil }
        bench.deliver(["c-1"], from: 32, campaign: "autumn")
        try await bench.eventually("it waits") { bench.store.row("c-1") != nil }
        try await bench.store.hold(
            account: "main",
            HoldCause(kind: .fault, code: "401", reason: "wrong secret"),
            trialAfter: .zero
        )
        bench.store.endOperatorHold("main")
        try await untilTried(bench, "what can be sent is opened") { bench.store.row("c-1")?.state == .opened }
        #expect(bench.cashier.calls.prefix(3).map(\.kind) == [.open, .lookUp, .open])
        try await bench.stop()
    }

    @Test("a trial passes over jobs whose time is over, ends them, and finds one that can be sent")
    func trialsBehindExpiredJobs() async throws {
        let isMended = Mutex(false)
        let bench = WorkerBench(concurrencyStart: 4) { call in
            isMended.withLock { $0 } ? WorkerBench.opened(call) : Self.wrongSecret
        }
        let late = (0..<100).map { "late-\($0)" }
        bench.deliver(late)
        try await bench.eventually("the account is held") { bench.store.heldAccounts.map(\.kind) == [.fault] }
        try await bench.eventually("nothing is in flight") { isIdle(bench, jobs: 100) }
        bench.store.setOperatorHold("main", true)
        bench.store.advance(by: .seconds(3_700))
        isMended.withLock { $0 = true }
        bench.deliver(["o-1"], from: 100)
        try await bench.eventually("it is stored") { bench.store.row("o-1") != nil }
        bench.deliver(["o-2"], from: 101)
        try await bench.eventually("it is stored") { bench.store.row("o-2") != nil }
        try await bench.store.hold(
            account: "main",
            HoldCause(kind: .fault, code: "401", reason: "wrong secret"),
            trialAfter: .zero
        )
        bench.store.endOperatorHold("main")
        try await untilTried(bench, "what can be sent is opened") { bench.store.row("o-2")?.state == .opened }
        try await bench.eventually("the others are at their end") {
            late.allSatisfy { bench.store.row($0)?.state == .expired }
        }
        try await bench.stop()
    }
}
