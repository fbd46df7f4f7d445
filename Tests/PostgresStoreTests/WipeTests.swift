import Cryptography
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct WipeTests {
    static let now = Retention(request: .zero, openedResult: .zero, otherResult: .zero, quarantine: .zero)
    static let past = Timestamp(seconds: 1_000)

    @Test func valuesAreKeptForTheirTime() async throws {
        let bench = try await Bench()
        let settled = try await bench.store.settle([opened(bench.claimOne(), expiresAt: Self.past)])
        try await bench.store.acknowledge(settled.outbox.map(\.outboxID))
        let later = Retention(
            request: .seconds(60),
            openedResult: .seconds(9_000_000_000),
            otherResult: .seconds(60),
            quarantine: .seconds(60)
        )
        #expect(try await bench.store.wipe(later, limit: 10) == 0)
        #expect(try await bench.value("SELECT count(*) FROM usher.job_body") == "1")
    }

    @Test func aValueThatIsNotPublishedYetIsNotWiped() async throws {
        let bench = try await Bench()
        let settled = try await bench.store.settle([opened(bench.claimOne(), expiresAt: Self.past)])
        #expect(try await bench.store.wipe(Self.now, limit: 10) == 1, "the body goes, the result stays")
        try await bench.store.acknowledge(settled.outbox.map(\.outboxID))
        #expect(try await bench.store.wipe(Self.now, limit: 10) == 1)
        #expect(try await bench.value("SELECT sealed IS NULL AND result_id IS NOT NULL FROM usher.result") == "true")
    }

    @Test func aLiveSessionsValueStays() async throws {
        let bench = try await Bench()
        let settled = try await bench.store.settle([opened(bench.claimOne(), expiresAt: .farAway)])
        try await bench.store.acknowledge(settled.outbox.map(\.outboxID))
        #expect(try await bench.store.wipe(Self.now, limit: 10) == 1, "only the body")
    }

    @Test func bodiesOfRunningJobsStay() async throws {
        let bench = try await Bench()
        _ = try await bench.claimOne()
        #expect(try await bench.store.wipe(Self.now, limit: 10) == 0)
    }

    @Test func moreThanAPageThatEndedAtOneMomentIsWipedPageByPage() async throws {
        let bench = try await Bench()
        try await bench.ingest((0..<25).map { job("o-\($0)", offset: $0) })
        let jobs = try await bench.claim().jobs
        let settled = try await bench.store.settle(jobs.map { opened($0) })
        try await bench.store.acknowledge(settled.outbox.map(\.outboxID))
        // Long enough ago that the mark moves.
        try await bench.execute("UPDATE usher.result SET created_at = '2020-01-01T00:00:00Z'")
        var wiped: [Int] = []
        for _ in 0..<4 { wiped.append(try await bench.store.wipe(Self.now, limit: 10)) }
        #expect(wiped == [10, 10, 5, 0])
        #expect(try await bench.value("SELECT bodies = '2020-01-01T00:00:00Z' FROM usher.wipe_mark") == "true")
    }

    @Test func quarantinedValuesGoAndTheirReasonsStay() async throws {
        let bench = try await Bench()
        var record = QuarantinedRecord(
            partition: 0,
            offset: 0,
            reason: "type",
            field: "cid",
            detail: "d",
            rawSHA256: Hashes.sha256([])
        )
        record.raw = [1, 2, 3]
        try await bench.ingest([], quarantined: [record])
        #expect(try await bench.store.quarantine(limit: 10).entries.map(\.hasRaw) == [true])
        #expect(try await bench.store.wipe(Self.now, limit: 10) == 1)
        let page = try await bench.store.quarantine(limit: 10)
        #expect(page.entries.map(\.hasRaw) == [false])
        #expect(page.entries.map(\.reason) == ["type"])
    }

    /// The receiver of callbacks wipes them too; it may be switched off for good.
    @Test func whatTheProviderToldIsWipedOnceItIsPublished() async throws {
        let bench = try await Bench()
        try await bench.execute(
            """
            INSERT INTO usher.transaction_event (
              event_id, job_id, told_at, received_at, generation, kind, order_id, status, signature_sha256,
              value_sha256, key_id, sealed
            )
            SELECT gen_random_uuid(), n, now(), now() - n * interval '1 hour', 1, 2, 'o-' || n, 'expired',
              sha256(n::text::bytea), sha256(n::text::bytea), 'k1', 'x'
            FROM generate_series(1, 3) n;
            INSERT INTO usher.event_outbox (event_no, taken_until)
            SELECT event_no, now() FROM usher.transaction_event WHERE job_id = 3
            """
        )
        var retention = Self.now
        retention.otherResult = .seconds(5_400)
        #expect(try await bench.store.wipe(retention, limit: 10) == 1)
        let kept = """
            SELECT string_agg(job_id::text, ' ' ORDER BY job_id) FROM usher.transaction_event WHERE sealed IS NOT NULL
            """
        #expect(try await bench.value(kept) == "1 3", "the first is too young, the third not published yet")
        try await bench.execute("DELETE FROM usher.event_outbox")
        #expect(try await bench.store.wipe(retention, limit: 10) == 1)
    }

    /// A wipe may lock a result in the moment after a duplicate's outbox row was committed.
    @Test func aResultThatWasQueuedAgainMeanwhileIsNotWiped() async throws {
        let bench = try await Bench()
        let claimed = try await bench.claimOne()
        let settled = try await bench.store.settle([opened(claimed, expiresAt: Self.past)])
        let wipe = { @Sendable (link: PostgresLink) throws in
            try link.run(SQL.Results.wipe, [.int8s([claimed.lease.jobID]), .int4s([1])]).count
        }
        #expect(try await bench.run(wipe) == 0)
        try await bench.store.acknowledge(settled.outbox.map(\.outboxID))
        #expect(try await bench.run(wipe) == 1)
    }

    /// A duplicate that pins the result while it is being wiped: either the wipe waits, or the duplicate is told.
    @Test func aPinnedResultIsNotWiped() async throws {
        let bench = try await Bench()
        let claimed = try await bench.claimOne()
        let settled = try await bench.store.settle([opened(claimed, expiresAt: Self.past)])
        try await bench.store.acknowledge(settled.outbox.map(\.outboxID))
        let pinned = try await bench.run { link in
            try link.run(SQL.Session.begin)
            return try link.run(SQL.Results.pin, [.int8s([claimed.lease.jobID]), .int4s([1])]).count
        }
        #expect(pinned == 1)
        #expect(try await bench.store.wipe(Self.now, limit: 10) == 1, "only the body")
        // A connection with an open transaction is not used again: closing it ends the pin.
        _ = try await bench.value("SELECT 1")
        try await eventually("the result is wiped") { try await bench.store.wipe(Self.now, limit: 10) == 1 }
    }
}
