import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// Lists in a large installation: what is read for them.
@Suite("Lists", .enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct ListTests {
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
            try link.reading { link in
                let before = try link.run(count).first { row in try row.next(Int64.self) } ?? 0
                let value = try question(link)
                let after = try link.run(count).first { row in try row.next(Int64.self) } ?? 0
                return (value, rows: after - before)
            }
        }
    }
}
