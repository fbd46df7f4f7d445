import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// Jobs past their `not_after`, found whatever holds their account.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct OverdueTests {
    private static let past = Timestamp(seconds: 1_000)

    private func claim(
        _ bench: Bench,
        _ account: String = "main",
        behind place: QueuePlace = .start(of: .interactive),
        limit: Int = 100,
        lease: Duration = .seconds(60),
        by store: PostgresStore? = nil
    ) async throws -> OverdueClaim {
        try await (store ?? bench.store).claimOverdue(of: account, behind: place, limit: limit, lease: lease)
    }

    private func names(_ claim: OverdueClaim) -> [String] {
        claim.jobs.map(\.order.orderID).sorted()
    }

    @Test(arguments: [HoldKind.byOperator, .delay, .fault, .maintenance])
    func theyEndUnderEveryHold(_ kind: HoldKind) async throws {
        let bench = try await Bench()
        try await bench.ingest([job("late", offset: 0, notAfter: Self.past), job("young", offset: 1)])
        if kind == .byOperator {
            try await bench.store.placeHold(account: "main", act: OperatorAct(actor: "ann@desk", reason: "audit"))
        } else {
            let lasts = kind == .delay ? Duration.seconds(600) : nil
            let cause = HoldCause(kind: kind, lasts: lasts, code: "c", reason: "r")
            try await bench.store.hold(account: "main", cause, trialAfter: .seconds(600))
        }
        #expect(try await bench.claim().jobs.isEmpty)
        let found = try await claim(bench)
        let late = try #require(found.jobs.first)
        #expect(names(found) == ["late"] && found.next == nil)
        #expect(late.purpose == .expire && late.attempts == 0 && late.lastSend == nil)
        #expect(late.traceparent == "00-trace-0")
        let report = try await bench.store.settle([ended(late, .expired, .expired)])
        #expect(report.outbox.entries.count == 1 && report.lost.isEmpty)
        #expect(try await bench.value("SELECT string_agg(state::text, ' ' ORDER BY order_id) FROM usher.job") == "13 0")
        #expect(try await bench.value("SELECT count(*) FROM usher.waiting") == "1")
        #expect(try await bench.value("SELECT count(*) FROM usher.lease") == "0")
    }

    @Test func aQueueIsWalkedThroughInSlices() async throws {
        let bench = try await Bench()
        // Every third is past its end, and due since then: before all others.
        try await bench.ingest((0..<10).map { job("o-\($0)", offset: $0) })
        try await bench.execute(
            """
            UPDATE usher.job SET due_at = now() - interval '1 hour', not_after = now() - interval '1 minute'
            WHERE src_offset % 3 = 0;
            UPDATE usher.waiting w SET due_at = j.due_at FROM usher.job j WHERE j.job_id = w.job_id
            """
        )
        var place: QueuePlace? = QueuePlace.start(of: .interactive)
        var found: [[String]] = []
        while let next = place, found.count < 10 {
            let claim = try await claim(bench, behind: next, limit: 3)
            found.append(names(claim))
            place = claim.next
        }
        #expect(found == [["o-0", "o-3", "o-6"], ["o-9"], [], []])
        #expect(try await bench.value("SELECT count(*) FROM usher.waiting") == "6")
    }

    @Test func theyAreFoundBehindJobsThatHaveTimeLeft() async throws {
        let bench = try await Bench()
        try await bench.ingest((0..<10).map { job("o-\($0)", offset: $0) })
        try await bench.execute("UPDATE usher.job SET not_after = now() WHERE src_offset = 7")
        #expect(try await names(claim(bench)) == ["o-7"])
        #expect(try await names(claim(bench)).isEmpty, "leased")
    }

    @Test func ofAnotherLaneOrAccountNothingIsTaken() async throws {
        let bench = try await Bench()
        try await bench.ingest([
            job("o-1", offset: 0, account: "other", notAfter: Self.past),
            job("o-2", offset: 1, lane: .campaign, notAfter: Self.past),
        ])
        #expect(try await claim(bench).jobs.isEmpty)
        #expect(try await names(claim(bench, behind: .start(of: .campaign))) == ["o-2"])
        #expect(try await names(claim(bench, "other")) == ["o-1"])
    }

    @Test func whatIsInDoubtIsLeftAlone() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        _ = try await bench.claim(lease: .zero)
        _ = try await bench.store.reap(limit: 1)
        try await bench.execute("UPDATE usher.job SET not_after = now() - interval '1 second'")
        #expect(try await claim(bench).jobs.isEmpty)
        #expect(try await bench.claim().jobs.map(\.purpose) == [.lookUp])
    }

    @Test func anAttemptThatWasMadeIsToldOf() async throws {
        let bench = try await Bench()
        _ = try await bench.store.settle([retried(bench.claimOne())])
        try await bench.execute("UPDATE usher.job SET not_after = due_at")
        let late = try #require(try await claim(bench).jobs.first)
        #expect(late.purpose == .expire && late.attempts == 1)
        #expect(try await bench.store.settle([ended(late, .failed, .failed)]).outbox.entries.count == 1)
    }

    @Test func twoWorkersTakeNoneTwiceAndALockedOneIsSkipped() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "second")
        try await bench.ingest((0..<200).map { job("o-\($0)", offset: $0, notAfter: Self.past) })
        try await bench.execute(
            """
            BEGIN;
            SELECT FROM usher.waiting w JOIN usher.job j USING (job_id) WHERE j.order_id = 'o-7' FOR UPDATE OF w
            """
        )
        async let one = claim(bench, limit: 200)
        async let two = claim(bench, limit: 200, by: other)
        let found = try await names(one) + names(two)
        #expect(Set(found).count == found.count && !found.contains("o-7") && found.count == 199)
    }

    @Test func aLostWorkersLeaseOnOneEndsAndItIsFoundAgain() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0, notAfter: Self.past)])
        #expect(try await claim(bench, lease: .zero).jobs.count == 1)
        #expect(try await bench.store.reap(limit: 10) == 1)
        let again = try #require(try await claim(bench).jobs.first)
        #expect(again.purpose == .expire && again.attempts == 0)
    }

    @Test func aBodyThatDoesNotOpenKeepsNoneFromEnding() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0, notAfter: Self.past)])
        try await bench.execute("UPDATE usher.job_body SET sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))")
        let late = try #require(try await claim(bench).jobs.first)
        #expect(late.request == nil)
        #expect(try await bench.store.settle([ended(late, .expired, .expired)]).outbox.entries.count == 1)
    }
}
