import Cryptography
import Logs
import SessionCore
import Synchronization
import Testing
import UsherTestKit

@testable import PostgresStore

/// One row of the outbox stands for all that one transaction has to publish.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct OutboxTests {
    private func settled(_ count: Int, _ bench: Bench) async throws -> (jobs: [ClaimedJob], row: OutboxRow) {
        try await bench.ingest((0..<Int64(count)).map { job("o-\($0)", offset: $0) })
        let jobs = try await bench.claim().jobs
        let report = try await bench.store.settle(jobs.map { opened($0, expiresAt: WipeTests.past) })
        return (jobs, try #require(report.outbox.first))
    }

    @Test func aMixOfOutcomesIsSettledWithARowForEachTransaction() async throws {
        let bench = try await Bench()
        try await bench.ingest((0..<6).map { job("o-\($0)", offset: $0) })
        let jobs = try await bench.claim().jobs.sorted { $0.lease.jobID < $1.lease.jobID }
        let settlements = [
            opened(jobs[0]), ended(jobs[1], .declined, .declined), retried(jobs[2], after: .seconds(60)),
            Settlement(lease: jobs[3].lease, step: .verify(after: .seconds(60)), attempt: unknown(jobs[3])),
            ended(jobs[4], .failed, .failed), opened(jobs[5]),
        ]
        let first = try await bench.store.settle(settlements)
        #expect(first.lost.isEmpty)
        #expect(first.outbox.map { Set($0.results.map(\.outcome)) } == [[.opened], [.declined, .failed]])
        let states = "SELECT string_agg(state::text, ' ' ORDER BY order_id) FROM usher.job"
        #expect(try await bench.value(states) == "10 11 0 2 12 10")
        #expect(try await bench.value("SELECT count(*) FROM usher.waiting") == "2")
        #expect(try await bench.value("SELECT count(*) FROM usher.lease") == "0")

        // Run again after an answer that was lost, before anything was published and when all was.
        #expect(try await bench.store.settle(settlements) == first)
        try await bench.store.acknowledge(first.outbox.map(\.outboxID))
        #expect(try await bench.store.settle(settlements) == SettleReport(outbox: [], lost: []))
        #expect(try await bench.value(states) == "10 11 0 2 12 10")
        #expect(try await bench.value("SELECT count(*) FROM usher.result") == "4")
        #expect(try await bench.value("SELECT count(*) FROM usher.attempt") == "4")
    }

    @Test func whatWasAcknowledgedOfARowIsNotPublishedByWhoAdoptsIt() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        let (_, row) = try await settled(3, bench)
        let part = PartlyPublished(outboxID: row.outboxID, acknowledged: [row.entries[0].key])
        try await bench.store.acknowledge([part])
        try await bench.store.acknowledge([part])
        try await bench.store.retire()
        let adopted = try await other.adoptOutbox(limit: 10, ofTheDead: true)
        #expect(adopted.map(\.outboxID) == [row.outboxID])
        #expect(Set(adopted.results.map(\.orderID)) == Set(row.entries.dropFirst().map(\.result.orderID)))
        try await other.acknowledge(adopted.map(\.outboxID))
        #expect(try await bench.store.backlog().oldestUnpublished == nil)
    }

    /// Each of two workers that had a row one after the other may have a part of it acknowledged when it ends.
    @Test func aRowOfWhichTwoWorkersHadAPartAcknowledgedIsGone() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        let (_, row) = try await settled(2, bench)
        let parts = row.entries.map { PartlyPublished(outboxID: row.outboxID, acknowledged: [$0.key]) }
        try await bench.store.acknowledge([parts[0]])
        try await other.acknowledge([parts[1]])
        #expect(try await bench.value("SELECT count(*) FROM usher.outbox") == "0", "an empty row stops everything")
    }

    /// Taken for the whole row, the part would end the rest when it is acknowledged.
    @Test func aRowOfWhichASettlementThatRunsAgainKnowsAPartIsLeftToTheRelay() async throws {
        let bench = try await Bench()
        let (jobs, row) = try await settled(3, bench)
        let again = try await bench.store.settle([opened(jobs[0], expiresAt: WipeTests.past)])
        #expect(again == SettleReport(outbox: [], lost: []))
        #expect(try await bench.store.adoptOutbox(limit: 10, ofTheDead: false) == [row])
        #expect(try await bench.store.adoptOutbox(limit: 10, ofTheDead: false).isEmpty)
    }

    @Test func whatAWorkerCannotPublishIsTakenOverByOneThatPublishes() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        let (_, row) = try await settled(2, bench)
        try await other.heartbeat(lifetime: .seconds(60))
        #expect(try await other.adoptOutbox(limit: 10, ofTheDead: true).isEmpty, "its owner lives")
        #expect(try await bench.store.giveBackOutbox(waitingMax: .seconds(15)))
        #expect(try await other.adoptOutbox(limit: 10, ofTheDead: true) == [row])
        #expect(try await bench.store.giveBackOutbox(waitingMax: .seconds(15)))
        #expect(try await bench.store.adoptOutbox(limit: 10, ofTheDead: true).isEmpty, "it is the other's now")
        // The one that gave it back hears after all that all of it was delivered; so does the other, later.
        try await bench.store.acknowledge([row.outboxID])
        try await other.acknowledge([row.outboxID])
        #expect(try await bench.store.backlog().oldestUnpublished == nil)
    }

    @Test func nothingIsGivenBackWhereNobodyElseSeemsToPublish() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        _ = try await settled(1, bench)
        #expect(try await !bench.store.giveBackOutbox(waitingMax: .seconds(15)), "it is alone")
        try await bench.ingest([job("o-9", offset: 1)], start: 1)
        let others = try await other.settle(bench.claim(by: other).jobs.map { opened($0) })
        #expect(others.outbox.count == 1)
        let free = "SELECT count(*) FROM usher.outbox WHERE owner IS NULL"
        try await bench.execute("UPDATE usher.outbox SET created_at = created_at - interval '20 seconds'")
        #expect(try await !bench.store.giveBackOutbox(waitingMax: .seconds(15)), "the other's wait as well")
        #expect(try await bench.value(free) == "0")
        try await other.acknowledge(others.outbox.map(\.outboxID))
        try await other.heartbeat(lifetime: .zero)
        #expect(try await !bench.store.giveBackOutbox(waitingMax: .seconds(15)), "the other is gone")
        try await other.heartbeat(lifetime: .seconds(60))
        #expect(try await bench.store.giveBackOutbox(waitingMax: .seconds(15)))
        #expect(try await bench.value(free) == "1")
    }

    /// Two others live that have nothing: they look as if they published.
    @Test func rowsAreOfferedOneAfterTheOtherAsTheyAreTakenOverUntilOneIsPublished() async throws {
        let bench = try await Bench()
        let (second, third) = (bench.fixture.store(worker: "second"), bench.fixture.store(worker: "third"))
        let rows = try await lateRows(3, bench)
        func offer(_ count: Int) async throws -> OutboxOffer {
            try await bench.store.offerOutbox(Array(rows.prefix(count)), waitingMax: .seconds(15))
        }
        #expect(try await offer(1) == OutboxOffer(), "it is alone")
        try await second.heartbeat(lifetime: .seconds(60))
        #expect(try await offer(1) == OutboxOffer(left: [rows[0]]))
        #expect(try await offer(2) == OutboxOffer(left: [rows[0]]), "nobody has taken the first over")
        #expect(try await second.adoptOutbox(limit: 10, ofTheDead: false).map(\.outboxID) == [rows[0]])
        #expect(try await offer(2) == OutboxOffer(left: [rows[0]]), "who has the first has not published it")
        try await third.heartbeat(lifetime: .seconds(60))
        #expect(try await offer(2) == OutboxOffer(left: [rows[0], rows[1]]))
        #expect(try await third.adoptOutbox(limit: 10, ofTheDead: false).map(\.outboxID) == [rows[1]])
        try await second.acknowledge([rows[0]])
        #expect(try await offer(3) == OutboxOffer(left: [rows[0], rows[1]], isAnyPublished: true))
        #expect(try await bench.value("SELECT count(*) FROM usher.outbox WHERE owner IS NULL") == "0")
    }

    @Test func aRowThatWasSetAsideKeepsNoOtherFromBeingOffered() async throws {
        let bench = try await Bench()
        let rows = try await lateRows(2, bench)
        try await bench.fixture.store(worker: "second").heartbeat(lifetime: .seconds(60))
        _ = try await bench.store.offerOutbox([rows[0]], waitingMax: .seconds(15))
        try await bench.execute("UPDATE usher.outbox SET created_at = now() + interval '5 minutes' WHERE owner IS NULL")
        #expect(try await bench.store.offerOutbox(rows, waitingMax: .seconds(15)) == OutboxOffer(left: rows))
    }

    /// A row a job, each of which has waited for 20 seconds.
    private func lateRows(_ count: Int, _ bench: Bench) async throws -> [Int64] {
        try await bench.ingest((0..<Int64(count)).map { job("o-\($0)", offset: $0) })
        var rows: [Int64] = []
        for claimed in try await bench.claim().jobs {
            rows += try await bench.store.settle([opened(claimed)]).outbox.map(\.outboxID)
        }
        try await bench.execute("UPDATE usher.outbox SET created_at = created_at - interval '20 seconds'")
        return rows
    }

    @Test func lookingForRowsToTakeOverDoesNotReadEveryWorkerThatEverWas() async throws {
        let bench = try await Bench()
        try await bench.execute(
            """
            INSERT INTO usher.worker (worker_id, name, version, alive_until) OVERRIDING SYSTEM VALUE
            SELECT n, 'gone', '1', now() - interval '1 day' FROM generate_series(1, 5000) n
            """
        )
        let read = Statement(
            name: "workers read",
            text: """
                SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables
                WHERE schemaname = 'usher' AND relname = 'worker'
                """
        )
        let rows = try await bench.run { link in
            // The counters are those of a transaction.
            try link.run(Script(name: "test", text: "BEGIN"))
            defer { try? link.run(Script(name: "test", text: "ROLLBACK")) }
            _ = try link.run(SQL.Outbox.adopt, [.int8(0), .int4(10), .int8s([]), .bool(true)]).count
            return try link.run(read).first { row in try row.next(Int64.self) }
        }
        #expect(rows == 0)
    }

    @Test func resultsAndAnswersAreAdoptedWithTheirValues() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        let (jobs, row) = try await settled(2, bench)
        try await bench.ingest(
            [job("o-0", offset: 2, content: "other"), job("o-1", offset: 3), job("o-1", offset: 4, content: "third")],
            start: 2
        )
        try await bench.store.retire()
        let adopted = try await other.adoptOutbox(limit: 10, ofTheDead: true)
        #expect(adopted.count == 3)
        #expect(adopted.first == row)
        let outcomes = adopted.results.map(\.outcome.rawValue).sorted()
        #expect(outcomes == ["conflict", "conflict", "opened", "opened", "opened"])
        #expect(adopted[1].results == [result(of: jobs.first { $0.order.orderID == "o-1" } ?? jobs[0], .opened)])
        let kinds = adopted[2].entries.map { if case .answer = $0.key { "answer" } else { "job" } }
        #expect(kinds == ["answer", "answer"])
        #expect(try await other.adoptOutbox(limit: 10, ofTheDead: true).isEmpty)
    }

    @Test func aResultThatDoesNotOpenStaysWhenTheOthersOfItsRowAreAcknowledged() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        let (jobs, _) = try await settled(3, bench)
        try await bench.execute("UPDATE usher.result SET sealed = '\\xabcd' WHERE job_id = \(jobs[1].lease.jobID)")
        try await bench.store.retire()
        let adopted = try await other.adoptOutbox(limit: 10, ofTheDead: true)
        #expect(Set(adopted.results.map(\.orderID)) == [jobs[0].order.orderID, jobs[2].order.orderID])
        try await other.acknowledge(adopted.map(\.outboxID))
        let left = try await bench.value("SELECT string_agg(job_ids::text || generations::text, ' ') FROM usher.outbox")
        #expect(left == "{\(jobs[1].lease.jobID)}{1}")
        #expect(try await bench.store.backlog().oldestUnpublished == nil, "one value stops everything")
        #expect(try await other.adoptOutbox(limit: 10, ofTheDead: true).isEmpty, "it is looked at all the time")
    }

    @Test func resultsThatDoNotOpenHereArePublishedByAWorkerThatHasTheirKey() async throws {
        let bench = try await Bench()
        let (_, row) = try await settled(3, bench)
        let log = Words()
        let keyless = PostgresStore(
            options: bench.fixture.options,
            keys: try KeyRing(keyFile: KeyRing.newKeyFile(id: "k0")),
            answers: FixedAnswers(),
            worker: "keyless",
            version: "test",
            log: Log(level: .error, format: .text) { log.add($0) }
        )
        try await bench.store.retire()
        #expect(try await keyless.adoptOutbox(limit: 10, ofTheDead: true).isEmpty)
        #expect(log.all.count == 1, "one line, however many they are")
        #expect(log.all.first?.contains("count=3 key_id=k1 order=o-") == true)
        #expect(try await bench.store.backlog().oldestUnpublished == nil)
        #expect(try await bench.value("SELECT owner FROM usher.outbox") == nil, "nobody else can have it")
        // Five minutes later.
        try await bench.execute("UPDATE usher.outbox SET created_at = created_at - interval '5 minutes 1 second'")
        let other = bench.fixture.store(worker: "other")
        let adopted = try await other.adoptOutbox(limit: 10, ofTheDead: true).results
        #expect(adopted.sorted { $0.orderID < $1.orderID } == row.results.sorted { $0.orderID < $1.orderID })
    }

    @Test func aDuplicateOfAResultThatNoKeyOpensIsAnsweredWithoutIt() async throws {
        let bench = try await Bench()
        let (_, row) = try await settled(1, bench)
        try await bench.store.acknowledge([row.outboxID])
        try await bench.execute("UPDATE usher.result SET key_id = 'gone'")
        try await bench.ingest([job("o-0", offset: 1)], start: 1)
        let answers = try await bench.store.adoptOutbox(limit: 10, ofTheDead: true)
        #expect(answers.results.map(\.outcome) == [.duplicate])
        #expect(try await bench.store.backlog().oldestUnpublished != nil, "it waits for its acknowledgement")
    }

    @Test func whatWaitsToBePublishedIsNeverWiped() async throws {
        let bench = try await Bench()
        let (_, row) = try await settled(2, bench)
        try await bench.ingest([job("o-2", offset: 2), job("o-0", offset: 3, content: "other")], start: 2)
        let declined = try await bench.claim().jobs.map { ended($0, .declined, .declined) }
        let report = try await bench.store.settle(declined)
        let kept = """
            SELECT (SELECT count(*) FROM usher.result WHERE sealed IS NOT NULL)
              + (SELECT count(*) FROM usher.answer WHERE sealed IS NOT NULL)
            """
        #expect(try await bench.store.wipe(WipeTests.now, limit: 10) == 3, "bodies only")
        #expect(try await bench.value(kept) == "4")
        // One of two results of a row.
        try await bench.store.acknowledge([
            PartlyPublished(outboxID: row.outboxID, acknowledged: [row.entries[0].key])
        ])
        #expect(try await bench.store.wipe(WipeTests.now, limit: 10) == 1)
        try await bench.store.acknowledge([row.outboxID])
        #expect(try await bench.store.wipe(WipeTests.now, limit: 10) == 1)
        let answers = try await bench.store.adoptOutbox(limit: 10, ofTheDead: true)
        try await bench.store.acknowledge(report.outbox.map(\.outboxID))
        #expect(try await bench.store.wipe(WipeTests.now, limit: 10) == 1)
        try await bench.store.acknowledge(answers.map(\.outboxID))
        #expect(try await bench.store.wipe(WipeTests.now, limit: 10) == 1)
        #expect(try await bench.value(kept) == "0")
    }
}

/// Texts that closures share.
private final class Words: Sendable {
    private let words = Mutex<[String]>([])

    var all: [String] { words.withLock { $0 } }
    func add(_ word: String) { words.withLock { $0.append(word) } }
}
