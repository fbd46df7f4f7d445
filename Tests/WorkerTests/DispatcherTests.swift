import BlockingThreads
import SessionCore
import Testing
import UsherTestKit

@testable import Worker

@Suite("Dispatcher")
struct DispatcherTests {
    private static func lookUp(_ number: Int64) -> ClaimedJob {
        let sent = Timestamp(seconds: 1_000_000)
        return ClaimedJob(
            lease: LeaseRef(jobID: number, epoch: 1),
            purpose: .lookUp,
            order: Order(account: "main", orderID: "o-\(number)"),
            generation: 1,
            lane: .interactive,
            campaign: nil,
            attempts: 1,
            lookUps: 100,
            acceptedAt: sent,
            notAfter: sent.advanced(by: .seconds(3_600)),
            firstSend: sent,
            lastSend: sent,
            request: nil,
            traceparent: nil
        )
    }

    @Test("a call is signed with its job's mark and starts when its turn comes")
    func startOfACall() throws {
        let accounts = ["main": AccountGuardsTests.account(concurrencyMax: 10)]
        let cashier = ScriptedCashier { _ in CashierAnswer(outcome: .unknown, code: "timeout", message: "") }
        let job = AccountGuardsTests.job(1)
        let mark = try #require(job.lastSend)
        for (now, startsNoEarlierThan) in [
            (mark.advanced(by: .seconds(12)), mark.advanced(by: .seconds(12))),
            // The database's clock is only known as of a late answer.
            (mark.advanced(by: .seconds(-60)), mark),
        ] {
            let slots = CallSlots(limit: 10)
            let dispatcher = Dispatcher(
                cashier: cashier,
                accounts: accounts,
                guards: AccountGuards(accounts: accounts),
                slots: slots,
                decided: DecidedJobs(),
                clock: WorkerClock(wall: now),
                activity: Activity(),
                lease: .seconds(60)
            )
            slots.taken(1, ofAgents: 1, of: slots.reserve(1))
            dispatcher.start([job], asked: .zero)
            let call = try #require(cashier.calls.last)
            #expect(call.markedAt == mark)
            #expect(call.startedAt >= startsNoEarlierThan)
            #expect(call.startedAt < startsNoEarlierThan.advanced(by: .seconds(15)))
        }
        #expect(cashier.calls.count == 2)
    }

    @Test("a look-up that is given back unmade decides nothing, is not noted as an attempt, and leaves no slot taken")
    func unmadeLookUps() async throws {
        let accounts = ["main": AccountGuardsTests.account(concurrencyMax: 1)]
        let slots = CallSlots(limit: 10)
        let decided = DecidedJobs()
        let dispatcher = Dispatcher(
            cashier: ScriptedCashier { _ in CashierAnswer(outcome: .notFound, code: "not_found", message: "") },
            accounts: accounts,
            guards: AccountGuards(accounts: accounts),
            slots: slots,
            decided: decided,
            // Long after the request could have been accepted.
            clock: WorkerClock(wall: Timestamp(seconds: 1_001_000)),
            activity: Activity(),
            lease: .seconds(60)
        )
        slots.taken(2, ofAgents: 2, of: slots.reserve(2))
        dispatcher.start([Self.lookUp(1), Self.lookUp(2)], asked: .zero)
        let hold = HoldCause(kind: .fault, code: "401", reason: "wrong secret")
        let first = AccountGuards.EndedCall(job: Self.lookUp(1), sign: AccountSign(hold: hold))
        let turn = dispatcher.guards.ended([first], at: .zero, now: Timestamp(seconds: 1_001_000))
        dispatcher.carryOn(turn, at: .zero)
        let given = try #require(await decided.interactive.takeAll(dispatcher.clock)?.first)
        #expect(given.job.lease.jobID == 2)
        #expect(given.verdict == .release(after: .zero))
        #expect(given.attempt == nil)
        slots.answered(1, ofAgents: 1, at: .zero)
        slots.settled(2)
        #expect(slots.isIdle)
    }
}
