import BlockingThreads
import Logs
import SessionCore
import Testing
import UsherTestKit

@testable import Worker

/// How trials that went well end holds in the store.
@Suite("Hold writer")
struct HoldWriterTests {
    private let store = MemoryStore()

    private func write(_ job: DecidedJob) async throws {
        let accounts = ["main": AccountGuardsTests.account(concurrencyMax: 1)]
        let clock = WorkerClock(wall: AccountGuardsTests.now)
        let writer = HoldWriter(
            store: store,
            accounts: accounts,
            guards: AccountGuards(accounts: accounts),
            causes: Mailbox<DispatchCause>(),
            patience: Patience(log: .silent, clock: clock),
            clock: clock,
            changes: ChangeLog(log: .silent)
        )
        try await writer.write([job])
    }

    @Test("a trial ends what held the account when its call began, however late its answer is read: nothing younger")
    func youngerHolds() async throws {
        let fault = HoldCause(kind: .fault, code: "401", reason: "wrong secret")
        try await store.hold(account: "main", fault, trialAfter: .zero)
        let heldAt = try #require(store.heldAccounts.first?.heldAt)
        var trial = DecidedJob(
            job: AccountGuardsTests.job(1),
            verdict: .release(after: .zero),
            decidedAt: heldAt.advanced(by: .seconds(60))
        )
        trial.endsHold = true
        trial.calledAt = heldAt.advanced(by: .seconds(-1))
        try await write(trial)
        #expect(store.heldAccounts.map(\.kind) == [.fault])
        trial.calledAt = heldAt
        try await write(trial)
        #expect(store.heldAccounts.isEmpty)
    }
}
