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

    @Test("an operator moves a position from where it stands, with a line in the audit")
    func moves() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0), job("o-2", offset: 1)])
        #expect(try await bench.store.positions(of: [Self.place]) == [Self.place: 2])
        #expect(try await bench.store.movePosition(of: Self.place, from: 2, to: 9, act: Self.act))
        #expect(try await bench.store.positions(of: [Self.place]) == [Self.place: 9])
        #expect(try await bench.store.movePosition(of: Self.place, from: 9, to: 1, act: Self.act))
        #expect(try await audit(bench) == "ann@desk position set jobs[0] 2 9; ann@desk position set jobs[0] 9 1")
    }

    @Test("a position that has moved since the operator looked is left alone, and nothing is noted")
    func leavesWhatMoved() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        #expect(try await bench.store.movePosition(of: Self.place, from: 0, to: 9, act: Self.act) == false)
        #expect(try await bench.store.movePosition(of: Self.place, from: nil, to: 9, act: Self.act) == false)
        #expect(try await bench.store.positions(of: [Self.place]) == [Self.place: 1])
        #expect(try await bench.value("SELECT count(*) FROM usher.audit") == "0")
    }

    @Test("a partition of which nothing was taken in, of a topic that is new to the database, gets a position")
    func begins() async throws {
        let bench = try await Bench()
        let place = TopicPartition(topic: "new", partition: 3)
        #expect(try await bench.store.movePosition(of: place, from: nil, to: 7, act: Self.act))
        #expect(try await bench.store.positions(of: [place]) == [place: 7])
        #expect(try await audit(bench) == "ann@desk position set new[3] none 7")
    }
}
