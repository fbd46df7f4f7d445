import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// One row is the lease on all that one claim took.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct LeaseTests {
    private static let leases = "SELECT count(*) FROM usher.lease"

    private func claimed(_ count: Int, _ bench: Bench, lease: Duration = .zero) async throws -> [ClaimedJob] {
        try await bench.ingest((0..<Int64(count)).map { job("o-\($0)", offset: $0) })
        let jobs = try await bench.claim(count, lease: lease).jobs.sorted { $0.lease.jobID < $1.lease.jobID }
        #expect(jobs.count == count)
        #expect(Set(jobs.map(\.lease.epoch)).count == 1)
        return jobs
    }

    @Test func aLeaseGoesWithTheLastOfItsJobs() async throws {
        let bench = try await Bench()
        let jobs = try await claimed(4, bench)
        _ = try await bench.store.settle([opened(jobs[0]), retried(jobs[1], after: .seconds(60))])
        #expect(try await bench.value(Self.leases) == "1")
        _ = try await bench.store.settle([opened(jobs[2])])
        #expect(try await bench.value(Self.leases) == "1")
        _ = try await bench.store.settle([opened(jobs[3])])
        #expect(try await bench.value(Self.leases) == "0")
        #expect(try await bench.store.reap(limit: 10) == 0)
    }

    /// As after a loss of the connection between the two transactions of one settlement.
    @Test func aSettlementThatRunsAgainDoesNotEndTheLeaseOfAnotherJob() async throws {
        let bench = try await Bench()
        let jobs = try await claimed(3, bench)
        for _ in 0..<3 { _ = try await bench.store.settle([opened(jobs[0])]) }
        _ = try await bench.store.settle([retried(jobs[1], after: .seconds(60))])
        #expect(try await bench.value(Self.leases) == "1")
        #expect(try await bench.store.reap(limit: 10) == 1, "the third job is found when its worker dies")
    }

    @Test func aLeaseStaysWithAJobWhoseOutcomeDoesNotFit() async throws {
        let bench = try await Bench()
        let jobs = try await claimed(2, bench)
        let report = try await bench.store.settle([opened(jobs[0]), ended(jobs[1], .expired, .expired)])
        #expect(report.lost == [jobs[1].lease])
        #expect(try await bench.store.reap(limit: 10) == 1)
        #expect(try await bench.claim().jobs.map(\.purpose) == [.lookUp])
    }

    @Test func aLeaseStaysWithSuchAJobThoughAllOthersAreSettledAfterIt() async throws {
        let bench = try await Bench()
        let jobs = try await claimed(3, bench)
        let misfit = ended(jobs[0], .expired, .expired)
        #expect(try await bench.store.settle([misfit]).lost == [jobs[0].lease])
        _ = try await bench.store.settle([opened(jobs[1])])
        _ = try await bench.store.settle([opened(jobs[2])])
        #expect(try await bench.store.reap(limit: 10) == 1, "nobody will ever look it up")
    }

    @Test func theReaperEndsOnlyWhatIsHeldStill() async throws {
        let bench = try await Bench()
        let jobs = try await claimed(4, bench)
        _ = try await bench.store.settle([opened(jobs[0]), retried(jobs[1]), ended(jobs[2], .declined, .declined)])
        let again = try #require(try await bench.claim().jobs.first)
        #expect(again.order == jobs[1].order)
        #expect(try await bench.store.reap(limit: 10) == 1)
        #expect(try await bench.store.settle([opened(jobs[3])]).lost == [jobs[3].lease])
        #expect(try await bench.store.settle([opened(again)]).outbox.entries.count == 1, "its lease is another")
        let states = try await bench.value("SELECT string_agg(state::text, ' ' ORDER BY order_id) FROM usher.job")
        #expect(states == "10 10 11 2")
        #expect(try await bench.value("SELECT count(*) FROM usher.attempt WHERE code = 'worker_lost'") == "1")
        #expect(try await bench.value(Self.leases) == "0")
    }

    @Test func aLeaseOfWhichNothingIsHeldIsRemovedQuietly() async throws {
        let bench = try await Bench()
        let jobs = try await claimed(2, bench)
        try await bench.execute("CREATE TABLE usher.kept AS SELECT * FROM usher.lease")
        _ = try await bench.store.settle(jobs.map { opened($0) })
        try await bench.execute("INSERT INTO usher.lease SELECT * FROM usher.kept")
        #expect(try await bench.store.reap(limit: 10) == 0)
        #expect(try await bench.value(Self.leases) == "0")
        #expect(try await bench.value("SELECT min(state) FROM usher.job") == "10")
    }

    /// The reaper has the lease and waits for the job; an outcome that had the job and waited for the lease would be one
    /// half of a deadlock.
    @Test func anOutcomeDoesNotWaitForTheReaperThatHasItsLease() async throws {
        for settlement in [{ opened($0) }, { retried($0, after: .seconds(60)) }] as [(ClaimedJob) -> Settlement] {
            let bench = try await Bench()
            let jobs = try await claimed(1, bench)
            let reaper = try PostgresLink(bench.fixture.options)
            try reaper.run(Script(name: "lock", text: "BEGIN; SELECT FROM usher.lease FOR UPDATE"))
            #expect(try await bench.store.settle(jobs.map(settlement)).lost.isEmpty)
            try reaper.run(Script(name: "end", text: "COMMIT"))
            #expect(try await bench.store.reap(limit: 10) == 0)
            #expect(try await bench.value(Self.leases) == "0")
        }
    }

    @Test func theReaperTakesJobsInTheOrderInWhichOutcomesAreWritten() async throws {
        let bench = try await Bench()
        try await bench.ingest((0..<2).map { job("o-\($0)", offset: $0) })
        let claims = [try await bench.claim(1, lease: .zero).jobs, try await bench.claim(1, lease: .zero).jobs]
        let jobs = claims.joined().map(\.lease).sorted { $0.jobID < $1.jobID }
        #expect(jobs.count == 2)
        try await bench.execute(
            "UPDATE usher.lease SET lease_until = now() - interval '1 hour' WHERE lease_epoch = \(jobs[1].epoch)"
        )
        let settlement = try PostgresLink(bench.fixture.options)
        let lock = "BEGIN; SELECT FROM usher.job WHERE job_id = \(jobs[0].jobID) FOR UPDATE"
        try settlement.run(Script(name: "lock", text: lock))
        let reaped = Task { try await bench.store.reap(limit: 10) }
        try await eventually("the reaper waits") {
            try await bench.value(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ) == "1"
        }
        let free = "SELECT FROM usher.job WHERE job_id = \(jobs[1].jobID) FOR UPDATE SKIP LOCKED"
        #expect(try await bench.value("SELECT count(*) FROM (\(free)) j") == "1")
        try settlement.run(Script(name: "end", text: "COMMIT"))
        #expect(try await reaped.value == 2)
    }

    @Test func aLeaseThatNeitherOfTwoTransactionsEndedGoesWithTheNext() {
        let book = LeaseBook()
        book.began(7, jobs: [1, 2])
        let (one, two) = (LeaseRef(jobID: 1, epoch: 7), LeaseRef(jobID: 2, epoch: 7))
        // Both are under way at once: neither has the last job.
        #expect(book.ending(with: [one]).isEmpty)
        #expect(book.ending(with: [two]).isEmpty)
        book.settled([one])
        #expect(book.ending(with: []).isEmpty)
        book.settled([two])
        #expect(book.ending(with: []) == [7])
        // Two that delete one row wait for each other: a third is not told of it until the second has failed.
        #expect(book.ending(with: []).isEmpty)
        book.stay([7])
        #expect(book.ending(with: []) == [7])
        book.gone([7])
        #expect(book.ending(with: []).isEmpty)
    }

    /// As while somebody rebuilds an index of the results: the reaper needs none of them.
    @Test func leasesOfOutcomesThatCannotBeWrittenAreKeptFromTheReaper() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        let jobs = try await claimed(3, bench, lease: .milliseconds(200))
        let ends = try #require(try await bench.value("SELECT max(lease_until) FROM usher.lease"))
        var options = bench.fixture.options
        options.connectionsMax = 1
        let holder = PostgresPool(options: options, log: .silent)
        let lock = Script(name: "lock", text: "BEGIN; LOCK TABLE usher.result IN ACCESS EXCLUSIVE MODE")
        try await holder.run { link in try link.run(lock) }
        async let settled = bench.store.settle(jobs.map { opened($0) })
        try await eventually("the outcomes wait") {
            try await bench.value(
                """
                SELECT count(*) > 0 FROM pg_locks
                WHERE NOT granted AND relation = 'usher.result'::regclass
                  AND database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                """
            ) == "true"
        }
        try await bench.store.keepLeases(jobs.map(\.lease), for: .seconds(60))
        try await eventually("the lease's first time is over") {
            try await bench.value("SELECT now() > '\(ends)'") == "true"
        }
        #expect(try await other.reap(limit: 10) == 0)
        try await holder.run { link in try link.run(Script(name: "unlock", text: "ROLLBACK")) }
        let report = try await settled
        #expect(report.lost.isEmpty)
        #expect(report.outbox.entries.count == 3)
        #expect(try await bench.value(Self.leases) == "0")
        await holder.close()
    }

    @Test func aLeaseThatWasEndedIsNotGivenMoreTime() async throws {
        let bench = try await Bench()
        let jobs = try await claimed(2, bench)
        #expect(try await bench.fixture.store(worker: "other").reap(limit: 10) == 2)
        try await bench.store.keepLeases(jobs.map(\.lease), for: .seconds(60))
        #expect(try await bench.value(Self.leases) == "0")
        #expect(try await bench.store.settle([opened(jobs[0])]).lost == [jobs[0].lease])
    }

    @Test func onlyALeaseThatEndsSoonIsGivenMoreTimeAndShowTellsOfIt() async throws {
        let bench = try await Bench()
        let leases = try await claimed(2, bench, lease: .seconds(60)).map(\.lease)
        let ends = "SELECT lease_until FROM usher.lease"
        let before = try await bench.value(ends)
        try await bench.store.keepLeases(leases, for: .seconds(60))
        #expect(try await bench.value(ends) == before)
        try await bench.store.keepLeases(leases, for: .seconds(600))
        let order = try #require(try await bench.store.show("o-0").first)
        guard case .leased(worker: "first", until: let until) = order.next else {
            Issue.record("unexpected: \(order.next)")
            return
        }
        #expect(until > order.now.advanced(by: .seconds(300)))
    }

    /// A settlement and the reaper meet at one job: whoever comes second sees what the first one did.
    @Test func settlingAndReapingAtOnceHaveOneOutcome() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "other")
        let jobs = try await claimed(200, bench)
        async let settled = bench.store.settle(jobs.map { opened($0) })
        async let reaped = other.reap(limit: 10)
        let (report, freed) = try await (settled, reaped)
        #expect(report.outbox.entries.count + freed == 200)
        #expect(report.lost.count == freed)
        let rows = try await bench.value(
            """
            SELECT concat_ws(' ', (SELECT count(*) FROM usher.result), (SELECT count(*) FROM usher.waiting),
              (SELECT count(*) FROM usher.job WHERE lease_until IS NOT NULL))
            """
        )
        #expect(rows == "\(200 - freed) \(freed) 0")
    }
}
