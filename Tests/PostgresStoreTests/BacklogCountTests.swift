import Cryptography
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// A count of the waiting jobs that the server does not finish.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct BacklogCountTests {
    private func makeStore(_ options: PostgresOptions) -> PostgresStore {
        PostgresStore(
            options: options,
            keys: .keyless,
            answers: FixedAnswers(),
            worker: "hasty",
            version: "test",
            log: .silent
        )
    }

    /// What makes it slow here is a lock that takes longer than a statement may.
    @Test func oneThatIsBrokenOffHidesNoResultThatWaitsAndIsNotRepeatedAtOnce() async throws {
        let bench = try await Bench()
        let claimed = try await bench.claimOne()
        _ = try await bench.store.settle([opened(claimed)])
        var options = bench.fixture.options
        options.statementTimeout = .seconds(1)
        let store = makeStore(options)
        let holder = PostgresPool(options: bench.fixture.options, log: .silent)
        let lock = Script(name: "lock", text: "BEGIN; LOCK TABLE usher.waiting IN ACCESS EXCLUSIVE MODE")
        try await holder.run { link in try link.run(lock) }
        let backlog = try await store.backlog()
        #expect(backlog.oldestUnpublished != nil)
        #expect(backlog.uncounted?.passingReason?.hasPrefix("57014") == true)
        await holder.close()
        #expect(try await store.backlog().uncounted != nil)
        await store.close()
    }

    @Test func aDatabaseThatIsAwayTellsNoBacklog() async throws {
        let store = makeStore(PostgresOptions(connection: "host=/nowhere dbname=usher"))
        do {
            _ = try await store.backlog()
            Issue.record("there is none")
        } catch StoreError.unavailable {}
        await store.close()
    }
}
