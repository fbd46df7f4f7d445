import Cryptography
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct IngestTests {
    @Test func freshJobsAreAcceptedWithTheirPosition() async throws {
        let bench = try await Bench()
        let report = try await bench.ingest([job("o-1", offset: 0), job("o-2", offset: 1)], next: 5)
        #expect(report.accepted == 2)
        #expect(!report.answered)
        let partition = TopicPartition(topic: "jobs", partition: 0)
        #expect(try await bench.store.positions(of: [partition]) == [partition: StoredPosition(5)])
        #expect(try await bench.store.backlog().jobsByTopic == ["jobs": 2])
    }

    @Test func aPartitionWithoutRowsHasNoPosition() async throws {
        let bench = try await Bench()
        #expect(try await bench.store.positions(of: [TopicPartition(topic: "new", partition: 3)]).isEmpty)
    }

    @Test func aBatchThatRunsAgainChangesNothing() async throws {
        let bench = try await Bench()
        let jobs = [job("o-1", offset: 0), job("o-1", offset: 1), job("o-1", offset: 2, content: "other")]
        var record = QuarantinedRecord(
            partition: 0,
            offset: 3,
            reason: "amount",
            field: "amount",
            detail: "not an integer",
            rawSHA256: Hashes.sha256([1])
        )
        record.raw = Array("raw personal data".utf8)
        record.order = Order(account: "main", orderID: "o-9")
        record.answer = EncodedResult(
            resultID: ResultIdentity(sha256: Hashes.sha256)
                .answer(.rejected, to: RecordPosition(topic: "jobs", partition: 0, offset: 3)),
            orderID: "o-9",
            generation: 0,
            outcome: .rejected,
            value: Array("rejected".utf8)
        )
        let first = try await bench.ingest(jobs, quarantined: [record])
        #expect(first.accepted == 1)
        #expect(first.duplicates == 1)
        #expect(first.conflicts == 1)
        #expect(first.quarantined == 1)
        let queued = "SELECT sum(cardinality(answer_ids)) || ' of ' || count(*) FROM usher.outbox"
        #expect(try await bench.value(queued) == "2 of 1")
        let second = try await bench.ingest(jobs, quarantined: [record])
        #expect(second.repeated == 4)
        #expect(!second.answered)
        #expect(try await bench.value(queued) == "2 of 1")
        #expect(try await bench.value("SELECT count(*) FROM usher.answer") == "2")
        #expect(try await bench.value("SELECT count(*) FROM usher.duplicate") == "2")
    }

    @Test func aConflictIsAnsweredWithBothBodies() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        try await bench.ingest([job("o-1", offset: 1, content: "other")], start: 1)
        let answers = try await bench.store.adoptOutbox(limit: 10, ofTheDead: true)
        #expect(answers.results.map(\.outcome) == [.conflict])
        let value = String(decoding: answers.results.first?.value ?? [], as: UTF8.self)
        #expect(value == "conflict:ready:body of o-1: content:body of o-1: other")
        #expect(answers.entries.first?.traceparent == "00-trace-1")
    }

    @Test func theAnswerToARejectedRecordHasItsTraceparent() async throws {
        let bench = try await Bench()
        var record = QuarantinedRecord(
            partition: 0,
            offset: 0,
            reason: "amount",
            field: "amount",
            detail: "not an integer",
            rawSHA256: Hashes.sha256([1])
        )
        record.answer = EncodedResult(
            resultID: ResultIdentity(sha256: Hashes.sha256)
                .answer(.rejected, to: RecordPosition(topic: "jobs", partition: 0, offset: 0)),
            orderID: "o-1",
            generation: 0,
            outcome: .rejected,
            value: Array("rejected".utf8)
        )
        record.traceparent = "00-trace-0"
        try await bench.ingest([], quarantined: [record])
        let answers = try await bench.store.adoptOutbox(limit: 10, ofTheDead: true)
        #expect(answers.entries.map(\.traceparent) == ["00-trace-0"])
    }

    @Test func aDuplicateOfAnEndedOrderPublishesItsResultAgain() async throws {
        let bench = try await Bench()
        let settled = try await bench.store.settle([opened(bench.claimOne())])
        try await bench.store.acknowledge(settled.outbox.map(\.outboxID))
        let report = try await bench.ingest([job("o-1", offset: 1), job("o-1", offset: 2)], start: 1)
        #expect(report.duplicates == 2)
        let again = try await bench.store.adoptOutbox(limit: 10, ofTheDead: true)
        #expect(again.results == settled.outbox.results)
    }

    @Test func aDuplicateOfARunningOrderIsNotAnsweredYet() async throws {
        let bench = try await Bench()
        _ = try await bench.claimOne()
        try await bench.ingest([job("o-1", offset: 1)], start: 1)
        #expect(try await bench.store.adoptOutbox(limit: 10, ofTheDead: true).isEmpty)
    }

    @Test func aDuplicateOfAWipedResultIsToldSo() async throws {
        let bench = try await Bench()
        let settled = try await bench.store.settle([opened(bench.claimOne(), expiresAt: Timestamp(seconds: 1))])
        try await bench.store.acknowledge(settled.outbox.map(\.outboxID))
        let now = Retention(request: .zero, openedResult: .zero, otherResult: .zero, quarantine: .zero)
        #expect(try await bench.store.wipe(now, limit: 10) == 2)
        try await bench.ingest([job("o-1", offset: 1)], start: 1)
        let again = try await bench.store.adoptOutbox(limit: 10, ofTheDead: true)
        #expect(
            again.results.map { String(decoding: $0.value, as: UTF8.self) } == [
                "duplicate:opened:-:body of o-1: content"
            ]
        )
    }

    /// It is committed by then, and nobody else's: untold, it would wait for the reaper.
    @Test func whatStartedIsToldThoughTheRestOfItsBatchFails() async throws {
        let bench = try await Bench()
        _ = try await bench.claimOne()
        try await bench.execute("ALTER TABLE usher.duplicate ADD CONSTRAINT never CHECK (false) NOT VALID")
        let jobs = [job("o-2", offset: 1, mayStart: true), job("o-1", offset: 2)]
        let report = try await bench.ingest(jobs, start: 1)
        #expect(report.started.map(\.order.orderID) == ["o-2"])
        guard case .refused("23514", _) = report.failure else {
            Issue.record("unexpected: \(String(describing: report.failure))")
            return
        }
        #expect(try await bench.value("SELECT next_offset FROM usher.position") == "1")
    }

    @Test func aPositionBehindTheBatchStopsIt() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        await #expect(
            throws: StoreError.positionMovedBack(TopicPartition(topic: "jobs", partition: 0), stored: 1)
        ) {
            try await bench.ingest([job("o-5", offset: 5)], start: 5)
        }
        #expect(try await bench.value("SELECT count(*) FROM usher.job") == "1")
    }

    @Test func anOldBatchDoesNotMoveThePositionBack() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)], next: 10)
        try await bench.ingest([job("o-1", offset: 0)], next: 1)
        let partition = TopicPartition(topic: "jobs", partition: 0)
        #expect(try await bench.store.positions(of: [partition]) == [partition: StoredPosition(10)])
    }

    @Test func twoReadersOfOnePartitionMakeOneJobEach() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        let jobs = (0..<200).map { job("o-\($0)", offset: $0) }
        async let first = bench.ingest(jobs)
        async let second = bench.ingest(jobs.reversed(), into: other)
        let reports = try await [first, second]
        #expect(reports.map(\.accepted).reduce(0, +) == 200)
        #expect(reports.map(\.repeated).reduce(0, +) == 200)
    }

    @Test func batchesOfTwoTopicsWithTheSameOrdersDoNotDeadlock() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        let jobs = (0..<500).map { job("o-\($0)", offset: $0) }
        let reversed = (0..<500).map { job("o-\(499 - $0)", offset: $0) }
        async let first = bench.ingest(jobs)
        async let second = bench.ingest(reversed, topic: "bulk", into: other)
        let reports = try await [first, second]
        #expect(reports.map(\.accepted).reduce(0, +) == 500)
        #expect(reports.map(\.duplicates).reduce(0, +) == 500)
        // Sessions report their counts at the latest when they end.
        await bench.store.close()
        await other.close()
        try await eventually("both sessions ended") {
            try await bench.value(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'usher'
                """
            ) == "0"
        }
        let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        #expect(try await bench.value(deadlocks) == "0")
    }

    @Test func ofTwoRecordsOfOneOrderInABatchTheFirstWins() async throws {
        let bench = try await Bench()
        let report = try await bench.ingest([
            job("o-2", offset: 2), job("o-1", offset: 3, content: "a"), job("o-0", offset: 5),
            job("o-1", offset: 7, content: "b"),
        ])
        #expect(report.accepted == 3)
        #expect(report.conflicts == 1)
        #expect(try await bench.value("SELECT src_offset FROM usher.job WHERE order_id = 'o-1'") == "3")
    }

    @Test func theQuarantineKeepsTheRawValueSealed() async throws {
        let bench = try await Bench()
        var record = QuarantinedRecord(
            partition: 0,
            offset: 0,
            reason: "type",
            field: "cid",
            detail: "d",
            rawSHA256: Hashes.sha256([])
        )
        record.raw = Array("ada@example.org".utf8)
        try await bench.ingest([], quarantined: [record])
        let found = try await bench.value(
            "SELECT position('ada@example.org'::bytea IN sealed) = 0 FROM usher.quarantine"
        )
        #expect(found == "true")
    }
}
