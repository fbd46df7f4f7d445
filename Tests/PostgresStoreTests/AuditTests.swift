import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct AuditTests {
    private static let hold = OperatorAct(actor: "ann@desk", reason: "contract ended")
    private static let release = OperatorAct(actor: "ben@desk", reason: "contract signed")

    @Test func whatAPersonDidIsReadBackNewestFirst() async throws {
        let bench = try await Bench()
        #expect(try await bench.store.auditLines(AuditFilter(), limit: 10) == AuditPage(lines: [], cursor: nil))
        try await bench.store.placeHold(account: "main", act: Self.hold)
        _ = try await bench.store.releaseHolds(account: "main", act: Self.release, endsOthers: true)
        let page = try await bench.store.auditLines(AuditFilter(), limit: 10)
        #expect(page.cursor == nil)
        try #require(page.lines.count == 2)
        let (newest, oldest) = (page.lines[0], page.lines[1])
        #expect(newest.auditID > oldest.auditID && newest.at >= oldest.at)
        #expect(page.lines.map(\.actor) == ["ben@desk", "ann@desk"])
        #expect(page.lines.map(\.action) == ["account release", "account hold"])
        #expect(page.lines.map(\.subject) == ["main", "main"])
        #expect(page.lines.map(\.reason) == ["contract signed", "contract ended"])
        #expect(page.lines.map(\.before) == ["operator, by ann@desk: contract ended", nil])
        #expect(page.lines.map(\.after) == ["not held", "held by an operator"])
    }

    /// Filters, with the reasons of the lines that each leaves.
    static let filters: [(AuditFilter, [String])] = [
        (only(), ["E", "D", "C", "B", "A"]),
        (only(since: "2026-11-20T09:00:00Z"), ["D", "C"]),
        (only(action: "account hold"), ["C", "A"]),
        (only(action: "account"), ["C", "B", "A"]),
        (only(action: "account ho"), []),
        (only(action: "account%"), []),
        (only(action: "error_rule"), ["D"]),
        (only(subject: "main"), ["B", "A"]),
        (only(subject: "mai"), []),
        (only(actor: "ben@desk"), ["E", "B"]),
        (only(since: "2026-11-19T00:00:00Z", action: "account", subject: "second", actor: "ann@desk"), ["C"]),
    ]

    private static func only(
        since: String? = nil,
        action: String? = nil,
        subject: String? = nil,
        actor: String? = nil
    ) -> AuditFilter {
        var filter = AuditFilter()
        filter.since = since.flatMap { Timestamp(rfc3339: $0) }
        filter.action = action
        filter.subject = subject
        filter.actor = actor
        return filter
    }

    @Test(arguments: filters)
    func aFilterNarrowsTheAudit(_ filter: AuditFilter, _ expected: [String]) async throws {
        let bench = try await Bench()
        // Lines go by their numbers, as they were written: E, though its transaction began before the others.
        try await bench.execute(
            """
            INSERT INTO usher.audit (at, actor, action, subject, reason) VALUES
              ('2026-11-18 09:00Z', 'ann@desk', 'account hold', 'main', 'A'),
              ('2026-11-19 09:00Z', 'ben@desk', 'account release', 'main', 'B'),
              ('2026-11-20 09:00Z', 'ann@desk', 'account hold', 'second', 'C'),
              ('2026-11-21 09:00Z', 'ann@desk', 'error_rule_set', 'main set-417', 'D'),
              ('2026-11-17 09:00Z', 'ben@desk', 'accounting', NULL, 'E')
            """
        )
        let page = try await bench.store.auditLines(filter, limit: 10)
        #expect(page.lines.compactMap(\.reason) == expected)
    }

    /// Actors that are asked for, with the reasons of the lines that each finds.
    static let actors: [(String, [String])] = [
        ("ann", ["D", "C", "B", "A"]), ("ann@desk", ["A"]), ("ben", ["G", "D"]), ("usher", ["E"]), ("uid-10001", ["C"]),
        ("says ann, uid-10001@pod", ["C"]), ("an", []), ("ann%", []), ("as", []), ("desk", []),
    ]

    @Test(arguments: actors)
    func aPersonIsFoundInWhateverFormTheActorHas(_ actor: String, _ expected: [String]) async throws {
        let bench = try await Bench()
        try await bench.execute(
            """
            INSERT INTO usher.audit (actor, action, reason) VALUES
              ('ann@desk', 'decide', 'A'), ('ann as usher@desk', 'decide', 'B'),
              ('says ann, uid-10001@pod', 'decide', 'C'), ('says ben, ann as usher@desk', 'decide', 'D'),
              ('says joann, usher@pod', 'decide', 'E'), ('annabel@desk', 'decide', 'F'), ('ben@ann', 'decide', 'G')
            """
        )
        let page = try await bench.store.auditLines(Self.only(actor: actor), limit: 10)
        #expect(page.lines.compactMap(\.reason) == expected)
    }

    @Test func theAuditComesInPages() async throws {
        let bench = try await Bench()
        try await bench.execute(
            """
            INSERT INTO usher.audit (actor, action, subject)
            SELECT 'ann@desk', 'account hold', n FROM generate_series(1, 25) n
            """
        )
        var page = try await bench.store.auditLines(AuditFilter(), limit: 10)
        var seen = page.lines
        while let cursor = page.cursor {
            page = try await bench.store.auditLines(AuditFilter(), after: cursor, limit: 10)
            seen += page.lines
        }
        #expect(seen.compactMap(\.subject) == (1...25).reversed().map { String($0) })
    }
}
