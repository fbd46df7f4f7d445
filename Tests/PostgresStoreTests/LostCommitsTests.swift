import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// A standby that lagged takes over: what it never heard of is gone, and its sequences give the same numbers again.
/// What this process knows of those numbers must not meet the rows that have them now.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct LostCommitsTests {
    private static let sequences = ["job_block", "lease_epoch", "outbox_outbox_id_seq"]

    @Test func anOutcomeOfALostJobIsNotTakenForOneOfTheJobThatHasItsNumber() async throws {
        let bench = try await Bench()
        try await bench.ingest([])
        let moment = try await moment(of: bench)
        let lost = try #require(try await bench.ingest([job("o-1", offset: 1, mayStart: true)], start: 1).started.first)
        try await goBack(to: moment, bench)
        let other = try #require(
            try await bench.ingest([job("o-2", offset: 1, mayStart: true)], start: 1).started.first
        )
        #expect(other.lease.jobID == lost.lease.jobID, "the number was not given again: this shows nothing")
        #expect(try await bench.store.settle([opened(lost)]) == SettleReport(outbox: [], lost: [lost.lease]))
        #expect(try await bench.value("SELECT state FROM usher.job") == "1", "it waits for its own answer")
        #expect(try await bench.store.settle([opened(other)]).outbox.results == [result(of: other, .opened)])
    }

    @Test func anAcknowledgementOfALostRowForgetsNoOther() async throws {
        let bench = try await Bench()
        // A sequence that was not used yet cannot be put back to where it was.
        _ = try await bench.store.settle([opened(bench.claimOne("o-0"))])
        let moment = try await moment(of: bench)
        let lost = try await bench.store.settle([opened(bench.claimOne("o-1", offset: 1, start: 1))])
        try await goBack(to: moment, bench)
        let other = try await bench.store.settle([opened(bench.claimOne("o-2", offset: 1, start: 1))])
        try await bench.store.acknowledge(lost.outbox.map(\.outboxID))
        #expect(try await bench.value("SELECT count(*) FROM usher.outbox") == "1", "a result is never published")
        try await bench.store.acknowledge(other.outbox.map(\.outboxID))
        #expect(try await bench.value("SELECT count(*) FROM usher.outbox") == "0")
    }

    @Test func whatAWorkerWroteUnderALostNumberIsPublishedByOthers() async throws {
        let bench = try await Bench()
        try await bench.store.heartbeat(lifetime: .seconds(60))
        try await bench.execute("DELETE FROM usher.worker")
        let settled = try await bench.store.settle([opened(bench.claimOne())])
        try await bench.store.heartbeat(lifetime: .seconds(60))
        // It died before it had them acknowledged.
        let other = bench.fixture.store(worker: "other")
        #expect(try await other.adoptOutbox(limit: 10, ofTheDead: true) == settled.outbox)
    }

    @Test func aTopicThatWasLostGetsANumberAgain() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        try await bench.execute("TRUNCATE usher.job, usher.job_body, usher.waiting, usher.position, usher.topic;")
        let partition = TopicPartition(topic: "jobs", partition: 0)
        #expect(try await bench.store.positions(of: [partition]).isEmpty)
        try await bench.ingest([job("o-1", offset: 0)])
        #expect(try await bench.store.positions(of: [partition]) == [partition: StoredPosition(1)])
    }

    private func moment(of bench: Bench) async throws -> [String] {
        var values: [String] = []
        for sequence in Self.sequences {
            values.append(
                try await bench.value("SELECT last_value || ', ' || is_called FROM usher.\(sequence)") ?? "1, false"
            )
        }
        return values
    }

    /// Everything that jobs left is gone, and the sequences are where they were.
    private func goBack(to moment: [String], _ bench: Bench) async throws {
        let sequences = zip(Self.sequences, moment).map { "SELECT setval('usher.\($0)', \($1));" }
        try await bench.execute(
            """
            TRUNCATE usher.job, usher.job_body, usher.waiting, usher.lease, usher.result, usher.outbox;
            UPDATE usher.position SET next_offset = 1;
            \(sequences.joined(separator: "\n"))
            """
        )
    }
}
