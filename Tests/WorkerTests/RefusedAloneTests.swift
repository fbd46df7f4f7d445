import SessionCore
import Testing
import UsherTestKit

@testable import Worker

/// Orders that the provider refuses as it would a wrong account, while it takes the account's others.
@Suite("Orders that are refused alone")
struct RefusedAloneTests {
    private let guards = AccountGuards(accounts: ["main": AccountGuardsTests.account(concurrencyMax: 20)])
    private let fault = AccountSign(hold: HoldCause(kind: .fault, code: "401", reason: "signature"))

    @discardableResult
    private func ended(_ number: Int64, _ sign: AccountSign, lastCode: String? = nil) -> AccountGuards.Turn {
        let job = AccountGuardsTests.job(number, lastCode: lastCode)
        let call = CashierCall(kind: .open, job: job, markedAt: job.acceptedAt)
        _ = guards.begin([.init(call: call, sendBy: .seconds(15))])
        return guards.ended([.init(job: job, sign: sign)], at: .zero, now: AccountGuardsTests.now)
    }

    @Test("an order that is refused once more while others go well holds nothing; the next fault of another does")
    func once() {
        ended(1, AccountSign(isWell: true))
        for _ in 0..<3 {
            let refused = ended(2, fault, lastCode: "401")
            #expect(refused.unheld.map(\.jobID) == [2])
            #expect(refused.refusedAlone.map(\.jobID) == [2])
            #expect(refused.changes.isEmpty)
        }
        let first = ended(3, fault)
        #expect(first.refusedAlone.isEmpty)
        #expect(first.changes == [.held(account: "main", .fault, code: "401", reason: "signature", order: "o-3")])
        #expect(ended(2, fault, lastCode: "401").refusedAlone.isEmpty, "it is the account's by now")
    }

    @Test("nor does one whose refusal comes while a delay is awaited, which says nothing of whose fault it is")
    func besideADelay() {
        ended(1, AccountSign(isWell: true))
        let delay = HoldCause(kind: .delay, lasts: .seconds(2), code: "429", reason: "2 s")
        #expect(ended(5, AccountSign(isWell: true, hold: delay)).changes.count == 1)
        let refused = ended(2, fault, lastCode: "401")
        #expect(refused.refusedAlone.map(\.jobID) == [2])
        #expect(refused.changes.isEmpty)
    }

    @Test("one whose look-ups met the fault, and no opening yet, holds the account")
    func afterLookUps() {
        ended(1, AccountSign(isWell: true))
        let lookUp = AccountGuardsTests.job(2, purpose: .lookUp)
        let asked = guards.ended([.init(job: lookUp, sign: fault)], at: .zero, now: AccountGuardsTests.now)
        #expect(asked.unheld.map(\.jobID) == [2])
        let refused = ended(2, fault, lastCode: "401")
        #expect(refused.refusedAlone.isEmpty)
        #expect(refused.changes == [.held(account: "main", .fault, code: "401", reason: "signature", order: "o-2")])
    }

    @Test("one whose newest answer was another holds the account", arguments: [nil, "400", "333"] as [String?])
    func otherCode(lastCode: String?) {
        ended(1, AccountSign(isWell: true))
        let refused = ended(2, fault, lastCode: lastCode)
        #expect(refused.refusedAlone.isEmpty)
        #expect(refused.changes.count == 1)
    }

    @Test("so does one whose time is refused, however often: that is of the clocks")
    func refusedTime() {
        let cause = HoldCause(kind: .fault, code: AnswerCode.timestamp, reason: "90 s")
        ended(1, AccountSign(isWell: true))
        let refused = ended(2, AccountSign(hold: cause), lastCode: AnswerCode.timestamp)
        #expect(refused.refusedAlone.isEmpty)
        #expect(refused.changes.count == 1)
    }

    @Test("that another worker's opening went well does not tell whose fault it is that this one meets again")
    func notOfAnotherWorker() {
        ended(1, AccountSign(isWell: true))
        ended(2, fault)
        guards.holdsStored("main", count: 1)
        #expect(guards.read([], versions: guards.holdVersions()).changes == [.released(account: "main")])
        #expect(ended(2, fault, lastCode: "401").refusedAlone.isEmpty)
    }

    @Test("nor does what this worker's openings told before another met the fault")
    func afterAnothersFault() {
        ended(1, AccountSign(isWell: true))
        let hold = AccountHold(
            account: "main",
            kind: .fault,
            heldAt: AccountGuardsTests.now,
            until: nil,
            trialAt: nil,
            code: "401",
            reason: "signature",
            actor: nil
        )
        _ = guards.read([hold], versions: guards.holdVersions())
        _ = guards.read([], versions: guards.holdVersions())
        #expect(ended(2, fault, lastCode: "401").refusedAlone.isEmpty)
    }

    @Test("each trial that was answered has the next begin with another lane")
    func trialsTakeTurns() {
        var holding = AccountHolding()
        _ = holding.met(.fault)
        #expect(holding.trialLanes == [.interactive, .campaign, .replay])
        holding.trialAnswered()
        #expect(holding.trialLanes == [.campaign, .replay, .interactive])
        holding.trialsEnded()
        #expect(holding.trialLanes == [.interactive, .campaign, .replay])
    }

    @Test("such an order of an agent's keeps no campaign waiting")
    func besideACampaign() async throws {
        let bench = WorkerBench { call in
            call.job.order.orderID == "bad" ? HeldAccountTests.wrongSecret : WorkerBench.opened(call)
        }
        bench.deliver(["bad"])
        try await bench.eventually("the account is held") { bench.store.heldAccounts.map(\.kind) == [.fault] }
        bench.deliver(["o-1"], from: 1, campaign: "autumn")
        try await bench.eventually("it ends, and the other is opened") {
            bench.store.advance(by: .milliseconds(10))
            return bench.store.row("bad")?.state == .failed && bench.store.row("o-1")?.state == .opened
        }
        try await bench.stop()
    }

    @Test("such an order holds its account once, is named, and ends as failed; the account's others are opened")
    func endToEnd() async throws {
        let bench = WorkerBench { call in
            call.job.order.orderID == "bad" ? HeldAccountTests.wrongSecret : WorkerBench.opened(call)
        }
        bench.deliver(["bad"], campaign: "autumn")
        try await bench.eventually("the account is held") { bench.store.heldAccounts.map(\.kind) == [.fault] }
        bench.deliver(["o-1"], from: 1)
        try await bench.eventually("it ends, and the other is opened") {
            bench.store.advance(by: .milliseconds(10))
            return bench.store.row("bad")?.state == .failed && bench.store.row("o-1")?.state == .opened
        }
        #expect(bench.store.row("bad")?.attempts == WorkerBench.rules.attemptsMax)
        #expect(bench.store.heldAccounts.isEmpty)
        #expect(bench.logged("account held") == 1)
        #expect(bench.hasLogged("account held: its jobs wait account=main state=fault code=401 order=bad"))
        try await bench.stop()
    }
}
