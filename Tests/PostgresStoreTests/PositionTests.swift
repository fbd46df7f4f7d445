import Cryptography
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

@Suite("Positions", .enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct PositionTests {
    private static let act = OperatorAct(actor: "ann@desk", reason: "retention was too short")
    private static let place = TopicPartition(topic: "jobs", partition: 0)

    private func audit(_ bench: Bench) async throws -> String? {
        let lines = "actor || ' ' || action || ' ' || subject || ' ' || COALESCE(before, 'none') || ' ' || after"
        return try await bench.value("SELECT string_agg(\(lines), '; ' ORDER BY audit_id) FROM usher.audit")
    }

    private func stored(_ bench: Bench) async throws -> StoredPosition? {
        try await bench.store.positions(of: [Self.place])[Self.place]
    }

    @Test("an operator moves a position from where it stands, with a line in the audit, and is held to it")
    func moves() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0), job("o-2", offset: 1)])
        #expect(try await stored(bench) == StoredPosition(2))
        #expect(try await bench.store.movePosition(of: Self.place, from: 2, to: 9, act: Self.act))
        #expect(try await stored(bench) == StoredPosition(9, floor: 9))
        try await bench.ingest([job("o-9", offset: 9)], start: 9)
        #expect(try await stored(bench) == StoredPosition(10, floor: 9))
        #expect(try await bench.store.movePosition(of: Self.place, from: 10, to: 1, act: Self.act))
        #expect(try await stored(bench) == StoredPosition(1, floor: 1))
        #expect(try await audit(bench) == "ann@desk position set jobs[0] 2 9; ann@desk position set jobs[0] 10 1")
    }

    @Test("a position that has moved since the operator looked is left alone, and nothing is noted")
    func leavesWhatMoved() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        #expect(try await bench.store.movePosition(of: Self.place, from: 0, to: 9, act: Self.act) == false)
        #expect(try await bench.store.movePosition(of: Self.place, from: nil, to: 9, act: Self.act) == false)
        #expect(try await stored(bench) == StoredPosition(1))
        #expect(try await bench.value("SELECT count(*) FROM usher.audit") == "0")
    }

    @Test("a partition of which nothing was taken in, of a topic that is new to the database, gets a position")
    func begins() async throws {
        let bench = try await Bench()
        let place = TopicPartition(topic: "new", partition: 3)
        #expect(try await bench.store.movePosition(of: place, from: nil, to: 7, act: Self.act))
        #expect(try await bench.store.positions(of: [place]) == [place: StoredPosition(7, floor: 7)])
        #expect(try await audit(bench) == "ann@desk position set new[3] none 7")
    }

    @Test("nothing of a batch that begins before where an operator put a position is stored")
    func passesOver() async throws {
        let bench = try await Bench()
        let other = TopicPartition(topic: "jobs", partition: 1)
        try await bench.ingest(ranges: [0, 1].map { PartitionRange(partition: $0, start: 0, next: 1) }, [])
        #expect(try await bench.store.movePosition(of: other, from: 1, to: 9, act: Self.act))
        await #expect(throws: StoreError.positionSetAhead(other, stored: 9)) {
            try await bench.ingest(
                ranges: [
                    PartitionRange(partition: 0, start: 1, next: 2), PartitionRange(partition: 1, start: 1, next: 12),
                ],
                [job("o-1", offset: 1, mayStart: true), job("o-2", offset: 11, partition: 1, mayStart: true)]
            )
        }
        let rows = "(SELECT count(*) FROM usher.job) + (SELECT count(*) FROM usher.lease)"
        #expect(try await bench.value(rows) == "0", "nor of the batch's other partitions")
        let positions = try await bench.store.positions(of: [Self.place, other])
        #expect(positions == [Self.place: StoredPosition(1), other: StoredPosition(9, floor: 9)])
        let behind = [PartitionRange(partition: 1, start: 9, next: 12)]
        let report = try await bench.ingest(ranges: behind, [job("o-2", offset: 11, partition: 1)])
        #expect(report.accepted == 1)
    }

    @Test("records that are no jobs are passed over as well")
    func passesOverWhatIsNoJob() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        #expect(try await bench.store.movePosition(of: Self.place, from: 1, to: 9, act: Self.act))
        let record = QuarantinedRecord(
            partition: 0,
            offset: 2,
            reason: "type",
            field: "cid",
            detail: "d",
            rawSHA256: Hashes.sha256([])
        )
        await #expect(throws: StoreError.positionSetAhead(Self.place, stored: 9)) {
            try await bench.ingest([job("o-1", offset: 1)], quarantined: [record], start: 1)
        }
        let rows = "(SELECT count(*) FROM usher.quarantine) + (SELECT count(*) FROM usher.duplicate)"
        #expect(try await bench.value(rows) == "0")
    }

    @Test("what was passed over is taken in once the position is put back")
    func takesInAfterAll() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        #expect(try await bench.store.movePosition(of: Self.place, from: 1, to: 9, act: Self.act))
        #expect(try await bench.store.movePosition(of: Self.place, from: 9, to: 2, act: Self.act))
        #expect(try await bench.ingest([job("o-3", offset: 2)], start: 2).accepted == 1)
        // By other means than the verb, which leave the floor where it was.
        try await bench.execute("UPDATE usher.position SET next_offset = 1")
        #expect(try await stored(bench) == StoredPosition(1, floor: 1))
        #expect(try await bench.ingest([job("o-2", offset: 1)], start: 1).accepted == 1)
    }

    @Test("a record that was rejected is judged anew once the position is put back; both its answers have ids")
    func judgesAnew() async throws {
        let bench = try await Bench()
        var record = QuarantinedRecord(
            partition: 0,
            offset: 1,
            reason: "host",
            field: "return_url",
            detail: "d",
            rawSHA256: Hashes.sha256([])
        )
        record.answer = EncodedResult(
            resultID: ResultIdentity(sha256: Hashes.sha256)
                .answer(.rejected, to: RecordPosition(topic: "jobs", partition: 0, offset: 1)),
            orderID: "o-1",
            generation: 0,
            outcome: .rejected,
            value: Array("rejected".utf8)
        )
        try await bench.ingest([job("o-1", offset: 0)], quarantined: [record])
        #expect(try await bench.store.movePosition(of: Self.place, from: 2, to: 0, act: Self.act))
        // By the settings of now it is a job, of an order that is there.
        let report = try await bench.ingest([job("o-1", offset: 0), job("o-1", offset: 1, content: "other")])
        #expect(report.repeated == 1 && report.conflicts == 1)
        let answers = try await bench.store.adoptOutbox(limit: 10, ofTheDead: true)
        #expect(Set(answers.results.map(\.outcome)) == [.rejected, .conflict])
        #expect(Set(answers.results.map(\.resultID)).count == 2)
    }

    @Test("a batch that was on its way when an operator passed its records over waits, and is not stored")
    func passesOverWhatIsOnItsWay() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        let operation = try PostgresLink(bench.fixture.options)
        let move = "UPDATE usher.position SET next_offset = 9, floor_offset = 9"
        try operation.run(Script(name: "move", text: "BEGIN; " + move))
        let batch = Task { try await bench.ingest([job("o-2", offset: 1, mayStart: true)], start: 1) }
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        try await eventually("the batch waits") {
            try await bench.value(waiting + " AND datname = current_database()") == "1"
        }
        try operation.run(Script(name: "commit", text: "COMMIT"))
        await #expect(throws: StoreError.positionSetAhead(Self.place, stored: 9)) { try await batch.value }
        #expect(try await bench.value("SELECT count(*) FROM usher.job") == "1")
    }
}
