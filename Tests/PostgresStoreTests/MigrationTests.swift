import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct MigrationTests {
    static let newest = Migration(
        version: Int32(SQL.migrations.count + 1),
        name: "newest",
        text: "CREATE TABLE usher.newest (one int)"
    )

    @Test func anEmptyDatabaseIsMigratedOnce() async throws {
        let store = try await PostgresFixture.makeEmpty().store()
        #expect(try await store.schemaStatus() == .behind(from: 0, to: SQL.migrations.count))
        await #expect(throws: StoreError.self) { try await store.requireCurrentSchema() }
        #expect(try await store.migrate() == SQL.migrations.count)
        #expect(try await store.migrate() == SQL.migrations.count)
        #expect(try await store.schemaStatus() == .current(version: SQL.migrations.count))
        try await store.requireCurrentSchema()
        await store.close()
    }

    @Test func migratorsThatStartTogetherTakeTurns() async throws {
        let fixture = try await PostgresFixture.makeEmpty()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<4 {
                group.addTask { try await fixture.store(worker: "\(number)").migrate() }
            }
            for try await version in group { #expect(version == SQL.migrations.count) }
        }
    }

    @Test func aMigratorWaitsForAnotherLongerThanForAnyOtherLock() async throws {
        let bench = try await Bench()
        let first = PostgresPool(options: bench.fixture.options, log: .silent)
        let second = PostgresPool(options: bench.fixture.options, log: .silent)
        try await first.run { link in try link.runWithoutLimit(SQL.Session.beginMigrating) }
        // With a short limit instead of the ten seconds that other locks are waited for.
        let text = SQL.Session.beginMigrating.text.replacing("'10s'", with: "'50ms'")
        #expect(text != SQL.Session.beginMigrating.text)
        let waiting = Task {
            try await second.run { link in try link.runWithoutLimit(Script(name: "begin", text: text)) }
        }
        let count = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event = 'advisory'
              AND clock_timestamp() > query_start + interval '300 milliseconds'
            """
        try await eventually("it still waits after the limit") { try await bench.value(count) == "1" }
        await first.close()
        try await waiting.value
        await second.close()
    }

    @Test func aChangedMigrationIsRefused() async throws {
        let bench = try await Bench()
        try await bench.execute("UPDATE usher.schema_migration SET sha256 = sha256('changed') WHERE version = 1")
        let status = try await bench.store.schemaStatus()
        #expect(status == .changed(version: 1, name: SQL.migrations[0].name))
        #expect(status.problem?.contains("migration 1") == true)
        await #expect(throws: StoreError.self) { try await bench.store.migrate() }
    }

    @Test func aNewerSchemaIsRefused() async throws {
        let bench = try await Bench()
        #expect(try await bench.store.migrate(SQL.migrations + [Self.newest]) == SQL.migrations.count + 1)
        let status = try await bench.store.schemaStatus()
        #expect(status == .newer(found: SQL.migrations.count + 1, known: SQL.migrations.count))
        await #expect(throws: StoreError.refused(sqlState: "0A000", status.problem ?? "")) {
            try await bench.store.migrate()
        }
    }

    @Test func aMigrationThatFailsLeavesNothing() async throws {
        let bench = try await Bench()
        let broken = Migration(version: Self.newest.version, name: "broken", text: Self.newest.text + "; SELECT 1/0")
        await #expect(throws: StoreError.refused(sqlState: "22012", "division by zero")) {
            try await bench.store.migrate(SQL.migrations + [broken])
        }
        #expect(try await bench.value("SELECT to_regclass('usher.newest') IS NULL") == "true")
        #expect(try await bench.store.schemaStatus() == .current(version: SQL.migrations.count))
    }

    @Test func theAuditTableIsAppendOnly() async throws {
        let bench = try await Bench()
        let entry: [PGParameter] = [.text("ada"), .text("replay"), .text("o-1"), .text("why"), .null, .null]
        #expect(try await bench.run { link in try link.run(SQL.Audit.insert, entry).count } == 1)
        for statement in ["UPDATE usher.audit SET actor = 'eve'", "DELETE FROM usher.audit", "TRUNCATE usher.audit"] {
            await #expect(throws: StoreError.refused(sqlState: "42501", "usher.audit is append-only")) {
                try await bench.execute(statement)
            }
        }
    }

    @Test func statesThatMakeNoSenseAreRefused() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        for change in [
            "state = 1", "state = 2", "state = 10", "state = 3", "finished_at = now()",
            "state = 10, finished_at = now(), lease_until = now()", "due_at = 'infinity'", "order_id = ''",
            "account = ''", "lane = 3",
        ] {
            await #expect(throws: StoreError.self, "\(change)") {
                try await bench.execute("UPDATE usher.job SET \(change)")
            }
        }
    }
}
