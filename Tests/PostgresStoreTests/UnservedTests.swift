import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// Accounts of which jobs wait and that no worker has.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct UnservedTests {
    @Test func theyAreNamedWithWhatWaitsInAnyLane() async throws {
        let bench = try await Bench()
        #expect(try await bench.store.unserved(besides: ["main"]).isEmpty)
        try await bench.ingest([
            job("o-1", offset: 0), job("o-2", offset: 1, account: "renamed"),
            job("o-3", offset: 2, account: "renamed", lane: .campaign),
            job("o-4", offset: 3, account: "renamed", notBefore: .farAway),
            job("o-5", offset: 4, account: "gone", lane: .replay),
        ])
        let unserved = [UnservedAccount(name: "gone", waiting: 1), UnservedAccount(name: "renamed", waiting: 3)]
        #expect(try await bench.store.unserved(besides: ["main"]) == unserved)
        #expect(try await bench.store.unserved(besides: ["gone", "main", "renamed"]).isEmpty)
    }

    @Test func anAccountThatAWorkerTellsOfIsServedForAsLongAsItLives() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        try await bench.ingest([job("o-1", offset: 0, account: "theirs")])
        try await other.heartbeat(lifetime: .seconds(60))
        #expect(try await bench.store.unserved(besides: ["main"]).map(\.name) == ["theirs"])
        try await other.report([report("theirs")])
        #expect(try await bench.store.unserved(besides: ["main"]).isEmpty)
        try await other.heartbeat(lifetime: .zero)
        #expect(try await bench.store.unserved(besides: ["main"]).map(\.name) == ["theirs"])
    }

    @Test func countingStops() async throws {
        let bench = try await Bench()
        let limit = Int(PostgresStore.unservedMax)
        try await bench.execute(
            """
            INSERT INTO usher.waiting (job_id, due_at, lane, topic_id, account)
            SELECT n, now(), 0, 1, 'gone' FROM generate_series(1, \(limit + 1)) n
            """
        )
        #expect(
            try await bench.store.unserved(besides: []) == [UnservedAccount(name: "gone", waiting: limit, isCut: true)]
        )
    }

    @Test func theirJobsAreNobodysBacklog() async throws {
        let bench = try await Bench()
        try await bench.ingest([
            job("o-1", offset: 0), job("o-2", offset: 1, account: "gone"), job("o-3", offset: 2, account: "gone"),
        ])
        #expect(try await bench.store.backlog(leavingOut: ["gone"]).jobsByTopic == ["jobs": 1])
        let other = bench.fixture.store(worker: "other")
        #expect(try await other.backlog().jobsByTopic == ["jobs": 3])
    }
}
