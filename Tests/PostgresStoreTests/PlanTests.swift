import Foundation
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// The generic plans of the hot path do not depend on what the tables held when they were made: a plan that was made
/// for an empty table and turns out to be a scan of the whole table is how such a queue dies.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct PlanTests {
    static let hot: [Statement] = [
        SQL.Positions.advance, SQL.Positions.read, SQL.Jobs.insert, SQL.Bodies.insert, SQL.Jobs.collide,
        SQL.Duplicates.insert, SQL.Quarantine.insert, SQL.Results.answer, SQL.Results.pin, SQL.Outbox.insert,
        SQL.Jobs.claim, SQL.Jobs.nextDue, SQL.Jobs.setAside, SQL.Jobs.settle, SQL.Jobs.settled, SQL.Jobs.reap,
        SQL.Outbox.acknowledge, SQL.Outbox.adopt, SQL.Outbox.oldest,
        SQL.Bodies.wipe, SQL.Results.lockOpenedKept, SQL.Results.lockOtherKept, SQL.Results.wipe, SQL.Quarantine.wipe,
        SQL.Workers.renew, SQL.Workers.prune, SQL.Gates.close,
    ]

    @Test func everyStatementPrepares() async throws {
        let bench = try await Bench()
        for statement in SQL.all {
            await #expect(throws: Never.self, "\(statement.name)") {
                try await bench.run { link in try link.prepare(statement) }
            }
        }
    }

    /// An edited file that was added since the build was planned is not seen by an incremental build.
    @Test func theEmbeddedTextIsThatOfTheFiles() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let root = sources.deletingLastPathComponent().appending(path: "sql/queries")
        for statement in SQL.all {
            let file = root.appending(path: statement.name + ".sql")
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text == statement.text + "\n", "\(statement.name): touch Package.swift and build again")
        }
    }

    @Test func everyStatementSaysWhatItLocksAndHowItRuns() {
        for statement in SQL.all {
            let header = statement.text.split(separator: "\n").prefix { $0.hasPrefix("--") }.joined(separator: "\n")
            #expect(header.contains("Locks: "), "\(statement.name)")
            #expect(header.contains("Plan: "), "\(statement.name)")
        }
    }

    @Test func plansAreTheSameForEmptyAndForFullTables() async throws {
        let bench = try await Bench()
        let empty = try await plans(bench)
        try await fill(bench)
        // A new store: new connections, new plans, made with the statistics of full tables.
        let full = try await plans(bench)
        for (statement, (before, after)) in zip(Self.hot, zip(empty, full)) {
            #expect(before == after, "\(statement.name)")
            for table in ["job", "job_body", "result", "outbox", "attempt", "duplicate", "quarantine"] {
                #expect(!after.contains("Seq Scan on usher.\(table) "), "\(statement.name)\n\(after)")
                #expect(!after.contains("Hash Join"), "\(statement.name)\n\(after)")
            }
        }
    }

    private func plans(_ bench: Bench) async throws -> [String] {
        let pool = PostgresPool(options: bench.fixture.options, log: .silent)
        let plans = try await pool.run { link in
            try Self.hot.map { statement in
                try link.prepare(statement)
                let count = Statement(
                    name: "count \(statement.name)",
                    text: """
                        SELECT cardinality(parameter_types) FROM pg_prepared_statements
                        WHERE name = '\(statement.name)'
                        """
                )
                let parameters = try link.run(count).first { row in try row.next(Int32.self) } ?? 0
                let arguments = Array(repeating: "NULL", count: Int(parameters)).joined(separator: ", ")
                let explain = Statement(
                    name: "explain \(statement.name)",
                    text: "EXPLAIN (COSTS OFF, VERBOSE) EXECUTE \"\(statement.name)\""
                        + (parameters == 0 ? "" : "(\(arguments))")
                )
                let lines = try link.run(explain).map { row in try row.next(String.self) }
                return lines.filter { !$0.contains("Output: ") }.joined(separator: "\n")
            }
        }
        await pool.close()
        return plans
    }

    /// 200,000 orders: mostly ended, many waiting, some leased.
    private func fill(_ bench: Bench) async throws {
        try await bench.execute(
            """
            INSERT INTO usher.topic (name) VALUES ('jobs');
            INSERT INTO usher.job (
              due_at, not_after, lease_until, lease_owner, last_send, finished_at, src_offset, src_partition, topic_id,
              state, lane, account, order_id, content_digest, lease_epoch
            )
            SELECT now(), now() + interval '1 day',
              CASE WHEN s = 1 THEN now() + interval '1 minute' END, CASE WHEN s = 1 THEN 1 END,
              CASE WHEN s <> 0 THEN now() END, CASE WHEN s >= 10 THEN now() - n * interval '1 second' END,
              n, 0, 1, s, n % 3, 'account-' || n % 2, 'order-' || n, sha256(n::text::bytea), 1
            FROM (
              SELECT n, CASE WHEN n % 100 = 0 THEN 1 WHEN n % 4 = 0 THEN 0 WHEN n % 99 = 0 THEN 2 ELSE 10 END AS s
              FROM generate_series(1, 200000) n
            ) x;
            INSERT INTO usher.job_body (job_id, generation, key_id, sealed)
              SELECT job_id, 1, 'k1', decode(repeat('ab', 200), 'hex') FROM usher.job;
            INSERT INTO usher.result (result_id, job_id, wipe_from, generation, outcome, order_id, key_id, sealed,
              value_sha256)
              SELECT gen_random_uuid(), job_id, now(), 1, 10, order_id, 'k1', 'x', content_digest
              FROM usher.job WHERE state = 10;
            INSERT INTO usher.outbox (result_no, owner) SELECT result_no, 1 FROM usher.result LIMIT 5000;
            INSERT INTO usher.worker (name, version, alive_until) SELECT 'w', '1', now() FROM generate_series(1, 50);
            """
        )
        for table in ["job", "job_body", "result", "outbox", "worker", "topic"] {
            try await bench.execute("VACUUM ANALYZE usher.\(table)")
        }
    }
}
