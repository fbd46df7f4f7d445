import CashierClient
import Logs
import PostgresStore
import SessionCore
import Synchronization
import Testing
import UsherTestKit

@testable import usher

/// The error table of a running process, against a real database.
@Suite("Error rules of a process", .enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct ErrorRulesTests {
    private static let act = OperatorAct(actor: "ann@desk", reason: "test")

    /// What a process would see: its tables and its log.
    private final class Process: Sendable {
        let fixture: PostgresFixture
        let store: PostgresStore
        let replies = ReplyBuffer()
        private let tables = Mutex<[String: ErrorTable]>([:])
        private let log = Mutex<[String]>([])

        init() async throws {
            fixture = try await PostgresFixture.make()
            store = fixture.store()
        }

        var main: ErrorTable? { tables.withLock { $0["main"] } }
        var lines: [String] { log.withLock { $0 } }

        func rules() -> ErrorRules {
            let written = Log(level: .info, format: .text) { line in self.log.withLock { $0.append(line) } }
            return ErrorRules(
                accounts: ["main", "second"],
                store: store,
                replies: replies,
                log: written,
                apply: { tables in self.tables.withLock { $0 = tables } }
            )
        }

        /// Runs SQL as a person with psql would.
        func execute(_ sql: String) async throws {
            try await fixture.server.execute(sql, on: fixture)
        }
    }

    private func set(_ status: Int64, _ errorClass: ErrorClass) -> ErrorRuleRow {
        ErrorRule("set-\(status)", .exactly(status), errorClass, advice: "Busy.").row
    }

    private func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(5)
        while clock.now < end {
            if try await condition() { return }
            try await clock.sleep(for: .milliseconds(50))
        }
        Issue.record("not within five seconds: \(what)")
    }

    @Test func aFreshDatabaseHoldsTheBuiltInTable() async throws {
        let store = try await PostgresFixture.make().store()
        let stored = try await store.errorTable()
        #expect(stored.standard == (ErrorTable.standard.rules + [ErrorTable.standard.unlisted]).map(\.row))
        #expect(stored.table(of: "main").table == ErrorTable.standard)
    }

    @Test func aRuleThatIsSetAndTakenAwayIsFollowed() async throws {
        let process = try await Process()
        let rules = process.rules()
        try await rules.load(until: { false })
        #expect(process.main == ErrorTable.standard)
        let loop = Task { await rules.run() }
        _ = try await process.store.setErrorOverride(set(417, .retrySlow), account: "main", act: Self.act)
        try await eventually("the rule is in force") { process.main?.rules.first?.id == "set-417" }
        _ = try await process.store.revertErrorOverride("set-417", account: "main", act: Self.act)
        try await eventually("it is gone again") { process.main == ErrorTable.standard }
        loop.cancel()
        await loop.value
        #expect(process.lines.count { $0.contains("error table changed") } == 2, "\(process.lines)")
    }

    @Test func aRuleIsNotTakenAwayWhereTheUnknownWouldBecomeANo() async throws {
        let store = try await PostgresFixture.make().store()
        _ = try await store.setErrorOverride(set(417, .verify), account: "main", act: Self.act)
        func revert(isDryRun: Bool = false, isKnown: Bool = false) async throws -> ErrorSetReport {
            try await ErrorsRevertVerb.revert(
                "set-417",
                of: "main",
                in: store,
                isDryRun: isDryRun,
                isKnown: isKnown,
                act: Self.act
            )
        }
        let tried = try await revert(isDryRun: true)
        #expect(!tried.isDangerous, "no such reply is recorded")
        try await store.record([SampleReplies.unlisted(1)], unlisted: [])
        let refused = try await revert()
        #expect(refused.isDangerous && refused.isDryRun)
        #expect(refused.refusal.contains { $0.contains("unknown outcome, such as those of o-1") })
        #expect(refused.refusal.last?.hasPrefix("--i-know-it-was-not-done if") == true)
        #expect(try await store.errorTable().overrides.count == 1)
        let done = try await revert(isKnown: true)
        #expect(done.isDangerous && !done.isDryRun)
        #expect(try await store.errorTable().overrides.isEmpty)
    }

    @Test func repliesAreKeptAndAnUnlistedCodeIsToldOnceWithTheCommandThatTeachesIt() async throws {
        let process = try await Process()
        let rules = process.rules()
        try await rules.load(until: { false })
        for number in 0..<3 { process.replies.add(SampleReplies.unlisted(number)) }
        let loop = Task { await rules.run() }
        try await eventually("they are stored") {
            try await process.store.lastReplies(account: "main", limit: 10).count == 3
        }
        process.replies.add(SampleReplies.unlisted(3))
        loop.cancel()
        await loop.value
        #expect(try await process.store.lastReplies(account: "main", limit: 10).count == 4)
        #expect(try await process.store.unlistedCodes(account: "main").map(\.count) == [4])
        let told = process.lines.filter { $0.contains("does not list") }
        #expect(told.count == 1, "\(told)")
        #expect(told.first?.contains("usher account errors set main --code 417 ") == true, "\(told)")
    }

    @Test func anOutageLeavesTheTableInForceAndIsToldOnce() async throws {
        let process = try await Process()
        let rules = process.rules()
        _ = try await process.store.setErrorOverride(set(417, .retrySlow), account: "main", act: Self.act)
        try await rules.load(until: { false })
        let table = process.main
        let loop = Task { await rules.run() }
        try await process.fixture.server.suspend(process.fixture)
        try await eventually("it is told") { process.lines.contains { $0.contains("the one in force stays") } }
        process.replies.add(SampleReplies.unlisted(1))
        #expect(process.main == table)
        try await process.fixture.server.resume(process.fixture)
        try await eventually("it is over") { process.lines.contains { $0.contains("can be read again") } }
        loop.cancel()
        await loop.value
        #expect(process.main == table)
        #expect(process.lines.count { $0.contains("the one in force stays") } == 1)
    }

    @Test func aRowThatCannotBeUsedIsNamedAndLeftOut() async throws {
        let process = try await Process()
        try await process.execute(
            """
            ALTER TABLE usher.error_override DROP CONSTRAINT error_override_class_check;
            INSERT INTO usher.error_override (account, rule_id, status_kind, status, text_pattern, class, message, actor, reason)
            VALUES ('main', 'set-1', 'exactly', 417, '', 'odd', 'm', 'psql', 'by hand'),
              ('main', 'set-2', 'exactly', 418, '|', 'declined', 'm', 'psql', 'by hand'),
              ('main', 'set-3', 'exactly', 419, '', 'limited', 'm', 'psql', 'by hand')
            """
        )
        try await process.rules().load(until: { false })
        #expect(process.main?.rules.prefix(2).map(\.id) == ["set-3", "negative"])
        let warnings = process.lines.filter { $0.contains("cannot be used and is left out") }
        #expect(warnings.count == 2, "\(warnings)")
        #expect(warnings.contains { $0.contains("rule=set-1") && $0.contains("class must be one of declined") })
        #expect(warnings.contains { $0.contains("rule=set-2") && $0.contains("empty side of a |") })
    }
}

