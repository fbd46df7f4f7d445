import Foundation
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// The two roles of `deploy/roles.sql`: what each may is what it needs, and no more.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct RolesTests {
    private static let act = OperatorAct(actor: "ann@desk", reason: "a drill")

    /// The owner migrates although it may make no schemas, and the runtime role has what `usher doctor` asks for.
    @Test func theOwnerMigratesAndTheOtherRoleLacksNothing() async throws {
        let installed = try await InstalledRoles.make()
        let status = try await installed.store.status()
        #expect(status.user == installed.runtime && status.schema == .current(version: SQL.migrations.count))
        #expect(status.missingRights == [])
        #expect(!status.ownsTables && !status.mayCreateSchemas)
        let owner = installed.store(of: installed.owner)
        #expect(try await owner.status().ownsTables)
        await owner.close()
        await installed.store.close()
    }

    @Test func theScriptMayBeRunAgainAndTakesOverWhatOneRoleMade() async throws {
        let bench = try await Bench()
        let made = try await bench.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'usher'::regnamespace")
        let installed = try await InstalledRoles(bench)
        for _ in 0..<2 {
            try await installed.runScript()
            let status = try await installed.store.status()
            #expect(status.missingRights == [] && !status.ownsTables)
        }
        let owned = """
            SELECT count(*) FROM pg_class
            WHERE relnamespace = 'usher'::regnamespace AND pg_get_userbyid(relowner) = '\(installed.owner)'
            """
        #expect(try await bench.value(owned) == made)
        let functions = """
            SELECT bool_and(pg_get_userbyid(proowner) = '\(installed.owner)') FROM pg_proc
            WHERE pronamespace = 'usher'::regnamespace
            """
        #expect(try await bench.value(functions) == "true")
        await installed.store.close()
    }

    /// Whoever adds a statement that needs more rights finds it here; EXPLAIN checks them as running it would.
    @Test func everyStatementIsAllowed() async throws {
        let installed = try await InstalledRoles.make()
        let pool = PostgresPool(options: installed.options(of: installed.runtime), log: .silent)
        for statement in SQL.all where statement.name != SQL.Schema.record.name {
            await #expect(throws: Never.self, "\(statement.name): grant what it needs in deploy/roles.sql") {
                try await pool.run { link in try Self.explain(statement, on: link) }
            }
        }
        await #expect(throws: StoreError.self, "only who migrates notes migrations") {
            try await pool.run { link in try Self.explain(SQL.Schema.record, on: link) }
        }
        await pool.close()
        await installed.store.close()
    }

    @Test func oneRoleForBothIsRefused() async throws {
        let installed = try await InstalledRoles(Bench(isEmpty: true))
        let (code, told) = try await installed.tellScript(owner: installed.runtime)
        #expect(code == 3 && told.contains("owner and runtime name one role"), "\(told)")
        let roles = "SELECT count(*) FROM pg_roles WHERE rolname = '\(installed.runtime)'"
        #expect(try await installed.bench.value(roles) == "0", "nothing was changed")
        await installed.store.close()
    }

    /// Workers would wait behind it.
    @Test func theScriptDoesNotWaitForALongReader() async throws {
        let bench = try await Bench()
        let installed = try await InstalledRoles(bench)
        let pool = PostgresPool(options: bench.fixture.options, log: .silent)
        let text = "BEGIN; LOCK TABLE usher.account_hold IN ACCESS SHARE MODE; SELECT pg_sleep(14)"
        let reading = Task {
            try await pool.run(repeatsAfterLoss: false) { link in try link.run(Script(name: "test", text: text)) }
        }
        let held = """
            SELECT count(*) > 0 FROM pg_locks
            WHERE relation = 'usher.account_hold'::regclass AND mode = 'AccessShareLock' AND granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
        try await eventually("it is read") { try await bench.value(held) == "true" }
        let (code, told) = try await installed.tellScript(owner: installed.owner)
        #expect(code == 3 && told.contains("lock timeout"), "\(told)")
        let reader = "FROM pg_stat_activity WHERE query LIKE '%pg_sleep(14)%' AND pid <> pg_backend_pid()"
        #expect(try await bench.value("SELECT bool_and(pg_terminate_backend(pid)) \(reader)") == "true")
        await #expect(throws: (any Error).self) { try await reading.value }
        await pool.close()
        let owned = """
            SELECT count(*) FROM pg_class
            WHERE relnamespace = 'usher'::regnamespace AND pg_get_userbyid(relowner) = '\(installed.owner)'
            """
        #expect(try await bench.value(owned) == "0", "nothing was changed")
        await installed.store.close()
    }

    /// `usher doctor` misses whatever is taken away, and some statement does, too.
    @Test func everyRightIsNeeded() async throws {
        let installed = try await InstalledRoles.make()
        let pool = PostgresPool(options: installed.options(of: installed.runtime), log: .silent)
        let rights = try await installed.rights()
        #expect(rights.count > 60)
        #expect(rights.contains { $0.table == "quarantine" && $0.right == "UPDATE(wiped)" })
        for (table, right) in rights {
            try await installed.bench.execute("REVOKE \(right) ON usher.\(table) FROM \(installed.runtime)")
            let missing = try await pool.run { link in try Self.missing(link) }
            #expect(missing == ["\(table) \(right)"])
            let isNeeded = try await pool.run { link in
                try SQL.all.contains { statement in try Self.isRefused(statement, naming: table, on: link) }
            }
            #expect(isNeeded, "no statement needs \(right) on \(table)")
            try await installed.bench.execute("GRANT \(right) ON usher.\(table) TO \(installed.runtime)")
        }
        // Their use is not explained: that the store works shows that it is needed.
        for sequence in ["job_block", "lease_epoch"] {
            try await installed.bench.execute("REVOKE USAGE ON SEQUENCE usher.\(sequence) FROM \(installed.runtime)")
            let missing = try await pool.run { link in try Self.missing(link) }
            #expect(missing == ["\(sequence) USAGE"])
            try await installed.bench.execute("GRANT USAGE ON SEQUENCE usher.\(sequence) TO \(installed.runtime)")
        }
        await pool.close()
        await installed.store.close()
    }

    @Test func whatIsKeptForEverAndWhatProtectsTheAuditIsOutOfReach() async throws {
        let installed = try await InstalledRoles.make()
        let pool = PostgresPool(options: installed.options(of: installed.runtime), log: .silent)
        for text in [
            "ALTER TABLE usher.audit DISABLE TRIGGER ALL", "UPDATE usher.audit SET actor = 'eve'",
            "DELETE FROM usher.audit", "TRUNCATE usher.audit", "DROP TABLE usher.audit", "DELETE FROM usher.job",
            "DELETE FROM usher.result", "DELETE FROM usher.quarantine", "TRUNCATE usher.job",
            "UPDATE usher.result SET outcome = 11", "UPDATE usher.answer SET order_id = 'o'",
            "UPDATE usher.transaction_event SET status = 'approved'", "UPDATE usher.quarantine SET reason = 'key'",
            "UPDATE usher.schema_migration SET version = 9", "UPDATE usher.error_rule SET class = 'verify'",
            "CREATE TABLE usher.mine (one int)", "ALTER SCHEMA usher RENAME TO mine", "SET ROLE \(installed.owner)",
        ] {
            do throws(StoreError) {
                try await pool.run { link in try link.run(Script(name: "test", text: text)) }
                Issue.record("it was done: \(text)")
            } catch {
                guard case .refused("42501", _) = error else {
                    Issue.record("\(text): \(error)")
                    continue
                }
            }
        }
        await pool.close()
        await installed.store.close()
    }

    @Test func theStoreWorksAsTheOtherRole() async throws {
        let installed = try await InstalledRoles.make()
        let (bench, store) = (installed.bench, installed.store)
        try await store.heartbeat(lifetime: .seconds(60))
        try await store.heartbeat(lifetime: .seconds(60))
        var refused = QuarantinedRecord(
            partition: 0,
            offset: 4,
            reason: "syntax",
            field: nil,
            detail: "is not JSON",
            rawSHA256: [UInt8](repeating: 7, count: 32)
        )
        refused.raw = [1]
        try await bench.ingest((0..<4).map { job("o-\($0)", offset: $0) }, quarantined: [refused], into: store)
        let repeated = [job("o-0", offset: 5), job("o-1", offset: 6, content: "other")]
        let report = try await bench.ingest(repeated, start: 5, into: store)
        #expect(report.duplicates == 1 && report.conflicts == 1)
        let jobs = try await bench.claim(by: store).jobs.sorted { $0.lease.jobID < $1.lease.jobID }
        #expect(jobs.count == 4)
        let settled = try await store.settle([
            opened(jobs[0], expiresAt: WipeTests.past), ended(jobs[1], .declined, .declined), retried(jobs[2]),
            Settlement(lease: jobs[3].lease, step: .park, attempt: unknown(jobs[3])),
        ])
        #expect(settled.lost.isEmpty)
        try await store.acknowledge(settled.outbox.map(\.outboxID))
        #expect(try await store.adoptOutbox(limit: 10, ofTheDead: true).results.map(\.outcome) == [.conflict])
        let claimed = try await bench.claim(lease: .zero, by: store).jobs
        try await store.keepLeases(claimed.map(\.lease), for: .zero)
        #expect(try await store.reap(limit: 10) == 1)
        let now = Retention(request: .zero, openedResult: .zero, otherResult: .zero, quarantine: .zero)
        #expect(try await store.wipe(now, limit: 10) > 0)
        #expect(try await store.show("o-0").count == 1)
        _ = try await store.backlog()
        _ = try await store.unserved(besides: [])
        try await actsOfOperators(store, parked: jobs[3].order)
        try await store.retire()
        await store.close()
    }

    private func actsOfOperators(_ store: PostgresStore, parked: Order) async throws {
        try await store.placeHold(account: "main", act: Self.act)
        try await store.hold(account: "main", HoldTests.fault, trialAfter: .zero)
        try await store.hastenTrial(account: "main")
        guard case .released(let kinds) = try await store.releaseHolds(account: "main", act: Self.act) else {
            Issue.record("it is not released")
            return
        }
        #expect(Set(kinds) == [.fault, .byOperator])
        let rule = ErrorRuleRow(
            ruleID: "set-417",
            statusKind: "exactly",
            status: 417,
            text: "",
            errorClass: "declined",
            message: "The limit is reached."
        )
        let before = try await store.errorRevision()
        _ = try await store.setErrorOverride(rule, account: "main", act: Self.act)
        #expect(try await store.errorRevision() > before, "the trigger counts the change as whoever makes it")
        #expect(try await store.revertErrorOverride("set-417", account: "main", act: Self.act) == rule)
        let partition = TopicPartition(topic: "jobs", partition: 0)
        #expect(try await store.movePosition(of: partition, from: 7, to: 9, act: Self.act))
        try await store.noteReveal(by: "results", of: "o-0", asked: "all there is", act: Self.act)
        #expect(
            try await store.decide(parked, as: .giveUp, act: Self.act) { job, _ in ended(job, .failed, .failed) }
        )
        #expect(try await store.auditLines(AuditFilter(), limit: 100).lines.count == 7)
    }

    private static func missing(_ link: PostgresLink) throws -> [String] {
        try link.run(SQL.Server.missingRights).map { row in
            "\(try row.next(String.self)) \(try row.next(String.self))"
        }
    }

    /// Whether a statement that names the table is not allowed. To note a migration never is.
    private static func isRefused(_ statement: Statement, naming table: String, on link: PostgresLink) throws -> Bool {
        guard statement.name != SQL.Schema.record.name, statement.text.contains("usher.\(table)") else { return false }
        do {
            try explain(statement, on: link)
            return false
        } catch PostgresFailure.server(sqlState: "42501", _) {
            return true
        }
    }

    /// Fails with what the server says of the statement's rights.
    private static func explain(_ statement: Statement, on link: PostgresLink) throws {
        try link.prepare(statement)
        let types = "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = '\(statement.name)'"
        let count = try link.run(Statement(name: "count \(statement.name)", text: types)).first { row in
            try row.next(Int32.self)
        }
        let arguments = Array(repeating: "NULL", count: Int(count ?? 0)).joined(separator: ", ")
        let text = "EXPLAIN EXECUTE \"\(statement.name)\"" + (arguments.isEmpty ? "" : "(\(arguments))")
        try link.run(Script(name: "explain \(statement.name)", text: text))
    }
}

/// A database with the roles of `deploy/roles.sql`. Roles belong to the whole server, so each database has its own.
private struct InstalledRoles: Sendable {
    let bench: Bench
    let owner: String
    let runtime: String
    /// As the runtime role.
    let store: PostgresStore

    /// Run before the first migration, which the owner makes, and after it.
    static func make() async throws -> InstalledRoles {
        let installed = try await InstalledRoles(Bench(isEmpty: true))
        try await installed.runScript()
        let store = installed.store(of: installed.owner)
        #expect(try await store.migrate() == SQL.migrations.count)
        await store.close()
        try await installed.runScript()
        return installed
    }

    init(_ bench: Bench) async throws {
        self.bench = bench
        let database = try #require(try await bench.value("SELECT current_database()"))
        owner = "\(database)_owner"
        runtime = "\(database)_runtime"
        store = bench.fixture.store(worker: "runtime", user: runtime)
    }

    func store(of user: String) -> PostgresStore { bench.fixture.store(worker: user, user: user) }

    func options(of user: String) -> PostgresOptions {
        var options = bench.fixture.options
        options.connection += " user=\(user)"
        return options
    }

    /// What the runtime role was granted on tables, and on columns of them.
    func rights() async throws -> [(table: String, right: String)] {
        let granted = Statement(
            name: "rights of \(runtime)",
            text: """
                SELECT c.relname::text, a.privilege_type FROM pg_class c
                CROSS JOIN LATERAL aclexplode(c.relacl) a
                WHERE c.relnamespace = 'usher'::regnamespace AND c.relkind = 'r' AND a.grantee = '\(runtime)'::regrole
                UNION ALL
                SELECT c.relname::text, a.privilege_type || '(' || t.attname || ')' FROM pg_class c
                JOIN pg_attribute t ON t.attrelid = c.oid
                CROSS JOIN LATERAL aclexplode(t.attacl) a
                WHERE c.relnamespace = 'usher'::regnamespace AND c.relkind = 'r' AND a.grantee = '\(runtime)'::regrole
                ORDER BY 1, 2
                """
        )
        return try await bench.run { link in
            try link.run(granted).map { row in (table: try row.next(String.self), right: try row.next(String.self)) }
        }
    }

    func runScript() async throws {
        let (code, told) = try await tellScript(owner: owner)
        #expect(code == 0, "\(told)")
    }

    /// Runs the script. Returns how it ended, and what it said.
    func tellScript(owner: String) async throws -> (code: Int32?, told: String) {
        let programs = try #require(PostgresPrograms.find())
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
        let log = NSTemporaryDirectory() + "usher-roles-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: log) }
        let psql = try ChildProcess(
            [programs.path("psql"), "--no-psqlrc", "--quiet", "--dbname=\(bench.fixture.options.connection)"]
                + ["--set=owner=\(owner)", "--set=runtime=\(runtime)"]
                + ["--file=\(root)/deploy/roles.sql"],
            environment: ["PATH=/usr/bin:/bin", "LC_ALL=C"],
            output: .file(log)
        )
        psql.closeInput()
        try await eventually("psql ends") { psql.exitCode != nil }
        let told = try String(contentsOfFile: log, encoding: .utf8)
        return (psql.exitCode, told)
    }
}

extension PostgresFixture {
    /// A store that logs in as this user.
    fileprivate func store(worker: String, user: String) -> PostgresStore {
        var options = options
        options.connection += " user=\(user)"
        return PostgresStore(
            options: options,
            keys: keys,
            answers: FixedAnswers(),
            worker: worker,
            version: "test",
            log: .silent
        )
    }
}
