import BlockingThreads
import Logs
import SessionCore
import Synchronization
import Testing
import UsherTestKit

@testable import Worker

@Suite("Dispatch")
struct DispatchServiceTests {
    private static func service(
        _ store: MemoryStore,
        _ causes: Mailbox<DispatchCause>,
        accounts: [String: WorkerAccount] = ["main": AccountGuardsTests.account(concurrencyMax: 10)],
        guards: AccountGuards? = nil,
        slots: CallSlots = CallSlots(limit: 10),
        mayMint: @escaping @Sendable () -> Bool = { true }
    ) -> DispatchService<MemoryStore, ScriptedCashier> {
        let guards = guards ?? AccountGuards(accounts: accounts)
        let clock = WorkerClock(wall: Timestamp(seconds: 1_000_000))
        let activity = Activity()
        let lease = Duration.seconds(60)
        let weights: [Lane: Int] = [.interactive: 8, .campaign: 3, .replay: 1]
        return DispatchService(
            store: store,
            dispatcher: Dispatcher(
                cashier: ScriptedCashier(answer: WorkerBench.opened),
                accounts: accounts,
                guards: guards,
                slots: slots,
                decided: DecidedJobs(),
                clock: clock,
                activity: activity,
                lease: lease
            ),
            settings: WorkerSettings(
                accounts: accounts,
                topics: [],
                inFlightMax: 10,
                interactiveReserve: 2,
                laneWeights: weights,
                lease: lease,
                notAfterDefault: lease,
                unpublishedMax: lease,
                shutdownGrace: lease,
                retention: Retention(request: lease, openedResult: lease, otherResult: lease, quarantine: lease),
                pollInterval: .seconds(1)
            ),
            guards: guards,
            slots: slots,
            shares: LaneShares(weights: weights, reserve: 2),
            rightOfWay: RightOfWay(),
            causes: causes,
            rests: Mailbox(),
            patience: Patience(log: .silent, clock: clock),
            clock: clock,
            activity: activity,
            mayMint: mayMint
        )
    }

    @Test("a claim that found no database is not made later, if results cannot be delivered any more by then")
    func needIsAskedAnew() async throws {
        let store = MemoryStore()
        let causes = Mailbox<DispatchCause>()
        let asked = Mutex(0)
        let service = Self.service(store, causes) {
            asked.withLock { asked in
                asked += 1
                return asked == 1
            }
        }
        store.failNext(1)
        causes.send(.tick)
        causes.finish()
        try await service.run()
        #expect(store.claimsMade == 0)
        #expect(asked.withLock { $0 } == 2)
    }

    @Test(
        "once the worker stops nothing more is claimed, not even by who was looking when the database was away",
        .timeLimit(.minutes(1))
    )
    func stopWhileLooking() async throws {
        var account = AccountGuardsTests.account(concurrencyMax: 10)
        account.breaker.failures = 1
        account.breaker.openFor = .microseconds(1)
        let accounts = ["first": account, "second": account]
        let guards = AccountGuards(accounts: accounts)
        for (number, name) in zip(Int64(1)..., accounts.keys) {
            let job = AccountGuardsTests.job(number, account: name)
            let failed = AccountGuards.EndedCall(job: job, sign: AccountSign(isFailure: true))
            _ = guards.ended([failed], at: .zero, now: AccountGuardsTests.now)
        }
        let store = MemoryStore()
        let causes = Mailbox<DispatchCause>()
        let slots = CallSlots(limit: 10)
        let service = Self.service(store, causes, accounts: accounts, guards: guards, slots: slots)
        store.failNext(1)
        causes.send(.tick)
        causes.finish()
        async let run: Void = service.run()
        // The first account's probe finds no database.
        while store.failuresLeft > 0 { await Task.yield() }
        slots.stop()
        try await run
        #expect(store.claimsMade == 0)
    }
}
