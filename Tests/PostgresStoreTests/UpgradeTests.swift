import Cryptography
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// A database that the first migration filled, and that the second one takes over with everything under way.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct UpgradeTests {
    @Test func everythingIsFoundAfterwards() async throws {
        let old = try await OldDatabase()
        let store = old.bench.store
        #expect(try await store.migrate() == SQL.migrations.count)

        let page = try await store.list(OrderFilter(), limit: 100)
        #expect(
            page.counts == [
                .ready: 2, .sending: 3, .verify: 3, .opened: 3, .declined: 1, .failed: 1, .expired: 1, .cancelled: 1,
            ]
        )
        let running = try #require(try await store.show("sending-held").first)
        guard case .leased(worker: "two", until: _) = running.next else {
            Issue.record("unexpected: \(running.next)")
            return
        }
        let tried = try #require(try await store.show("ready").first)
        #expect(tried.attempts.map(\.record.code) == ["333"])
        #expect(tried.summary.attempts == 1)
        #expect(try await store.show("parked").first?.next == .operatorDecides)
        let replayed = try #require(try await store.show("replayed").first)
        #expect(replayed.results.map(\.generation) == [1, 2])
        #expect(replayed.results.map(\.outcome) == [.failed, .opened])
        #expect(replayed.hasBody)
        let answered = try #require(try await store.show("opened").first)
        #expect(answered.results.map(\.outcome) == [.opened, .conflict])
        #expect(answered.results.map(\.isPending) == [true, true])
        #expect(try await store.show("wiped").first?.results.map(\.isWiped) == [true])
        #expect(try await store.show("expired").first?.results.map(\.isPending) == [false])
        #expect(try await store.reveal(Order(account: "main", orderID: "opened")).first?.value == OldDatabase.value)
    }

    @Test func whatWaitsIsClaimedAndWhatRanOutIsReaped() async throws {
        let old = try await OldDatabase()
        let (bench, store) = (old.bench, old.bench.store)
        try await store.migrate()
        let claim = try await bench.claim()
        let found = Dictionary(claim.jobs.map { ($0.order.orderID, $0) }) { first, _ in first }
        #expect(Set(found.keys) == ["ready", "verify"])
        #expect(found["ready"]?.purpose == .open && found["ready"]?.attempts == 2)
        #expect(found["verify"]?.purpose == .lookUp && found["verify"]?.lookUps == 1)
        #expect(claim.jobs.allSatisfy { $0.lease.epoch > 4 })
        let wait = try #require(claim.nextDue).microseconds - claim.now.microseconds
        #expect((3_000_000_000...3_600_000_000).contains(wait), "the next one is due within the hour")
        let ready = try #require(found["ready"])
        let settled = try await store.settle([opened(ready)])
        #expect(settled.outbox.results == [result(of: ready, .opened)])

        // Two workers' leases of the first migration may bear the same number.
        #expect(try await store.reap(limit: 10) == 3)
        #expect(try await store.reap(limit: 10) == 0)
        let lost = try await bench.claim()
        #expect(Set(lost.jobs.map(\.order.orderID)) == ["sending-a", "sending-b", "looking-up"])
        #expect(lost.jobs.allSatisfy { $0.purpose == .lookUp })
        #expect(try await bench.value("SELECT count(*) FROM usher.attempt WHERE code = 'worker_lost'") == "2")
        #expect(try await bench.value("SELECT state FROM usher.job WHERE order_id = 'sending-held'") == "1")
    }

    @Test func whatWasToBePublishedIsAdoptedAndPublishedAgain() async throws {
        let old = try await OldDatabase()
        let (bench, store) = (old.bench, old.bench.store)
        try await store.migrate()
        let rows = try await store.adoptOutbox(limit: 10, ofTheDead: true)
        #expect(rows.count == 4)
        #expect(Set(rows.results.map(\.outcome)) == [.opened, .declined, .conflict, .rejected])
        #expect(rows.results.allSatisfy { $0.value == OldDatabase.value })
        #expect(Set(rows.results.map(\.orderID)) == ["opened", "declined", "unread"])
        try await store.acknowledge(rows.map(\.outboxID))
        #expect(try await bench.value("SELECT count(*) FROM usher.outbox") == "0")

        let report = try await bench.ingest(
            [
                job("opened", offset: 100), job("ready", offset: 101, content: "other"), job("wiped", offset: 102),
                job("new", offset: 103),
            ],
            start: 100
        )
        #expect(report.duplicates == 2 && report.conflicts == 1 && report.accepted == 1)
        let again = try await store.adoptOutbox(limit: 10, ofTheDead: true)
        #expect(again.results.map(\.outcome.rawValue).sorted() == ["conflict", "duplicate", "opened"])
        let fresh = try await bench.value(
            """
            SELECT j.job_id > (SELECT max(job_id) FROM usher.job WHERE order_id <> 'new') FROM usher.job j
            WHERE order_id = 'new'
            """
        )
        #expect(fresh == "true")
    }

    @Test func whatMayBeWipedIsWiped() async throws {
        let old = try await OldDatabase()
        let (bench, store) = (old.bench, old.bench.store)
        try await store.migrate()
        let now = Retention(request: .zero, openedResult: .zero, otherResult: .zero, quarantine: .zero)
        // Bodies of six orders that have ended; results of five that do not wait to be published.
        #expect(try await store.wipe(now, limit: 100) == 6 + 5)
        try await store.acknowledge(store.adoptOutbox(limit: 10, ofTheDead: true).map(\.outboxID))
        #expect(try await store.wipe(now, limit: 100) == 4)
        #expect(try await bench.value("SELECT count(*) FROM usher.job_body") == "8")
    }
}

