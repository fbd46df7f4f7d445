import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

@Suite("Error rules", .enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct ErrorRulesTests {
    private static let act = OperatorAct(actor: "ann@desk", reason: "mail of support")

    private func rule(_ status: Int64 = 417, text: String = "", _ errorClass: String = "declined") -> ErrorRuleRow {
        ErrorRuleRow(
            ruleID: "set-\(status)",
            statusKind: "exactly",
            status: status,
            text: text,
            errorClass: errorClass,
            message: "The limit is reached."
        )
    }

    @Test func aRuleIsSetAndTakenAwayWithItsLineInTheAudit() async throws {
        let bench = try await Bench()
        let store = bench.store
        let first = try await store.errorRevision()
        var taught = rule()
        taught.httpStatus = 200
        taught.errorClass = "retry_slow"
        taught.name = "limit"
        taught.retry = RetryRule(firstWait: .milliseconds(1_500), waitCap: .seconds(600), attemptsMax: 3)
        let change = try await store.setErrorOverride(taught, account: "main", act: Self.act)
        #expect(change == ErrorOverrideChange(before: nil, after: taught, isChange: true))
        let table = try await store.errorTable()
        #expect(table.revision > first)
        #expect(try await store.errorRevision() == table.revision)
        #expect(table.overrides.map(\.rule) == [taught])
        #expect(table.overrides.first?.actor == "ann@desk")
        #expect(table.overrides.first?.reason == "mail of support")
        let audit = "SELECT actor || '|' || action || '|' || subject || '|' || reason || '|' || after FROM usher.audit"
        #expect(
            try await bench.value(audit) == "ann@desk|error_rule_set|main set-417|mail of support|\(taught.summary)"
        )

        #expect(try await store.revertErrorOverride("set-417", account: "other", act: Self.act) == nil)
        #expect(try await store.revertErrorOverride("set-417", account: "main", act: Self.act) == taught)
        #expect(try await store.revertErrorOverride("set-417", account: "main", act: Self.act) == nil)
        #expect(try await store.errorTable().overrides.isEmpty)
        let actions = "SELECT string_agg(action, ',' ORDER BY audit_id) FROM usher.audit"
        #expect(try await bench.value(actions) == "error_rule_set,error_rule_reverted")
        let before = "SELECT before FROM usher.audit WHERE after IS NULL"
        #expect(try await bench.value(before) == taught.summary)
    }

    @Test func withoutTheAuditNothingIsChanged() async throws {
        let bench = try await Bench()
        _ = try await bench.store.setErrorOverride(rule(), account: "main", act: Self.act)
        try await bench.execute(
            """
            CREATE FUNCTION usher.no_audit() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'the audit is full' USING ERRCODE = '53100'; END $$;
            CREATE TRIGGER no_room BEFORE INSERT ON usher.audit FOR EACH ROW EXECUTE FUNCTION usher.no_audit()
            """
        )
        let known = try await bench.store.errorTable()
        await #expect(throws: StoreError.self) {
            try await bench.store.setErrorOverride(rule(418), account: "main", act: Self.act)
        }
        await #expect(throws: StoreError.self) {
            try await bench.store.revertErrorOverride("set-417", account: "main", act: Self.act)
        }
        #expect(try await bench.store.errorTable() == known)
    }

    @Test func theNewestComesFirstAndOneForTheSameAnswersIsReplaced() async throws {
        let store = try await Bench().store
        for rule in [rule(), rule(418), rule(417, text: "too many")] {
            _ = try await store.setErrorOverride(rule, account: "main", act: Self.act)
        }
        _ = try await store.setErrorOverride(rule(), account: "second", act: Self.act)
        func ids() async throws -> [String] {
            try await store.errorTable().overrides.filter { $0.account == "main" }.map(\.rule.ruleID)
        }
        #expect(try await ids() == ["set-417-2", "set-418", "set-417"])
        let changed = try await store.setErrorOverride(rule(417, "verify"), account: "main", act: Self.act)
        #expect(changed.before == rule())
        #expect(changed.after.ruleID == "set-417")
        #expect(try await ids() == ["set-417", "set-417-2", "set-418"])
        // Again as it is: no second line in the audit.
        let revision = try await store.errorRevision()
        let again = try await store.setErrorOverride(rule(417, "verify"), account: "main", act: Self.act)
        #expect(!again.isChange)
        #expect(try await store.errorRevision() == revision)
    }

    @Test func operatorsWhoChangeRulesTogetherTakeTurns() async throws {
        let bench = try await Bench()
        let act = Self.act
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<12 {
                let rule = rule(417, text: "word\(number % 6)")
                group.addTask { _ = try await bench.store.setErrorOverride(rule, account: "main", act: act) }
            }
            try await group.waitForAll()
        }
        let ids = try await bench.store.errorTable().overrides.map(\.rule.ruleID)
        #expect(Set(ids) == ["set-417", "set-417-2", "set-417-3", "set-417-4", "set-417-5", "set-417-6"])
        let changes = try await bench.value("SELECT revision - 1 FROM usher.error_revision") ?? ""
        #expect((Int(changes) ?? 0) >= 6)
    }

    @Test(arguments: [
        "INSERT INTO usher.error_rule (rule_id, position, status_kind, class, message) VALUES ('x', 1, 'exactly', 'declined', 'm')",
        "UPDATE usher.error_rule SET class = 'odd' WHERE rule_id = '333'",
        "UPDATE usher.error_rule SET status = 0 WHERE rule_id = '333'",
        "UPDATE usher.error_rule SET http_status = 302 WHERE rule_id = '333'",
        "UPDATE usher.error_rule SET attempts_max = 3 WHERE rule_id = '333'",
        "UPDATE usher.error_rule SET name = 'Not Good' WHERE rule_id = '333'",
        "UPDATE usher.error_rule SET message = '' WHERE rule_id = '333'",
        "UPDATE usher.error_rule SET means_not_found = true WHERE rule_id = '333'",
        "UPDATE usher.error_rule SET rule_id = 'set-333' WHERE rule_id = '333'",
        "UPDATE usher.error_rule SET text_pattern = 'x' WHERE rule_id = 'unlisted'",
        "UPDATE usher.error_rule SET class = 'limited', first_wait = '2 s', wait_cap = '1 s' WHERE rule_id = '333'",
    ])
    func nonsenseIsNotStored(_ sql: String) async throws {
        let bench = try await Bench()
        do {
            try await bench.execute(sql)
            Issue.record("stored: \(sql)")
        } catch StoreError.refused(let sqlState, _) {
            #expect(sqlState == "23514")
        }
    }

    @Test func aChangeByHandIsNoticedToo() async throws {
        let bench = try await Bench()
        let first = try await bench.store.errorRevision()
        try await bench.execute("UPDATE usher.error_rule SET message = 'Closed for repairs.' WHERE rule_id = '333'")
        #expect(try await bench.store.errorRevision() == first + 1)
    }

    private func reply(_ number: Int, account: String = "main") -> ReplyRecord {
        ReplyRecord(
            order: Order(account: account, orderID: "o-\(number)"),
            kind: AttemptRecord.open,
            httpStatus: 200,
            status: number % 2 == 0 ? 417 : nil,
            text: "busy",
            isByTable: true,
            isUnlisted: true,
            verdict: "declined",
            code: "417",
            ruleID: "unlisted"
        )
    }

    @Test func onlyTheLastRepliesOfAnAccountAreKept() async throws {
        let bench = try await Bench()
        try await bench.store.record([reply(0, account: "second")], unlisted: [])
        for batch in 0..<6 {
            try await bench.store.record((0..<2_000).map { reply(batch * 2_000 + $0) }, unlisted: [])
        }
        #expect(try await bench.value("SELECT count(*) FROM usher.reply_record WHERE account = 'main'") == "10000")
        #expect(try await bench.store.lastReplies(account: "second", limit: 10).count == 1)
        let last = try await bench.store.lastReplies(account: "main", limit: 3)
        #expect(last.map(\.order.orderID) == ["o-11999", "o-11998", "o-11997"])
        #expect(last.map(\.status) == [nil, 417, nil])
        var newest = reply(11_999)
        newest.at = last[0].at
        #expect(last[0] == newest && newest.at != nil)
    }

    @Test func unlistedCodesAreCountedAndBounded() async throws {
        let bench = try await Bench()
        let store = bench.store
        func sightings(_ code: String, _ count: Int64, _ text: String = "") -> UnlistedSightings {
            UnlistedSightings(
                key: UnlistedCode.Key(account: "main", code: code, httpStatus: 200),
                count: count,
                lastText: text
            )
        }
        try await store.record([], unlisted: [sightings("417", 2, "first"), sightings("418", 1)])
        try await store.record([], unlisted: [sightings("417", 3, "second")])
        let codes = try await store.unlistedCodes(account: "main")
        #expect(codes.map(\.key.code) == ["417", "418"])
        #expect(codes.map(\.count) == [5, 1])
        #expect(codes.first?.lastText == "second")
        #expect(codes.first.map { $0.lastSeen > $0.firstSeen } == true)
        #expect(try await store.unlistedCodes(account: "second").isEmpty)
        for batch in 0..<3 {
            try await store.record([], unlisted: (0..<500).map { sightings("\(1_000 + batch * 500 + $0)", 1) })
        }
        try await store.record([], unlisted: [sightings("417", 1), sightings("99999", 1)])
        let kept = try await store.unlistedCodes()
        #expect(kept.count < 1_503)
        #expect(!kept.contains { $0.key.code == "99999" })
        #expect(kept.first { $0.key.code == "417" }?.count == 6)
    }
}
