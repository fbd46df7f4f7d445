import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// Lists in a large installation: what is read for them, and that pages leave nothing out while orders change.
@Suite("Lists", .enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct ListTests {
    @Test("a window that holds fewer orders than a page is read, and nothing that is older")
    func narrowWindow() async throws {
        let bench = try await Bench()
        // Long ago all failed, lately three did: the planner takes a page of them for near at hand.
        try await bench.execute(
            """
            INSERT INTO usher.job (
              job_id, due_at, not_after, accepted_at, finished_at, src_offset, src_partition, topic_id, state, lane,
              account, order_id, content_digest
            )
            SELECT n, now(), now() + interval '1 day',
              CASE WHEN n <= 20000 THEN now() - interval '30 days' ELSE now() - interval '1 hour' END
                + n * interval '1 millisecond',
              now(), n, 0, 1, CASE WHEN n <= 20000 OR n IN (20500, 21000, 21500) THEN 12 ELSE 10 END, 0, 'main',
              'o-' || n, sha256(n::text::bytea)
            FROM generate_series(1, 22000) n
            """
        )
        try await bench.execute("VACUUM ANALYZE usher.job")
        var filter = OrderFilter()
        filter.states = [.failed, .declined]
        filter.since = try await bench.store.status().clock.advanced(by: .seconds(-86_400))
        let (page, read) = try await reading(["job"], bench) { [filter] link in
            try PostgresStore.page(filter, after: nil, limit: 50, link)
        }
        #expect(page.orders.map(\.jobID) == [21_500, 21_000, 20_500])
        #expect(page.counts == [.failed: 3] && page.cursor == nil)
        #expect(read < 6_000, "\(read) of 22,000 rows")
    }

    @Test("orders that wait for an operator are found among many that do not")
    func parked() async throws {
        let bench = try await Bench()
        try await bench.execute(
            """
            INSERT INTO usher.job (
              job_id, due_at, not_after, last_send, src_offset, src_partition, topic_id, state, lane, account, order_id,
              content_digest
            )
            SELECT n, CASE WHEN n IN (7001, 14000) THEN 'infinity' ELSE now() + interval '1 hour' END,
              now() + interval '1 day', now(), n, 0, 1, 2, n % 3, 'account-' || n % 2, 'o-' || n, sha256(n::text::bytea)
            FROM generate_series(1, 20000) n;
            INSERT INTO usher.waiting (job_id, due_at, lane, topic_id, account)
            SELECT job_id, due_at, lane, topic_id, account FROM usher.job
            """
        )
        var filter = OrderFilter()
        filter.onlyParked = true
        let (page, read) = try await reading(["job", "waiting"], bench, SQL.Session.beginSnapshot) { [filter] link in
            try PostgresStore.parked(filter, after: nil, limit: 50, link)
        }
        #expect(page.orders.map(\.jobID) == [14_000, 7_001] && page.orders.allSatisfy(\.isParked))
        #expect(page.counts == [.verify: 2] && page.cursor == nil)
        #expect(read < 100, "\(read) rows were read")
        let first = try await bench.store.list(filter, limit: 1)
        #expect(first.cursor == OrderCursor(jobID: 14_000, left: 1))
        let second = try await bench.store.list(filter, after: first.cursor, limit: 1)
        #expect(second.orders.map(\.jobID) == [7_001] && second.cursor == nil && second.counts.isEmpty)
        filter.account = "account-1"
        #expect(try await bench.store.list(filter, limit: 50).orders.map(\.jobID) == [7_001])
        filter.lane = .interactive
        #expect(try await bench.store.list(filter, limit: 50).counts.isEmpty)
    }

    @Test("an order that an operator decided about, or that is being looked up, waits for none")
    func notParked() async throws {
        let bench = try await Bench()
        var filter = OrderFilter()
        filter.onlyParked = true
        let claimed = try await bench.claimOne()
        #expect(try await bench.store.list(filter, limit: 50).orders.isEmpty)
        _ = try await bench.store.settle([Settlement(lease: claimed.lease, step: .park, attempt: unknown(claimed))])
        #expect(try await bench.store.list(filter, limit: 50).orders.map(\.order) == [claimed.order])
        let act = OperatorAct(actor: "ann@desk", reason: "back office has none")
        _ = try await bench.store.decide(claimed.order, as: .sendAgain, act: act) { job, _ in
            Settlement(lease: job.lease, step: .retry(after: .zero), attempt: nil)
        }
        #expect(try await bench.store.list(filter, limit: 50).orders.isEmpty)
    }

    /// Thirteen orders, of which the oldest is of no campaign; the first page of the campaign's.
    private func campaign(_ bench: Bench) async throws -> (filter: OrderFilter, page: OrderPage) {
        try await bench.ingest((0..<13).map { job("o-\($0)", offset: $0, lane: .campaign) })
        try await setCampaign("NULL", ofOldest: 1, bench)
        var filter = OrderFilter()
        filter.campaign = "spring"
        let page = try await bench.store.list(filter, limit: 10)
        #expect(page.orders.count == 10 && page.cursor?.left == 2)
        return (filter, page)
    }

    private func setCampaign(_ campaign: String, ofOldest count: Int, _ bench: Bench) async throws {
        try await bench.execute(
            """
            UPDATE usher.job SET campaign = \(campaign)
            WHERE job_id IN (SELECT job_id FROM usher.job ORDER BY job_id LIMIT \(count))
            """
        )
    }

    @Test("orders that come to match between two pages are not left out")
    func moreThanWereCounted() async throws {
        let bench = try await Bench()
        let (filter, first) = try await campaign(bench)
        try await setCampaign("'spring'", ofOldest: 1, bench)
        let second = try await bench.store.list(filter, after: first.cursor, limit: 2)
        #expect(second.orders.count == 2 && second.cursor?.left == 1)
        let third = try await bench.store.list(filter, after: second.cursor, limit: 2)
        #expect(third.orders.count == 1 && third.cursor == nil)
        #expect(Set((first.orders + second.orders + third.orders).map(\.jobID)).count == 13)
    }

    @Test("a list ends when orders cease to match between two pages")
    func fewerThanWereCounted() async throws {
        let bench = try await Bench()
        let (filter, first) = try await campaign(bench)
        try await setCampaign("NULL", ofOldest: 3, bench)
        for cursor in [first.cursor, first.cursor.map { OrderCursor(jobID: $0.jobID, left: 1_000) }] {
            let second = try await bench.store.list(filter, after: cursor, limit: 10)
            #expect(second.orders.isEmpty && second.cursor == nil)
        }
    }

    @Test("a cursor that does not say how many are left goes on until a page is not full")
    func plainCursor() async throws {
        let bench = try await Bench()
        let (filter, first) = try await campaign(bench)
        var cursor = first.orders.first.map { OrderCursor(jobID: $0.jobID) }
        var seen: [Int64] = []
        while let from = cursor {
            let page = try await bench.store.list(filter, after: from, limit: 4)
            seen += page.orders.map(\.jobID)
            #expect(page.cursor?.left == nil)
            cursor = page.cursor
        }
        #expect(seen.count == 11 && Set(seen).count == 11)
    }

    @Test("what was refused of an order is found however much was refused since, and other filters narrow it")
    func refusedOrder() async throws {
        let bench = try await Bench()
        try await bench.execute(
            """
            INSERT INTO usher.topic (name) VALUES ('jobs');
            INSERT INTO usher.quarantine (
              topic_id, src_partition, src_offset, received_at, reason, detail, account, order_id, raw_sha256
            )
            SELECT 1, 0, n, now() - n * interval '1 second', CASE WHEN n = 20000 THEN 'type' ELSE 'amount' END, 'd',
              CASE WHEN n = 20000 THEN 'second' ELSE 'main' END,
              CASE WHEN n IN (19998, 20000) THEN 'wanted' WHEN n % 10 > 0 THEN 'o-' || n END, sha256('x')
            FROM generate_series(1, 20000) n
            """
        )
        try await bench.execute("VACUUM ANALYZE usher.quarantine")
        var filter = QuarantineFilter()
        filter.orderID = "wanted"
        let (page, read) = try await reading(["quarantine"], bench) { [filter] link in
            try PostgresStore.quarantined(filter, after: nil, limit: 100, link)
        }
        #expect(page.entries.map(\.record.offset) == [19_998, 20_000] && page.counts == ["amount": 1, "type": 1])
        #expect(read < 100, "\(read) of 20,000 rows")
        var narrower = filter
        narrower.account = "second"
        #expect(try await bench.store.quarantine(narrower, limit: 100).entries.map(\.record.offset) == [20_000])
        narrower = filter
        narrower.until = page.entries.first?.receivedAt
        #expect(try await bench.store.quarantine(narrower, limit: 100).entries.map(\.record.offset) == [20_000])
        narrower.since = narrower.until
        #expect(try await bench.store.quarantine(narrower, limit: 100).counts.isEmpty)
    }

    /// What a question gets, with how many rows of these tables were read for it.
    private func reading<Value: Sendable>(
        _ tables: [String],
        _ bench: Bench,
        _ begin: Script = SQL.Session.beginReading,
        _ question: @Sendable (PostgresLink) throws -> Value
    ) async throws -> (Value, rows: Int64) {
        let names = tables.map { "'usher.\($0)'::regclass" }.joined(separator: ", ")
        let count = Statement(
            name: "test rows read",
            text: """
                SELECT sum(seq_tup_read + idx_tup_fetch)::int8 FROM pg_stat_xact_user_tables WHERE relid IN (\(names))
                """
        )
        return try await bench.run { link in
            try link.reading(begin) { link in
                let before = try link.run(count).first { row in try row.next(Int64.self) } ?? 0
                let value = try question(link)
                let after = try link.run(count).first { row in try row.next(Int64.self) } ?? 0
                return (value, rows: after - before)
            }
        }
    }
}

@Suite("Paging of orders")
struct OrderPagingTests {
    @Test("a page asks for what was counted, and counts anew before it could end the list")
    func counting() {
        var first = OrderPaging(after: nil, limit: 50)
        #expect(first.needsCount)
        first.count(3)
        #expect(first.rows == 3)
        let inside = OrderPaging(after: OrderCursor(jobID: 7, left: 51), limit: 50)
        #expect(!inside.needsCount && inside.rows == 50)
        #expect(OrderPaging(after: OrderCursor(jobID: 7, left: 50), limit: 50).needsCount)
        let plain = OrderPaging(after: OrderCursor(jobID: 7), limit: 50)
        #expect(!plain.needsCount && plain.rows == 50)
        var last = OrderPaging(after: OrderCursor(jobID: 7, left: 1), limit: 50)
        last.count(0)
        #expect(last.rows == 0 && last.next(after: []) == nil)
    }
}