/// A database at the first migration, with orders in every state.
private struct OldDatabase {
    static let value = Array("the stored value".utf8)

    let bench: Bench
    private let identity = ResultIdentity(sha256: { Hashes.sha256($0) })

    init() async throws {
        bench = try await Bench(isEmpty: true)
        #expect(try await bench.store.migrate([SQL.migrations[0]]) == 1)
        try await bench.execute(
            """
            INSERT INTO usher.topic (name) VALUES ('jobs');
            INSERT INTO usher.position VALUES (1, 0, 100);
            INSERT INTO usher.worker (name, version, alive_until) VALUES ('one', '1', now()), ('two', '1', now());
            """
        )
        let out = "now() - interval '1 second'"
        try await add("ready", .ready, attempts: 1)
        try await add("later", .ready, due: "now() + interval '1 hour'")
        try await add("sending-a", .sending, lease: (owner: 1, epoch: 1, until: out))
        try await add("sending-b", .sending, lease: (owner: 2, epoch: 1, until: out))
        try await add("sending-held", .sending, lease: (owner: 2, epoch: 4, until: "now() + interval '1 hour'"))
        try await add("verify", .verify)
        try await add("looking-up", .verify, lease: (owner: 1, epoch: 2, until: out))
        try await add("parked", .verify, due: "'infinity'")
        try await bench.execute(
            """
            INSERT INTO usher.attempt (job_id, lease_epoch, generation, number, elapsed_ms, ended_at, kind, outcome, code)
            SELECT job_id, 0, 1, 1, 5, now(), 'open', 'retry', '333' FROM usher.job WHERE order_id = 'ready'
            """
        )
        let ends: [(JobState, ResultOutcome)] = [
            (.opened, .opened), (.declined, .declined), (.failed, .failed), (.expired, .expired),
            (.cancelled, .cancelled),
        ]
        for (state, outcome) in ends {
            try await add(state.name, state)
            try await addResult(state.name, outcome)
        }
        try await add("replayed", .opened, generation: 2)
        try await addResult("replayed", .failed)
        try await addResult("replayed", .opened, generation: 2)
        try await add("wiped", .opened)
        try await addResult("wiped", .opened)
        try await bench.execute(
            """
            UPDATE usher.result SET sealed = NULL WHERE order_id = 'wiped';
            DELETE FROM usher.job_body b USING usher.job j WHERE j.job_id = b.job_id AND j.order_id IN ('wiped');
            """
        )
        try await addAnswer("opened", .conflict, offset: 50, hasJob: true)
        try await addAnswer("unread", .rejected, offset: 51, hasJob: false)
        try await bench.execute(
            """
            INSERT INTO usher.outbox (result_no, owner)
            SELECT result_no, CASE WHEN outcome IN (10, 21) THEN 1 + outcome / 21 END FROM usher.result
            WHERE (order_id, outcome) IN (('opened', 10), ('declined', 11), ('opened', 20), ('unread', 21))
            """
        )
    }

