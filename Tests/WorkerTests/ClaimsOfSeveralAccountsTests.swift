import SessionCore
import Testing
import UsherTestKit

@testable import Worker

/// How jobs are claimed where accounts have different amounts of work.
@Suite("Claims of several accounts")
struct ClaimsOfSeveralAccountsTests {
    @Test("a backlog is claimed as calls of its account end, though another account has room and nothing to do")
    func idleAccount() async throws {
        // Nothing is looked for before a call ends, or something is stored.
        let bench = WorkerBench(
            concurrencyStart: 4,
            accounts: ["main", "other"],
            pollInterval: .seconds(3_600),
            answer: WorkerBench.opened
        )
        bench.deliver((0..<300).map { "o-\($0)" }, campaign: "autumn")
        try await bench.eventually("all are opened") {
            bench.store.rows.count == 300 && bench.store.rows.allSatisfy { $0.state == .opened }
        }
        try await bench.stop()
    }
}
