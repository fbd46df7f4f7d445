import Cryptography
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct SettleTests {
    @Test func anOpenedJobEndsWithItsResultInTheOutbox() async throws {
        let bench = try await Bench()
        let claimed = try await bench.claimOne()
        let report = try await bench.store.settle([opened(claimed)])
        #expect(report.lost.isEmpty)
        #expect(report.outbox.results == [result(of: claimed, .opened)])
        #expect(report.outbox.entries.map(\.key) == [.job(claimed.lease.jobID)])
        let row = try await bench.value(
            """
            SELECT concat_ws(' ', state, attempts, last_code, expires_at IS NOT NULL, lease_until IS NULL)
            FROM usher.job
            """
        )
        #expect(row == "10 1 t t")
        #expect(try await bench.value("SELECT count(*) FROM usher.attempt") == "0", "it is in the result")
        let attempt = try #require(try await bench.store.show("o-1").first?.attempts.first)
        #expect(attempt.number == 1)
        #expect(attempt.record.kind == "open")
        #expect(attempt.record.outcome == "opened")
        #expect(attempt.record.code == "0")
        #expect(attempt.record.httpStatus == 200)
        #expect(attempt.record.elapsed == .milliseconds(120))
        #expect(attempt.worker == "first")
        #expect(try await bench.store.adoptOutbox(limit: 10, ofTheDead: true).isEmpty, "its owner lives")
        try await bench.store.acknowledge(report.outbox.map(\.outboxID))
        #expect(try await bench.value("SELECT count(*) FROM usher.outbox") == "0")
        #expect(try await bench.store.backlog().oldestUnpublished == nil)
    }

    @Test func aSettlementThatRunsAgainReturnsItsOutboxRowAndWritesNothing() async throws {
        let bench = try await Bench()
        let settlement = try await opened(bench.claimOne())
        let first = try await bench.store.settle([settlement])
        let second = try await bench.store.settle([settlement])
        #expect(second == first)
        try await bench.store.acknowledge(first.outbox.map(\.outboxID))
        let third = try await bench.store.settle([settlement])
        #expect(third == SettleReport(outbox: [], lost: []))
        #expect(try await bench.value("SELECT count(*) FROM usher.result") == "1")
        #expect(try await bench.store.show("o-1").first?.attempts.count == 1)
    }

    @Test func aZombieWritesAndPublishesNothing() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        try await bench.ingest([job("o-1", offset: 0)])
        let claimed = try #require(try await bench.claim(lease: .zero).jobs.first)
        #expect(try await other.reap(limit: 10) == 1)
        let taken = try #require(try await bench.claim(by: other).jobs.first)
        let report = try await bench.store.settle([opened(claimed)])
        #expect(report == SettleReport(outbox: [], lost: [claimed.lease]))
        #expect(try await bench.value("SELECT count(*) FROM usher.result") == "0")
        let right = try await other.settle([ended(taken, .failed, .failed)])
        #expect(right.outbox.count == 1)
        #expect(try await bench.store.settle([opened(claimed)]) == SettleReport(outbox: [], lost: [claimed.lease]))
    }

    /// Between the reaper and the next claim nobody holds the job; its old holder must not take it for settled.
    @Test func aReapedLeaseIsLostEvenBeforeTheNextClaim() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        let claimed = try #require(try await bench.claim(lease: .zero).jobs.first)
        #expect(try await bench.store.reap(limit: 10) == 1)
        #expect(try await bench.store.settle([opened(claimed)]) == SettleReport(outbox: [], lost: [claimed.lease]))
        #expect(try await bench.value("SELECT state FROM usher.job") == "2")
    }

    @Test func anExpiredLeaseThatNobodyTookMayStillBeSettled() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        let claimed = try #require(try await bench.claim(lease: .zero).jobs.first)
        #expect(try await bench.store.settle([opened(claimed)]).outbox.count == 1)
    }

    @Test func aReleaseGivesTheAttemptBack() async throws {
        let bench = try await Bench()
        let claimed = try await bench.claimOne()
        let release = Settlement(lease: claimed.lease, step: .release(after: .zero), attempt: nil)
        #expect(try await bench.store.settle([release]).lost.isEmpty)
        #expect(try await bench.store.settle([release]).lost.isEmpty, "running it again is harmless")
        #expect(try await bench.value("SELECT count(*) FROM usher.attempt") == "0")
        let again = try #require(try await bench.claim().jobs.first)
        #expect(again.purpose == .open)
        #expect(again.attempts == 1)
        #expect(again.lease.epoch > claimed.lease.epoch)
    }

    @Test func aReleasedLookUpWasNone() async throws {
        let bench = try await Bench()
        let opening = try await bench.claimOne()
        _ = try await bench.store.settle([
            Settlement(lease: opening.lease, step: .verify(after: .zero), attempt: unknown(opening))
        ])
        for _ in 1...3 {
            let lookUp = try #require(try await bench.claim().jobs.first)
            #expect(lookUp.purpose == .lookUp && lookUp.lookUps == 1 && lookUp.lastSend == opening.lastSend)
            let release = Settlement(lease: lookUp.lease, step: .release(after: .zero), attempt: nil)
            #expect(try await bench.store.settle([release]).lost.isEmpty)
        }
        #expect(try await bench.value("SELECT concat_ws(' ', state, attempts, look_ups) FROM usher.job") == "2 1 0")
    }

    @Test func aRetryIsDueLaterButNeverAfterItsEnd() async throws {
        let bench = try await Bench()
        let soon = Timestamp(microseconds: .farAwayFromNow(seconds: 3_600))
        try await bench.ingest([job("o-1", offset: 0, notAfter: soon)])
        let claimed = try #require(try await bench.claim().jobs.first)
        let refused = AttemptRecord(kind: "open", outcome: "retry", code: "333", message: "busy", elapsed: .seconds(1))
        _ = try await bench.store.settle([
            Settlement(lease: claimed.lease, step: .retry(after: .seconds(86_400)), attempt: refused)
        ])
        let row = try await bench.value(
            """
            SELECT concat_ws(' ', state, attempts, last_code, last_message, due_at = not_after, last_send IS NULL)
            FROM usher.job
            """
        )
        #expect(row == "0 1 333 busy t f")
        #expect(try await bench.claim().nextDue == soon)
    }

    @Test func anUnknownOutcomeIsLookedUpUntilItIsKnown() async throws {
        let bench = try await Bench()
        var claimed = try await bench.claimOne()
        let lookUp = AttemptRecord(kind: "look_up", outcome: "not_found", elapsed: .milliseconds(80))
        var attempt = unknown(claimed)
        let mark = claimed.lastSend
        for count in 1...3 {
            _ = try await bench.store.settle([
                Settlement(lease: claimed.lease, step: .verify(after: .zero), attempt: attempt)
            ])
            claimed = try #require(try await bench.claim().jobs.first)
            #expect(claimed.purpose == .lookUp)
            #expect(claimed.lookUps == count)
            #expect(claimed.lastSend == mark)
            attempt = lookUp
        }
        _ = try await bench.store.settle([
            Settlement(lease: claimed.lease, step: .retry(after: .zero), attempt: lookUp)
        ])
        let again = try #require(try await bench.claim().jobs.first)
        #expect(again.purpose == .open)
        #expect(again.attempts == 2)
        let history = try await bench.value(
            "SELECT string_agg(kind || number, ' ' ORDER BY lease_epoch) FROM usher.attempt"
        )
        #expect(history == "open1 look_up1 look_up2 look_up3")
    }

    @Test func aParkedJobIsDueNever() async throws {
        let bench = try await Bench()
        let claimed = try await bench.claimOne()
        _ = try await bench.store.settle([Settlement(lease: claimed.lease, step: .park, attempt: unknown(claimed))])
        let claim = try await bench.claim()
        #expect(claim.jobs.isEmpty)
        #expect(claim.nextDue == nil)
        #expect(try await bench.value("SELECT concat_ws(' ', state, due_at) FROM usher.job") == "2 infinity")
    }

    @Test func aStepThatTheStateForbidsIsNotTaken() async throws {
        let bench = try await Bench()
        let claimed = try await bench.claimOne()
        let expired = Settlement(
            lease: claimed.lease,
            step: .finish(.expired, result: result(of: claimed, .expired), expiresAt: nil),
            attempt: nil
        )
        #expect(try await bench.store.settle([expired]) == SettleReport(outbox: [], lost: [claimed.lease]))
        #expect(try await bench.value("SELECT state FROM usher.job") == "1")
    }

    @Test func oneRefusedOutcomeCostsItselfOnly() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0), job("o-2", offset: 1)])
        let jobs = try await bench.claim().jobs.sorted { $0.lease.jobID < $1.lease.jobID }
        // Where there is a result already, no other is written.
        try await bench.execute(
            """
            INSERT INTO usher.result (result_id, job_id, wipe_from, generation, outcome, key_id)
            VALUES (gen_random_uuid(), \(jobs[1].lease.jobID), now(), 1, 12, 'k1')
            """
        )
        let report = try await bench.store.settle(jobs.map { opened($0) })
        #expect(report.outbox.results.map(\.orderID) == ["o-1"])
        #expect(report.lost == [jobs[1].lease])
        #expect(try await bench.value("SELECT state FROM usher.job WHERE order_id = 'o-2'") == "1")
        #expect(try await bench.value("SELECT count(*) FROM usher.lease") == "1", "its lease runs out")
    }

    @Test func onlyRowsOfDeadOwnersAreAdopted() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        try await bench.store.heartbeat(lifetime: .seconds(60))
        let settled = try await bench.store.settle([opened(bench.claimOne())])
        #expect(try await other.adoptOutbox(limit: 10, ofTheDead: true).isEmpty)
        try await bench.store.heartbeat(lifetime: .zero)
        #expect(try await other.adoptOutbox(limit: 10, ofTheDead: true) == settled.outbox)
        #expect(
            try await other.adoptOutbox(limit: 10, ofTheDead: true).isEmpty,
            "adopted rows have a living owner again"
        )
    }

    @Test func rowsOfSilentOwnersAreLeftAloneWhereTheDatabaseMayHaveBeenAway() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        let settled = try await bench.store.settle([opened(bench.claimOne())])
        try await bench.store.heartbeat(lifetime: .zero)
        #expect(try await other.adoptOutbox(limit: 10, ofTheDead: false).isEmpty)
        #expect(try await other.adoptOutbox(limit: 10, ofTheDead: true) == settled.outbox)
    }

    @Test func aRetiredWorkersRowsAreAdoptedAtOnce() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        _ = try await bench.store.settle([opened(bench.claimOne())])
        try await bench.store.retire()
        #expect(try await other.adoptOutbox(limit: 10, ofTheDead: true).count == 1)
    }

    @Test func twoWorkersAdoptEachRowOnce() async throws {
        let bench = try await Bench()
        let second = bench.fixture.store(worker: "second")
        let third = bench.fixture.store(worker: "third")
        try await bench.ingest((0..<200).map { job("o-\($0)", offset: $0) })
        let claim = try await bench.claim(200)
        for job in claim.jobs { _ = try await bench.store.settle([opened(job)]) }
        try await bench.store.retire()
        @Sendable func adoptAll(_ store: PostgresStore) async throws -> [Int64] {
            var ids: [Int64] = []
            for _ in 0..<20 { ids += try await store.adoptOutbox(limit: 20, ofTheDead: true).map(\.outboxID) }
            return ids
        }
        async let left = adoptAll(second)
        async let right = adoptAll(third)
        let ids = try await left + right
        #expect(ids.count == 200)
        #expect(Set(ids).count == 200)
    }

    @Test func aWorkerThatTheDatabaseForgotRegistersAgain() async throws {
        let bench = try await Bench()
        try await bench.store.heartbeat(lifetime: .seconds(60))
        try await bench.execute("DELETE FROM usher.worker")
        try await bench.store.heartbeat(lifetime: .seconds(60))
        #expect(try await bench.value("SELECT count(*) FROM usher.worker WHERE alive_until > now()") == "1")
    }
}

extension Int64 {
    /// Microseconds since 1970 of a moment so many seconds from now.
    static func farAwayFromNow(seconds: Int64) -> Int64 {
        Int64(Clocks.wallSeconds) * 1_000_000 + seconds * 1_000_000
    }
}
