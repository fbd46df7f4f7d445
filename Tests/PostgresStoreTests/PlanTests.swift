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
        SQL.Positions.advance, SQL.Positions.begin, SQL.Positions.find, SQL.Positions.read, SQL.Jobs.ingest,
        SQL.Jobs.collide, SQL.Duplicates.insert, SQL.Quarantine.insert, SQL.Results.answer, SQL.Results.pin,
        SQL.Outbox.insert, SQL.Jobs.claim, SQL.Jobs.nextDue, SQL.Jobs.setAside, SQL.Jobs.open, SQL.Jobs.settle,
        SQL.Jobs.settled, SQL.Jobs.keepLeases, SQL.Jobs.takeParked, SQL.Jobs.reap, SQL.Jobs.unserved,
        SQL.Jobs.queues, SQL.Jobs.leased, SQL.Jobs.overdue, SQL.Jobs.claimOverdue,
        SQL.Outbox.acknowledge, SQL.Outbox.adopt, SQL.Outbox.find, SQL.Outbox.keep,
        SQL.Outbox.split, SQL.Outbox.oldest, SQL.Bodies.wipe, SQL.Results.lockOpenedKept, SQL.Results.lockOtherKept,
        SQL.Results.wipe, SQL.Results.wipeAnswers, SQL.Quarantine.wipe, SQL.Workers.renew, SQL.Workers.prune,
        SQL.Workers.touch,
        SQL.Holds.hold, SQL.Holds.list, SQL.Holds.beginTrial, SQL.Holds.end, SQL.Holds.report, SQL.Holds.waiting,
        SQL.Events.order, SQL.Events.record, SQL.Events.stored, SQL.Events.acknowledge, SQL.Events.renew,
        SQL.Events.adopt, SQL.Events.wipe, SQL.Events.fence, SQL.Events.touch, SQL.Events.oldest, SQL.Errors.revision,
        SQL.Errors.countUnlisted, SQL.Replies.insert, SQL.Replies.trim,
    ]

    /// Tables that grow with the work; no statement of the hot path reads one of them from end to end.
    static let large = [
        "job", "job_body", "result", "waiting", "lease", "attempt", "duplicate", "quarantine", "answer",
        "transaction_event", "event_outbox", "reply_record", "unlisted_code",
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
            for table in Self.large {
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
            SET statement_timeout = 0;
            SET lock_timeout = 0;
            INSERT INTO usher.topic (name) VALUES ('jobs');
            INSERT INTO usher.job (
              job_id, due_at, not_after, lease_until, last_send, finished_at, src_offset, src_partition, topic_id,
              state, lane, account, order_id, content_digest, lease_epoch
            )
            SELECT n, now(), now() + interval '1 day',
              CASE WHEN s = 1 THEN now() + interval '1 minute' END,
              CASE WHEN s <> 0 THEN now() END, CASE WHEN s >= 10 THEN now() - n * interval '1 second' END,
              n, 0, 1, s, n % 3, 'account-' || n % 2, 'order-' || n, sha256(n::text::bytea), n / 50
            FROM (
              SELECT n, CASE WHEN n % 100 = 0 THEN 1 WHEN n % 4 = 0 THEN 0 WHEN n % 99 = 0 THEN 2 ELSE 10 END AS s
              FROM generate_series(1, 200000) n
            ) x;
            INSERT INTO usher.job_body (job_id, generation, key_id, sealed)
              SELECT job_id, 1, 'k1', decode(repeat('ab', 200), 'hex') FROM usher.job;
            INSERT INTO usher.waiting (job_id, due_at, lane, topic_id, account)
              SELECT job_id, due_at, lane, topic_id, account FROM usher.job WHERE state IN (0, 2);
            INSERT INTO usher.lease (lease_epoch, lease_until, worker_id, job_ids)
              SELECT lease_epoch, max(lease_until), 1, array_agg(job_id) FROM usher.job WHERE state = 1
              GROUP BY lease_epoch;
            INSERT INTO usher.attempt (job_id, lease_epoch, generation, number, elapsed_ms, ended_at, kind, outcome)
              SELECT job_id, lease_epoch, 1, 1, 5, now(), 'open', 'retry' FROM usher.job;
            INSERT INTO usher.result (result_id, job_id, wipe_from, generation, outcome, key_id, sealed)
              SELECT gen_random_uuid(), job_id, now(), 1, 10, 'k1', 'x' FROM usher.job WHERE state = 10;
            INSERT INTO usher.answer (result_id, job_id, generation, outcome, order_id, key_id, sealed)
              SELECT gen_random_uuid(), job_id, 0, 22, order_id, 'k1', 'x' FROM usher.job WHERE state = 10;
            INSERT INTO usher.duplicate (topic_id, src_partition, src_offset, job_id, same_content)
              SELECT 1, 1, job_id, job_id, true FROM usher.job WHERE state = 10;
            INSERT INTO usher.quarantine (topic_id, src_partition, src_offset, reason, detail, raw_sha256, key_id, sealed)
              SELECT 1, 2, job_id, 'size', 'd', content_digest, 'k1', 'x' FROM usher.job WHERE state = 10;
            INSERT INTO usher.position (topic_id, partition, next_offset) SELECT 1, n, 0 FROM generate_series(0, 63) n;
            INSERT INTO usher.outbox (owner, job_ids, generations)
              SELECT 1, array_agg(job_id), array_agg(generation) FROM (SELECT * FROM usher.result LIMIT 5000) r
              GROUP BY job_id / 100;
            INSERT INTO usher.transaction_event (
              event_id, job_id, told_at, tid, generation, kind, order_id, status, signature_sha256, value_sha256, key_id,
              sealed
            )
            SELECT gen_random_uuid(), job_id, now(), job_id, 1, 1, order_id, 'approved', content_digest, content_digest,
              'k1', 'x'
            FROM usher.job WHERE state = 10;
            INSERT INTO usher.event_outbox (event_no, taken_until)
              SELECT event_no, now() FROM usher.transaction_event LIMIT 5000;
            INSERT INTO usher.reply_record (
              account, order_id, kind, http_status, status, description, by_table, unlisted, verdict, code
            )
            SELECT 'account-' || n % 2, 'order-' || n, 'open', 200, 417, 'busy', true, true, 'declined', '417'
            FROM generate_series(1, 20000) n;
            INSERT INTO usher.unlisted_code (account, code, http_status, count, last_text)
            SELECT 'account-' || n % 2, n::text, 200, 1, '' FROM generate_series(1, 2000) n;
            INSERT INTO usher.worker (name, version, alive_until) SELECT 'w', '1', now() FROM generate_series(1, 50);
            """
        )
        for table in Self.large + ["outbox", "worker", "topic", "position"] {
            try await bench.execute("VACUUM ANALYZE usher.\(table)")
        }
    }
}
