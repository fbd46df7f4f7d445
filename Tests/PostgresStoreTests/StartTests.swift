import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// Jobs that are stored claimed, because they may be sent as they come in.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct StartTests {
    private static let commits = """
        SELECT count(DISTINCT x) FROM (
          SELECT xmin::text AS x FROM usher.job UNION ALL SELECT xmin::text FROM usher.job_body
          UNION ALL SELECT xmin::text FROM usher.lease UNION ALL SELECT xmin::text FROM usher.position
        ) rows
        """

    @Test func markAttemptLeaseBodyAndPositionAreOneCommit() async throws {
        let bench = try await Bench()
        try await bench.ingest([])
        let order = Order(account: "main", orderID: "o-1")
        let body = JobCodec.canonicalBody(Job(order: order, request: request(of: order)))
        let job = job("o-1", offset: 1, mayStart: true, body: body)
        let report = try await bench.ingest([job], start: 1)
        #expect(report.accepted == 1)
        #expect(!report.hasWaiting)
        let started = try #require(report.started.first)
        #expect(started.purpose == .open)
        #expect(started.attempts == 1)
        #expect(started.lookUps == 0)
        #expect(started.request?.value == request(of: started.order))
        #expect(started.traceparent == "00-trace-1")
        #expect(started.firstSend == report.now && started.lastSend == report.now)
        #expect(try await bench.value(Self.commits) == "1")
        let row = try await bench.value(
            """
            SELECT concat_ws(' ', j.state, j.attempts, j.first_send = j.last_send, j.lease_until = l.lease_until,
              l.lease_until - j.last_send, l.job_ids = ARRAY[j.job_id], w.name, p.next_offset)
            FROM usher.job j JOIN usher.lease l USING (lease_epoch) JOIN usher.worker w USING (worker_id), usher.position p
            """
        )
        #expect(row == "1 1 t t 00:01:00 t first 2")
        #expect(try await bench.value("SELECT count(*) FROM usher.waiting") == "0")
        #expect(try await bench.claim().jobs.isEmpty)
        #expect(try await bench.store.settle([opened(started)]).outbox.entries.count == 1)
        #expect(try await bench.value("SELECT count(*) FROM usher.lease") == "0")
    }

    @Test func aJobDoesNotStartBehindAnOlderOneOfItsLaneAndAccount() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        let report = try await bench.ingest([job("o-2", offset: 1, mayStart: true)], start: 1)
        #expect(report.started.isEmpty)
        #expect(report.hasWaiting)
        let jobs = try await bench.claim(1).jobs + bench.claim(1).jobs
        #expect(jobs.map(\.order.orderID) == ["o-1", "o-2"])
    }

    @Test func aJobThatIsNotDueYetIsInNobodysWay() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0, notBefore: .farAway)])
        let report = try await bench.ingest([job("o-2", offset: 1, mayStart: true)], start: 1)
        #expect(report.started.map(\.order.orderID) == ["o-2"])
    }

    @Test func otherLanesAndAccountsStartAlthoughOneHasABacklog() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        let report = try await bench.ingest(
            [
                job("o-2", offset: 1, mayStart: true), job("c-1", offset: 2, lane: .campaign, mayStart: true),
                job("o-1", offset: 3, account: "other", mayStart: true), job("o-3", offset: 4),
            ],
            start: 1
        )
        #expect(Set(report.started.map { "\($0.order.account) \($0.order.orderID)" }) == ["main c-1", "other o-1"])
        #expect(report.accepted == 4)
        #expect(try await bench.store.backlog().jobsByTopic == ["jobs": 3])
        #expect(try await bench.value("SELECT cardinality(job_ids) FROM usher.lease") == "2")
    }

    @Test func nothingStartsForAHeldAccount() async throws {
        let bench = try await Bench()
        try await bench.store.delay("main", .seconds(600), reason: "maintenance")
        let report = try await bench.ingest([
            job("o-1", offset: 0, mayStart: true), job("o-1", offset: 1, account: "other", mayStart: true),
        ])
        #expect(report.started.map(\.order.account) == ["other"])
        #expect(try await bench.value("SELECT string_agg(account, ' ') FROM usher.waiting") == "main")
    }

    @Test func aJobStartsNeitherBeforeItsTimeNorAfterIt() async throws {
        let bench = try await Bench()
        let report = try await bench.ingest([
            job("early", offset: 0, notBefore: .farAway, mayStart: true),
            job("late", offset: 1, notAfter: Timestamp(seconds: 1_000), mayStart: true),
            job("now", offset: 2, notBefore: Timestamp(seconds: 1_000), mayStart: true),
        ])
        #expect(report.started.map(\.order.orderID) == ["now"])
        let claim = try await bench.claim()
        #expect(claim.jobs.map(\.purpose) == [.expire])
        #expect(claim.nextDue == .farAway)
    }

    @Test func aBatchOfManyPartitionsIsOneCommit() async throws {
        let bench = try await Bench()
        let partitions: [Int32] = Array(0..<16)
        try await bench.ingest(ranges: partitions.map { PartitionRange(partition: $0, start: 0, next: 10) }, [])
        let report = try await bench.ingest(
            ranges: partitions.map { PartitionRange(partition: $0, start: 10, next: 20 + Int64($0)) },
            partitions.reversed().map { job("o-\($0)", offset: 10, partition: $0, mayStart: $0 % 2 == 0) }
        )
        #expect(report.accepted == 16)
        #expect(report.started.count == 8)
        #expect(try await bench.value(Self.commits) == "1")
        let positions = try await bench.store.positions(
            of: partitions.map { TopicPartition(topic: "jobs", partition: $0) }
        )
        #expect(positions.values.map(\.next).sorted() == partitions.map { 20 + Int64($0) })
        #expect(try await bench.value("SELECT count(*) FROM usher.waiting") == "8")
    }

    @Test func aDuplicateInABatchHoldsUpNoneOfTheOthersAndThePositionMovesWithIt() async throws {
        let bench = try await Bench()
        let settled = try await bench.store.settle([opened(bench.claimOne())])
        try await bench.store.acknowledge(settled.outbox.map(\.outboxID))
        let report = try await bench.ingest(
            [
                job("o-1", offset: 1, mayStart: true), job("o-2", offset: 2, mayStart: true),
                job("o-3", offset: 3, mayStart: true),
            ],
            start: 1
        )
        #expect(report.started.map(\.order.orderID) == ["o-2", "o-3"])
        #expect(report.duplicates == 1 && report.accepted == 2)
        let withDuplicate = try await bench.value(
            "SELECT p.xmin = d.xmin AND p.next_offset = 4 FROM usher.position p, usher.duplicate d"
        )
        #expect(withDuplicate == "true", "the record that is no job is accounted for by the commit of its position")
        let before = try await bench.value(
            "SELECT bool_and(j.xmin <> p.xmin) FROM usher.job j, usher.position p WHERE j.state = 1"
        )
        #expect(before == "true", "the others do not wait for that")
    }

    /// What was started by a run whose answer was lost is found by the reaper: it may have been sent, for all one knows.
    @Test func aBatchThatRunsAgainStartsNothingTwice() async throws {
        let bench = try await Bench()
        let jobs = [job("o-1", offset: 0, mayStart: true), job("o-2", offset: 1)]
        #expect(try await bench.ingest(jobs, lease: .zero).started.count == 1)
        let again = try await bench.ingest(jobs, lease: .zero)
        #expect(again.started.isEmpty)
        #expect(again.repeated == 2 && again.accepted == 0)
        #expect(try await bench.value("SELECT max(attempts) || ' ' || count(*) FROM usher.job") == "1 2")
        #expect(try await bench.value("SELECT count(*) FROM usher.lease") == "1")
        #expect(try await bench.store.reap(limit: 10) == 1)
        #expect(try await bench.value("SELECT count(*) FROM usher.waiting") == "2")
    }

    @Test func aNewPartitionBeginsWithItsFirstBatch() async throws {
        let bench = try await Bench()
        try await bench.ingest([])
        let report = try await bench.ingest(
            ranges: [
                PartitionRange(partition: 0, start: 1, next: 2), PartitionRange(partition: 7, start: 100, next: 102),
            ],
            [job("o-1", offset: 1, mayStart: true), job("o-2", offset: 101, partition: 7, mayStart: true)]
        )
        #expect(report.started.count == 2)
        let places = [0, 7].map { TopicPartition(topic: "jobs", partition: $0) }
        let positions = try await bench.store.positions(of: places)
        #expect(positions == [places[0]: StoredPosition(2), places[1]: StoredPosition(102)])
    }

    @Test func aPositionBehindIsNamedAndNothingOfTheBatchIsStored() async throws {
        let bench = try await Bench()
        try await bench.ingest(ranges: [0, 1].map { PartitionRange(partition: $0, start: 0, next: 1) }, [])
        await #expect(
            throws: StoreError.positionMovedBack(TopicPartition(topic: "jobs", partition: 1), stored: 1)
        ) {
            try await bench.ingest(
                ranges: [
                    PartitionRange(partition: 0, start: 1, next: 2), PartitionRange(partition: 1, start: 5, next: 6),
                ],
                [job("o-1", offset: 1, mayStart: true), job("o-2", offset: 5, partition: 1, mayStart: true)]
            )
        }
        let stored = try await bench.value(
            """
            SELECT (SELECT count(*) FROM usher.job) + (SELECT count(*) FROM usher.lease)
              + (SELECT count(*) FROM usher.position WHERE next_offset <> 1)
            """
        )
        #expect(stored == "0")
    }

    @Test func jobsOfOneBatchAreClaimedInTheOrderInWhichTheyCame() async throws {
        let bench = try await Bench()
        let names = ["z", "a", "m", "b", "y"]
        try await bench.ingest(names.enumerated().map { job($1, offset: Int64($0)) })
        var claimed: [String] = []
        for _ in names { claimed += try await bench.claim(1).jobs.map(\.order.orderID) }
        #expect(claimed == names)
    }
}
