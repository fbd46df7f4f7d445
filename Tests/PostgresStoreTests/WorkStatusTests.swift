import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// What tells an operator whether the work goes on.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct WorkStatusTests {
    @Test func workersAreNamedForAsLongAsTheyLive() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        #expect(try await bench.store.workStatus().workers.isEmpty)
        try await other.heartbeat(lifetime: .seconds(60))
        #expect(try await bench.store.workStatus().workers == [LivingWorker(name: "other", version: "test")])
        try await other.heartbeat(lifetime: .zero)
        #expect(try await bench.store.workStatus().workers.isEmpty)
    }

    @Test func theFirstJobThatIsDueOfEachAccountAndLaneIsFound() async throws {
        let bench = try await Bench()
        #expect(try await bench.store.workStatus().queues.isEmpty)
        try await bench.ingest([
            job("o-1", offset: 0), job("o-2", offset: 1),
            job("o-3", offset: 2, lane: .campaign, notBefore: .farAway), job("o-4", offset: 3, account: "other"),
        ])
        try await bench.execute(
            """
            UPDATE usher.waiting SET due_at = due_at - interval '5 minutes'
            WHERE job_id = (SELECT job_id FROM usher.job WHERE order_id = 'o-2')
            """
        )
        let status = try await bench.store.workStatus()
        #expect(status.queues.map(\.account) == ["main", "main", "other"])
        #expect(status.queues.map(\.lane) == [.interactive, .campaign, .interactive])
        #expect(status.queues.map(\.firstOrderID) == ["o-2", nil, "o-4"])
        let since = try #require(status.queues[0].dueSince)
        let age = since.duration(to: status.now)
        #expect(age >= .seconds(300) && age < .seconds(360))
        #expect(status.queues[1].dueSince == nil)
        #expect(status.queues.allSatisfy { $0.parked == 0 && !$0.isParkedCut })
    }

    @Test func whatWorkersHaveInHandIsSeenUntilItIsSettled() async throws {
        let bench = try await Bench()
        #expect(try await bench.store.workStatus().firstLeaseEnd == nil)
        let claimed = try await bench.claimOne()
        let leased = try await bench.store.workStatus()
        #expect(leased.firstLeaseEnd.map { $0 > leased.now } == true)
        #expect(leased.queues.isEmpty && leased.oldestUnpublished == nil)
        _ = try await bench.store.settle([opened(claimed)])
        let settled = try await bench.store.workStatus()
        #expect(settled.firstLeaseEnd == nil)
        #expect(settled.oldestUnpublished.map { $0 >= .zero } == true)
    }

    /// The first of them is published, the second is another process's for now.
    @Test func theOldestEventThatIsNotPublishedIsFound() async throws {
        let bench = try await Bench()
        #expect(try await bench.store.workStatus().oldestUnpublishedEvent == nil)
        try await bench.execute(
            """
            INSERT INTO usher.transaction_event (
              event_id, job_id, told_at, received_at, generation, kind, order_id, status, signature_sha256,
              value_sha256, key_id, sealed
            )
            SELECT gen_random_uuid(), n, now(), now() - (5 - n) * interval '1 hour', 1, 2, 'o-' || n, 'expired',
              sha256(n::text::bytea), sha256(n::text::bytea), 'k1', 'x'
            FROM generate_series(1, 4) n;
            INSERT INTO usher.event_outbox (event_no, taken_until)
            SELECT event_no, now() + (3 - job_id) * interval '1 minute' FROM usher.transaction_event WHERE job_id > 1
            ORDER BY event_no DESC
            """
        )
        let age = try #require(try await bench.store.workStatus().oldestUnpublishedEvent)
        #expect(age >= .seconds(3 * 3_600) && age < .seconds(3 * 3_600 + 60), "\(age)")
        try await bench.execute("DELETE FROM usher.event_outbox")
        #expect(try await bench.store.workStatus().oldestUnpublishedEvent == nil)
    }

    /// The database's clock was set back.
    @Test func anEventOfTheFutureHasNotWaited() async throws {
        let bench = try await Bench()
        try await bench.execute(
            """
            INSERT INTO usher.transaction_event (
              event_id, job_id, told_at, received_at, generation, kind, order_id, status, signature_sha256,
              value_sha256, key_id, sealed
            )
            VALUES (
              gen_random_uuid(), 1, now(), now() + interval '1 hour', 1, 2, 'o-1', 'expired', sha256('1'), sha256('1'),
              'k1', 'x'
            );
            INSERT INTO usher.event_outbox (event_no, taken_until) SELECT event_no, now() FROM usher.transaction_event
            """
        )
        #expect(try await bench.store.workStatus().oldestUnpublishedEvent == .zero)
    }

    @Test func ordersThatWaitForAnOperatorAreCounted() async throws {
        let bench = try await Bench()
        let claimed = try await bench.claimOne()
        _ = try await bench.store.settle([Settlement(lease: claimed.lease, step: .park, attempt: unknown(claimed))])
        let queue = try #require(try await bench.store.workStatus().queues.first)
        #expect(queue.parked == 1 && !queue.isParkedCut && queue.dueSince == nil)
        try await bench.ingest([job("o-2", offset: 1)], start: 1)
        let state = try await bench.store.accountStates(["main"], countMax: 10)[0]
        #expect(state.waiting == 2 && state.due == 1)
        #expect(state.parked == 1 && !state.isParkedCut)
    }

    @Test func whatWaitsForAnOperatorIsCountedBehindAnyNumberOfOthers() async throws {
        let bench = try await Bench()
        try await bench.execute(
            """
            INSERT INTO usher.waiting (job_id, due_at, lane, topic_id, account)
            SELECT n, CASE WHEN n > 30 THEN 'infinity'::timestamptz ELSE now() END, 0, 1, 'main'
            FROM generate_series(1, 34) n
            """
        )
        let some = try await bench.store.accountStates(["main"], countMax: 10)[0]
        #expect(some.waiting == 10 && some.isWaitingCut && some.parked == 4 && !some.isParkedCut)
        let few = try await bench.store.accountStates(["main"], countMax: 3)[0]
        #expect(few.parked == 3 && few.isParkedCut)
    }

    @Test func holdsInForceAreAmongIt() async throws {
        let bench = try await Bench()
        try await bench.store.placeHold(account: "main", act: OperatorAct(actor: "ann@desk", reason: "audit"))
        #expect(try await bench.store.workStatus().holds.map(\.reason) == ["audit"])
    }

    @Test func whatLivingWorkersSayOfTheirAccountsIsAmongIt() async throws {
        let bench = try await Bench()
        var said = report("main")
        said.breaker = "open"
        try await bench.store.report([said])
        #expect(try await bench.store.workStatus().reports.map(\.report) == [said])
        try await bench.store.retire()
        #expect(try await bench.store.workStatus().reports.isEmpty)
    }

    @Test func anOrderSaysWhetherAWorkerIsThereForIt() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        func attendance() async throws -> Attendance? {
            try await bench.store.show("o-1").first?.attendance
        }
        #expect(try await attendance() == .withoutAccount)
        try await bench.store.report([report("other")])
        #expect(try await attendance() == .withoutAccount)
        try await bench.store.report([report("main")])
        #expect(try await attendance() == .served)
        try await bench.store.retire()
        #expect(try await attendance() == .nobody)
    }
}