extension ThrowAwayPostgres {
    fileprivate func execute(_ sql: String, on fixture: PostgresFixture) async throws {
        try await psql(["-d", fixture.options.connection, "-c", sql])
    }

    /// Ends the connections to a database and lets nobody in.
    fileprivate func suspend(_ fixture: PostgresFixture) async throws {
        let name = database(of: fixture)
        try await psql([
            "-d", connection(database: "postgres"), "-c", "ALTER DATABASE \(name) WITH ALLOW_CONNECTIONS false",
            "-c", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'",
        ])
    }

    fileprivate func resume(_ fixture: PostgresFixture) async throws {
        try await psql([
            "-d", connection(database: "postgres"),
            "-c", "ALTER DATABASE \(database(of: fixture)) WITH ALLOW_CONNECTIONS true",
        ])
    }

    private func database(of fixture: PostgresFixture) -> String {
        let word = fixture.options.connection.split(separator: " ").first { $0.hasPrefix("dbname=") } ?? ""
        return String(word.dropFirst("dbname=".count))
    }

    private func psql(_ arguments: [String]) async throws {
        let child = try ChildProcess(
            ["/usr/bin/env", "psql", "-XAtq", "-v", "ON_ERROR_STOP=1"] + arguments,
            environment: ["PATH=/usr/local/bin:/usr/bin:/bin"],
            output: .discard
        )
        let clock = ContinuousClock()
        let end = clock.now + .seconds(20)
        while child.exitCode == nil, clock.now < end { try await clock.sleep(for: .milliseconds(10)) }
        #expect(child.exitCode == 0, "psql \(arguments)")
    }
}
