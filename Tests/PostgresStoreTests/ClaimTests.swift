import Cryptography
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct ClaimTests {
    @Test func aClaimedJobIsMarkedAndComesUnsealed() async throws {
        let bench = try await Bench()
        let claimed = try await bench.claimOne()
        #expect(claimed.purpose == .open)
        #expect(claimed.attempts == 1)
        #expect(claimed.lastSend != nil)
        #expect(claimed.traceparent == "00-trace-0")
        #expect(claimed.request == nil, "a body that is no job of this order says nothing")
        #expect(try await bench.value("SELECT state FROM usher.job") == "1")
        #expect(try await bench.claim().jobs.isEmpty)
    }

    /// A body of another order would be signed and echoed rightly: only its own order's says what to send.
    @Test func aClaimedJobBringsTheRequestOfItsOwnBody() async throws {
        let bench = try await Bench()
        let orders = [Order(account: "main", orderID: "o-1"), Order(account: "main", orderID: "o-2")]
        let body = JobCodec.canonicalBody(Job(order: orders[0], request: request(of: orders[0])))
        try await bench.ingest([job("o-1", offset: 0, body: body), job("o-2", offset: 1, body: body)])
        let jobs = try await bench.claim().jobs.sorted { $0.order.orderID < $1.order.orderID }
        #expect(jobs.map(\.request?.value) == [request(of: orders[0]), nil])
    }

    @Test func twoWorkersShareTheJobsAndNoneIsClaimedTwice() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "second")
        try await bench.ingest((0..<600).map { job("o-\($0)", offset: $0) })
        @Sendable func claimAll(_ store: PostgresStore) async throws -> [Int64] {
            var ids: [Int64] = []
            for _ in 0..<30 { ids += try await bench.claim(25, by: store).jobs.map(\.lease.jobID) }
            return ids
        }
        async let first = claimAll(bench.store)
        async let second = claimAll(other)
        let ids = try await first + second
        #expect(ids.count == 600)
        #expect(Set(ids).count == 600)
    }

    @Test func aClaimDoesNotWaitForAJobThatSomebodyElseLocks() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0), job("o-2", offset: 1)])
        try await bench.execute(
            """
            BEGIN;
            SELECT FROM usher.waiting w JOIN usher.job j USING (job_id) WHERE j.order_id = 'o-1' FOR UPDATE OF w
            """
        )
        #expect(try await bench.claim().jobs.map(\.order.orderID) == ["o-2"])
    }

    @Test func quotasHoldPerLaneAndTheOldestGoesFirst() async throws {
        let bench = try await Bench()
        try await bench.ingest(
            (0..<6).map { job("i-\($0)", offset: $0) } + (6..<12).map { job("c-\($0)", offset: $0, lane: .campaign) }
        )
        let request = ClaimRequest(
            accounts: [AccountQuota(account: "main", limit: 100)],
            lanes: [LaneQuota(lane: .interactive, limit: 2), LaneQuota(lane: .campaign, limit: 3)],
            lease: .seconds(60)
        )
        let jobs = try await bench.store.claim(request).jobs
        #expect(Set(jobs.map(\.order.orderID)) == ["i-0", "i-1", "c-6", "c-7", "c-8"])
        #expect(jobs.filter { $0.lane == .campaign }.allSatisfy { $0.campaign == "spring" })
    }

    @Test func agentsJobsAreClaimedOfAnAccountThatHasRoomForNoOthers() async throws {
        let bench = try await Bench()
        try await bench.ingest(
            (0..<3).map { job("i-\($0)", offset: $0) } + (3..<6).map { job("c-\($0)", offset: $0, lane: .campaign) }
        )
        let request = ClaimRequest(
            accounts: [AccountQuota(account: "main", limit: 0, past: 2)],
            lanes: [LaneQuota(lane: .interactive, limit: 5), LaneQuota(lane: .campaign, limit: 5)],
            lease: .seconds(60)
        )
        let jobs = try await bench.store.claim(request).jobs
        #expect(Set(jobs.map(\.order.orderID)) == ["i-0", "i-1"])
    }

    /// Or the account whose jobs are the oldest would have all that a small claim takes, and the others' slots were idle.
    @Test func theAccountsOfALaneTakeTurns() async throws {
        let bench = try await Bench()
        try await bench.ingest(
            (0..<5).map { job("a-\($0)", offset: $0, lane: .campaign) }
                + (5..<8).map { job("b-\($0)", offset: $0, account: "other", lane: .campaign) }
        )
        let request = ClaimRequest(
            accounts: [AccountQuota(account: "main", limit: 100), AccountQuota(account: "other", limit: 100)],
            lanes: [LaneQuota(lane: .campaign, limit: 4)],
            lease: .seconds(60)
        )
        func claimed() async throws -> Set<String> {
            Set(try await bench.store.claim(request).jobs.map(\.order.orderID))
        }
        #expect(try await claimed() == ["a-0", "a-1", "b-5", "b-6"])
        #expect(try await claimed() == ["a-2", "a-3", "a-4", "b-7"])
    }

    @Test func whatIsToBeLookedUpIsLeftAloneWhereThatIsAsked() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        _ = try await bench.claim(lease: .zero)
        _ = try await bench.store.reap(limit: 1)
        try await bench.ingest([job("o-2", offset: 1), job("o-3", offset: 2)], start: 1)
        let request = ClaimRequest(
            accounts: [AccountQuota(account: "main", limit: 1)],
            lanes: [LaneQuota(lane: .interactive, limit: 1)],
            lease: .seconds(60),
            leavesLookUps: true
        )
        #expect(try await bench.store.claim(request).jobs.map(\.order.orderID) == ["o-2"])
        #expect(try await bench.claim(1).jobs.map(\.order.orderID) == ["o-1"], "the first to be due otherwise")
        #expect(try await bench.store.claim(request).jobs.map(\.order.orderID) == ["o-3"])
        #expect(try await bench.store.claim(request).jobs.isEmpty)
    }

    @Test func otherAccountsAndHeldOnesAreLeftAlone() async throws {
        let bench = try await Bench()
        try await bench.ingest([
            job("o-1", offset: 0), job("o-1", offset: 1, account: "closed"), job("o-1", offset: 2, account: "other"),
        ])
        try await bench.store.delay("closed", .seconds(600), reason: "maintenance")
        try await bench.store.delay("closed", .seconds(1), reason: "shorter")
        let claim = try await bench.claim(accounts: ["main", "closed"])
        #expect(claim.jobs.map(\.order.account) == ["main"])
        let wait = try #require(claim.nextDue).microseconds - claim.now.microseconds
        #expect((500_000_000...600_000_000).contains(wait), "the hold ends in ten minutes")
        #expect(try await bench.value("SELECT reason FROM usher.account_hold") == "shorter")
    }

    @Test func nextDueIsTheFirstJobThatIsNotDueYet() async throws {
        let bench = try await Bench()
        let later = Timestamp(seconds: 4_000_000_000)
        try await bench.ingest([job("o-1", offset: 0, notBefore: later), job("o-2", offset: 1, notBefore: .farAway)])
        let claim = try await bench.claim()
        #expect(claim.jobs.isEmpty)
        #expect(claim.nextDue == later)
    }

    @Test func anEmptyQueueHasNoNextDue() async throws {
        let bench = try await Bench()
        let claim = try await bench.claim()
        #expect(claim.jobs.isEmpty)
        #expect(claim.nextDue == nil)
    }

    @Test func aJobPastItsEndIsClaimedToBeExpiredUnmarked() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0, notAfter: Timestamp(seconds: 1_000))])
        let claimed = try #require(try await bench.claim().jobs.first)
        #expect(claimed.purpose == .expire)
        #expect(claimed.attempts == 0)
        #expect(claimed.lastSend == nil)
        let expired = Settlement(
            lease: claimed.lease,
            step: .finish(.expired, result: result(of: claimed, .expired), expiresAt: nil),
            attempt: nil
        )
        #expect(try await bench.store.settle([expired]).outbox.count == 1)
        #expect(try await bench.value("SELECT state FROM usher.job") == "13")
    }

    @Test func aBodyThatDoesNotOpenCostsOnlyItsJob() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0), job("o-2", offset: 1), job("o-3", offset: 2)])
        // Two rows change places: both seals are good, in the wrong rows.
        try await bench.execute(
            """
            UPDATE usher.job_body b SET sealed = o.sealed
            FROM usher.job_body o, usher.job j, usher.job k
            WHERE j.job_id = b.job_id AND k.job_id = o.job_id
              AND (j.order_id, k.order_id) IN (('o-1', 'o-2'), ('o-2', 'o-1'))
            """
        )
        let claim = try await bench.claim()
        #expect(claim.jobs.map(\.order.orderID) == ["o-3"])
        #expect(
            try await bench.value(
                """
                SELECT count(*) FROM usher.job WHERE state = 0 AND attempts = 0 AND last_code = 'unsealable'
                AND due_at > now() + interval '4 minutes' AND lease_until IS NULL
                """
            ) == "2"
        )
    }

    /// A job that one worker cannot open is another's to send, as long as there is time.
    @Test func aJobThatOneWorkerCannotOpenIsSentByAnotherBeforeItsTimeIsOver() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        try await bench.execute("UPDATE usher.job SET not_after = now() + interval '4 minutes'")
        let other = PostgresStore(
            options: bench.fixture.options,
            keys: try KeyRing(keyFile: KeyRing.newKeyFile(id: "other")),
            answers: FixedAnswers(),
            worker: "other",
            version: "test",
            log: .silent
        )
        #expect(try await bench.claim(by: other).setAside == [.interactive: 1])
        // The time until it is looked at again goes by.
        try await bench.execute(
            """
            UPDATE usher.job SET not_after = not_after - (due_at - now()), due_at = now();
            UPDATE usher.waiting SET due_at = now()
            """
        )
        let claimed = try #require(try await bench.claim().jobs.first)
        #expect(claimed.purpose == .open)
        #expect(claimed.attempts == 1, "that it was claimed and not sent does not count")
        await other.close()
    }

    @Test func anExpiredJobEndsThoughItsBodyDoesNotOpen() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0, notAfter: Timestamp(seconds: 1_000))])
        try await bench.execute("UPDATE usher.job_body SET sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))")
        let claim = try await bench.claim()
        #expect(claim.setAside.isEmpty)
        let expired = try #require(claim.jobs.first)
        #expect(expired.purpose == .expire && expired.request == nil)
        #expect(try await bench.store.settle([ended(expired, .expired, .expired)]).outbox.entries.count == 1)
    }

    /// A look-up needs no body, and what comes of it then needs none either.
    @Test func anOrderInDoubtEndsThoughItsBodyDoesNotOpen() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        _ = try await bench.claim(lease: .zero)
        _ = try await bench.store.reap(limit: 1)
        try await bench.execute(
            """
            UPDATE usher.job SET not_after = now() + interval '1 minute';
            UPDATE usher.job_body SET sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))
            """
        )
        let early = try await bench.claim()
        #expect(early.jobs.isEmpty && early.setAside == [.interactive: 1])
        let waiting = """
            SELECT count(*) FROM usher.job j JOIN usher.waiting w USING (job_id)
            WHERE j.state = 2 AND j.look_ups = 0 AND w.due_at = j.due_at
              AND j.due_at BETWEEN j.not_after - interval '30 seconds' AND j.not_after - interval '1 second'
            """
        #expect(try await bench.value(waiting) == "1", "until half of what was left of its time is over")
        try await bench.execute(
            """
            UPDATE usher.job SET not_after = now() - interval '1 second';
            UPDATE usher.waiting SET due_at = now() - interval '1 second'
            """
        )
        let lookUp = try #require(try await bench.claim().jobs.first)
        #expect(lookUp.purpose == .lookUp && lookUp.request == nil)
        let nothing = AttemptRecord(kind: "look_up", outcome: "not_found", elapsed: .zero)
        let again = Settlement(lease: lookUp.lease, step: .retry(after: .zero), attempt: nothing)
        #expect(try await bench.store.settle([again]).lost.isEmpty)
        let over = try #require(try await bench.claim().jobs.first)
        #expect(over.purpose == .expire, "it is not sent")
        #expect(over.attempts == 1)
        #expect(try await bench.store.settle([ended(over, .failed, .failed)]).outbox.entries.count == 1)
        #expect(try await bench.value("SELECT state FROM usher.job") == "12")
    }

    @Test func whatCannotBeGivenBackDoesNotKeepTheOthers() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0), job("o-2", offset: 1)])
        try await bench.execute(
            """
            UPDATE usher.job_body SET sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))
            WHERE job_id = (SELECT job_id FROM usher.job WHERE order_id = 'o-1');
            ALTER TABLE usher.waiting ADD CONSTRAINT nothing_comes_back CHECK (due_at IS NULL) NOT VALID
            """
        )
        let claim = try await bench.claim()
        #expect(claim.jobs.map(\.order.orderID) == ["o-2"])
        #expect(claim.setAside == [.interactive: 1])
    }

    /// An account may be held for weeks, and one job looked up at each trial.
    @Test func lookUpsAreCountedNoFurtherThanTheColumnCan() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        _ = try await bench.claim(lease: .zero)
        _ = try await bench.store.reap(limit: 1)
        try await bench.execute("UPDATE usher.job SET look_ups = 32767")
        let claimed = try #require(try await bench.claim().jobs.first)
        #expect(claimed.purpose == .lookUp)
        #expect(claimed.lookUps == 32_767)
    }

    @Test func noPlainTextIsStored() async throws {
        let bench = try await Bench()
        let claimed = try await bench.claimOne()
        _ = try await bench.store.settle([opened(claimed)])
        let found = try await bench.value(
            """
            SELECT (SELECT count(*) FROM usher.job_body WHERE position('body of'::bytea IN sealed) > 0)
            + (SELECT count(*) FROM usher.result WHERE position('secret.example'::bytea IN sealed) > 0)
            """
        )
        #expect(found == "0")
    }

    @Test func anExpiredLeaseMakesAMarkedJobUnknown() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0), job("o-2", offset: 1, notAfter: Timestamp(seconds: 1_000))])
        _ = try await bench.claim(lease: .zero)
        #expect(try await bench.store.reap(limit: 10) == 2)
        let claims = try await bench.claim()
        let found = Dictionary(claims.jobs.map { ($0.order.orderID, $0) }) { first, _ in first }
        #expect(found["o-1"]?.purpose == .lookUp)
        #expect(found["o-1"]?.attempts == 1)
        #expect(found["o-1"]?.lookUps == 1)
        #expect(found["o-1"]?.lastSend != nil)
        #expect(found["o-2"]?.purpose == .expire)
        #expect(try await bench.value("SELECT code FROM usher.attempt") == "worker_lost")
        #expect(try await bench.value("SELECT count(*) FROM usher.attempt") == "1")
    }

    @Test func aLeaseThatRunsIsNotReaped() async throws {
        let bench = try await Bench()
        _ = try await bench.claimOne()
        #expect(try await bench.store.reap(limit: 10) == 0)
    }

    @Test func theBacklogCountsWaitingJobsByTopicAndNotTheClaimedOnes() async throws {
        let bench = try await Bench()
        try await bench.ingest((0..<5).map { job("o-\($0)", offset: $0) })
        try await bench.ingest((0..<3).map { job("b-\($0)", offset: $0) }, topic: "bulk")
        let claim = try await bench.claim(2)
        _ = try await bench.store.settle([opened(claim.jobs[0])])
        let backlog = try await bench.store.backlog()
        #expect(backlog.jobsByTopic == ["jobs": 3, "bulk": 3])
        #expect(backlog.oldestUnpublished != nil)
    }
}