    private func add(
        _ orderID: String,
        _ state: JobState,
        due: String = "now()",
        attempts: Int = 0,
        generation: Int32 = 1,
        lease: (owner: Int, epoch: Int, until: String)? = nil
    ) async throws {
        let order = Order(account: "main", orderID: orderID)
        let body = bench.fixture.keys.seal(
            Array("body of \(orderID): content".utf8),
            associated: Seals.body(of: order, generation: generation)
        )
        let isMarked = state != .ready
        let lastSend = isMarked ? "now()" : "NULL"
        try await bench.execute(
            """
            WITH j AS (
              INSERT INTO usher.job (due_at, not_after, lease_until, lease_owner, first_send, last_send, finished_at,
                src_offset, src_partition, generation, lease_epoch, topic_id, state, lane, attempts, account, order_id,
                content_digest)
              SELECT \(due), now() + interval '1 day', \(lease?.until ?? "NULL"), \(lease.map { "\($0.owner)" } ?? "NULL"),
                \(lastSend), \(lastSend), \(state.isTerminal ? "now()" : "NULL"), count(*), 0, \(generation),
                \(lease?.epoch ?? 0), 1, \(state.rawValue), 0, \(isMarked ? max(1, attempts) : attempts), 'main',
                '\(orderID)', sha256('content')
              FROM usher.job
              RETURNING job_id
            )
            INSERT INTO usher.job_body (job_id, generation, key_id, sealed)
            SELECT job_id, \(generation), '\(body.keyID)', '\\x\(body.bytes.hex)' FROM j
            """
        )
    }

    private func addResult(_ orderID: String, _ outcome: ResultOutcome, generation: Int32 = 1) async throws {
        let id = identity.result(of: Order(account: "main", orderID: orderID), generation: generation)
        try await insert(id, orderID, outcome, generation, hasJob: true)
    }

    private func addAnswer(_ orderID: String, _ outcome: ResultOutcome, offset: Int64, hasJob: Bool) async throws {
        let id = identity.answer(outcome, to: RecordPosition(topic: "jobs", partition: 0, offset: offset))
        try await insert(id, orderID, outcome, 0, hasJob: hasJob)
    }

    private func insert(
        _ id: ResultID,
        _ orderID: String,
        _ outcome: ResultOutcome,
        _ generation: Int32,
        hasJob: Bool
    ) async throws {
        let sealed = bench.fixture.keys.seal(
            Self.value,
            associated: Seals.result(id, orderID: orderID, generation: generation)
        )
        let job = hasJob ? "(SELECT job_id FROM usher.job WHERE order_id = '\(orderID)')" : "NULL"
        try await bench.execute(
            """
            INSERT INTO usher.result (result_id, job_id, wipe_from, generation, outcome, order_id, key_id, sealed,
              value_sha256)
            VALUES ('\(id.text)', \(job), now(), \(generation), \(outcome.stored), '\(orderID)', '\(sealed.keyID)',
              '\\x\(sealed.bytes.hex)', sha256('x'))
            """
        )
    }
}
