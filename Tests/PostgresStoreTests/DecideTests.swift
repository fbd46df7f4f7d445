import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

@Suite("Decisions of an operator", .enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct DecideTests {
    private static let act = OperatorAct(actor: "ann@desk", reason: "back office has none")

    /// A job whose outcome an operator is to decide.
    private func parked(_ bench: Bench) async throws -> Order {
        let claimed = try await bench.claimOne()
        _ = try await bench.store.settle([Settlement(lease: claimed.lease, step: .park, attempt: unknown(claimed))])
        return claimed.order
    }

    private func decide(_ decision: OperatorDecision, _ order: Order, _ store: PostgresStore) async throws -> Bool {
        try await store.decide(order, as: decision, act: Self.act) { job, _ in
            switch decision {
            case .sendAgain: Settlement(lease: job.lease, step: .retry(after: .zero), attempt: nil)
            case .giveUp:
                Settlement(
                    lease: job.lease,
                    step: .finish(.failed, result: result(of: job, .failed), expiresAt: nil),
                    attempt: nil
                )
            }
        }
    }

    private func audit(_ bench: Bench) async throws -> String? {
        let line = "actor || ' ' || action || ' ' || subject || ' ' || before || ' ' || after || ' ' || reason"
        return try await bench.value("SELECT string_agg(\(line), '; ' ORDER BY audit_id) FROM usher.audit")
    }

    @Test("an order that is given up ends, and whichever worker comes first publishes its result")
    func givenUp() async throws {
        let bench = try await Bench()
        let order = try await parked(bench)
        #expect(try await decide(.giveUp, order, bench.store))
        #expect(try await bench.value("SELECT state FROM usher.job WHERE lease_until IS NULL") == "12")
        #expect(try await bench.value("SELECT count(*) FROM usher.waiting") == "0")
        let other = bench.fixture.store(worker: "second")
        #expect(try await other.adoptOutbox(limit: 10, ofTheDead: true).results.map(\.outcome) == [.failed])
        #expect(try await audit(bench) == "ann@desk decide main/o-1 verify give-up back office has none")
    }

    @Test("an order that is to be sent again is claimed like any other, its attempts counted on")
    func sentAgain() async throws {
        let bench = try await Bench()
        let order = try await parked(bench)
        #expect(try await bench.claim().jobs.isEmpty)
        #expect(try await decide(.sendAgain, order, bench.store))
        let claimed = try #require(try await bench.claim().jobs.first)
        #expect(claimed.order == order && claimed.purpose == .open && claimed.attempts == 2)
        #expect(try await bench.value("SELECT count(*) FROM usher.lease") == "1")
    }

    @Test("an order that does not wait for an operator is left alone, and nothing is noted")
    func leftAlone() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        let order = Order(account: "main", orderID: "o-1")
        #expect(try await decide(.giveUp, order, bench.store) == false)
        let claimed = try #require(try await bench.claim().jobs.first)
        #expect(try await decide(.giveUp, order, bench.store) == false)
        let looking = Settlement(lease: claimed.lease, step: .verify(after: .zero), attempt: unknown(claimed))
        _ = try await bench.store.settle([looking])
        #expect(try await decide(.sendAgain, order, bench.store) == false)
        #expect(try await bench.value("SELECT state FROM usher.job") == "2")
        #expect(try await bench.value("SELECT count(*) FROM usher.audit") == "0")
    }

    @Test("of two operators one decides")
    func decidedOnce() async throws {
        let bench = try await Bench()
        let order = try await parked(bench)
        let other = bench.fixture.store(worker: "second")
        async let first = decide(.giveUp, order, bench.store)
        async let second = decide(.giveUp, order, other)
        #expect(try await [first, second].count { $0 } == 1)
        #expect(try await bench.value("SELECT count(*) FROM usher.result") == "1")
    }

    @Test("a job that no key opens is not sent again, but can be given up")
    func unreadable() async throws {
        let bench = try await Bench()
        let order = try await parked(bench)
        try await bench.execute("UPDATE usher.job_body SET sealed = sealed || 'x'")
        await #expect(throws: StoreError.unsealable("the job of main/o-1")) {
            try await decide(.sendAgain, order, bench.store)
        }
        #expect(try await bench.value("SELECT state FROM usher.job WHERE due_at = 'infinity'") == "2")
        #expect(try await decide(.giveUp, order, bench.store))
        #expect(try await bench.value("SELECT state FROM usher.job") == "12")
    }
}
