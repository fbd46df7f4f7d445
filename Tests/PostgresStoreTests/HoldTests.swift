import Cryptography
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct HoldTests {
    static let fault = HoldCause(kind: .fault, code: "401", reason: "wrong secret")

    private func hold(_ store: PostgresStore, _ cause: HoldCause = fault, after: Duration = .seconds(600)) async throws
    {
        try await store.hold(account: "main", cause, trialAfter: after)
    }

    private func claimTrial(_ bench: Bench) async throws -> [ClaimedJob] {
        let request = ClaimRequest(
            accounts: [AccountQuota(account: "main", limit: 1)],
            lanes: [LaneQuota(lane: .interactive, limit: 1)],
            lease: .seconds(60),
            isTrial: true
        )
        return try await bench.store.claim(request).jobs
    }

    @Test func aFaultHoldsUntilATrialGoesWell() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0), job("o-2", offset: 1)])
        try await hold(bench.store)
        let claim = try await bench.claim()
        #expect(claim.jobs.isEmpty)
        #expect(claim.nextDue == nil, "nobody knows when it ends")
        let holds = try await bench.store.holds()
        #expect(holds.map(\.kind) == [.fault])
        #expect(holds.map(\.until) == [nil])
        #expect(holds.map(\.reason) == ["wrong secret"])
        let trial = try #require(try await claimTrial(bench).first)
        try await bench.store.endHold(account: "main", trialSent: try #require(trial.lastSend))
        #expect(try await bench.store.holds().isEmpty)
        #expect(try await bench.claim().jobs.count == 1)
    }

    @Test func aTrialThatWasSentBeforeTheFaultWasFoundOutProvesNothing() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        let sent = try #require(try await bench.claimOne().lastSend)
        try await hold(bench.store)
        try await bench.store.endHold(account: "main", trialSent: sent)
        #expect(try await bench.store.holds().count == 1)
    }

    @Test func ofManyWorkersOneTriesAndOnlyWhenThereIsAJob() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "second")
        try await hold(bench.store, after: .zero)
        #expect(try await bench.store.beginTrial(account: "main", next: .seconds(30)) == false, "no job is due")
        try await bench.ingest([job("o-1", offset: 0)])
        async let first = bench.store.beginTrial(account: "main", next: .seconds(30))
        async let second = other.beginTrial(account: "main", next: .seconds(30))
        let won = try await [first, second]
        #expect(won.count(where: \.self) == 1)
        #expect(try await bench.store.beginTrial(account: "main", next: .seconds(30)) == false, "not again so soon")
        try await bench.store.hastenTrial(account: "main")
        #expect(try await bench.store.beginTrial(account: "main", next: .seconds(30)))
    }

    @Test func nothingIsTriedWhileAPersonOrADelayHoldsTheAccountToo() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        try await hold(bench.store, after: .zero)
        try await bench.store.placeHold(account: "main", act: OperatorAct(actor: "ann@desk", reason: "audit"))
        #expect(try await bench.store.beginTrial(account: "main", next: .seconds(30)) == false)
        #expect(try await claimTrial(bench).isEmpty)
    }

    @Test func oneAccountsHoldDoesNotTouchAnother() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0), job("o-2", offset: 1, account: "other")])
        try await hold(bench.store)
        #expect(try await bench.claim(accounts: ["main", "other"]).jobs.map(\.order.account) == ["other"])
    }

    @Test func aHoldIsKeptWhenItIsAskedForAgainAndItsNewestReasonIsTold() async throws {
        let bench = try await Bench()
        try await hold(bench.store)
        let first = try #require(try await bench.store.holds().first)
        try await hold(bench.store, HoldCause(kind: .fault, code: "406", reason: "address"), after: .zero)
        let second = try #require(try await bench.store.holds().first)
        #expect(second.heldAt == first.heldAt && second.trialAt == first.trialAt)
        #expect(second.code == "406" && second.reason == "address")
    }

    @Test func whatAPersonHoldsAndReleasesIsAudited() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        try await bench.store.placeHold(
            account: "main",
            act: OperatorAct(actor: "ann@desk", reason: "card scheme audit")
        )
        #expect(try await bench.claim().jobs.isEmpty)
        try await hold(bench.store)
        let release = try await bench.store.releaseHolds(
            account: "main",
            act: OperatorAct(actor: "ann@desk", reason: "audit over")
        )
        #expect(release == .released([.fault, .byOperator]))
        #expect(try await bench.claim().jobs.count == 1)
        let audit =
            "SELECT string_agg(actor || ' ' || action || ' ' || reason, '; ' ORDER BY audit_id) FROM usher.audit"
        #expect(
            try await bench.value(audit)
                == "ann@desk account hold card scheme audit; ann@desk account release audit over"
        )
        #expect(
            try await bench.store.releaseHolds(account: "main", act: OperatorAct(actor: "ben@desk", reason: "again"))
                == .released([])
        )
        #expect(try await bench.value("SELECT count(*) FROM usher.audit") == "2", "nothing was done, nothing is noted")
    }

    /// Who mended an address does not know that somebody stopped the account meanwhile.
    @Test func nobodyEndsAnothersHoldWithoutSayingSo() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        try await hold(bench.store)
        try await bench.store.placeHold(account: "main", act: OperatorAct(actor: "ben@desk", reason: "fraud"))
        let mended = OperatorAct(actor: "ann@desk", reason: "address whitelisted")
        guard case .refused(let other) = try await bench.store.releaseHolds(account: "main", act: mended) else {
            Issue.record("ben's hold was ended")
            return
        }
        let holds = try await bench.store.holds()
        #expect(Set(holds.map(\.kind)) == [.fault, .byOperator], "nothing was changed")
        #expect(other.actor == "ben@desk" && other.reason == "fraud")
        #expect(other.heldAt == holds.first(where: { $0.kind == .byOperator })?.heldAt)
        #expect(try await bench.value("SELECT count(*) FROM usher.audit") == "1", "nor noted")
        #expect(try await bench.claim().jobs.isEmpty)
        let release = try await bench.store.releaseHolds(account: "main", act: mended, endsOthers: true)
        #expect(release == .released([.fault, .byOperator]))
        #expect(
            try await bench.value("SELECT before FROM usher.audit ORDER BY audit_id DESC LIMIT 1")
                == "fault: wrong secret; operator, by ben@desk: fraud"
        )
        #expect(try await bench.claim().jobs.count == 1)
    }

    /// Actors are compared as they are stored.
    @Test func anActorWhoseNameWasCutReleasesAHoldOfTheirOwn() async throws {
        let bench = try await Bench()
        let act = OperatorAct(actor: "ann@" + String(repeating: "d", count: 200), reason: "audit")
        try await bench.store.placeHold(account: "main", act: act)
        #expect(try await bench.store.releaseHolds(account: "main", act: act) == .released([.byOperator]))
    }

    /// The hold that is judged is the one that is ended: somebody takes it over while the release waits for its row.
    @Test func aHoldThatIsTakenOverMeanwhileIsNotEnded() async throws {
        let bench = try await Bench()
        let act = OperatorAct(actor: "ann@desk", reason: "audit")
        try await bench.store.placeHold(account: "main", act: act)
        let second = PostgresPool(options: bench.fixture.options, log: .silent)
        let releasing = try await second.run { link -> Task<HoldRelease, any Error> in
            try link.run(
                Script(
                    name: "take over",
                    text: "BEGIN; UPDATE usher.account_hold SET actor = 'ben@desk', reason = 'fraud'"
                )
            )
            let releasing = Task { try await bench.store.releaseHolds(account: "main", act: act) }
            try Self.waitUntilSomebodyWaits(for: link)
            try link.run(Script(name: "commit", text: "COMMIT"))
            return releasing
        }
        guard case .refused(let other) = try await releasing.value else {
            Issue.record("ben's hold was ended")
            return
        }
        #expect(other.actor == "ben@desk" && other.reason == "fraud")
        #expect(try await bench.store.holds().map(\.actor) == ["ben@desk"])
        await second.close()
    }

    /// Until another session waits for a lock of this one's. Records when none did within 20 seconds.
    private static func waitUntilSomebodyWaits(for link: PostgresLink) throws {
        let waiting = Statement(
            name: "waiting",
            text: """
                SELECT count(*), pg_sleep(0.01) IS NULL FROM pg_locks
                WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
                """
        )
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let count = try link.run(waiting).first { row in try row.next(Int64.self) }
            if let count, count > 0 { return }
        }
        Issue.record("nobody waits")
    }

    @Test func theAuditOfASecondHoldNamesTheFirst() async throws {
        let bench = try await Bench()
        let first = OperatorAct(actor: "ann@desk", reason: "audit")
        #expect(try await bench.store.placeHold(account: "main", act: first) == nil)
        let second = OperatorAct(actor: "ben@desk", reason: "fraud")
        let replaced = try await bench.store.placeHold(account: "main", act: second)
        #expect(replaced?.actor == "ann@desk" && replaced?.reason == "audit", "who holds it now is told")
        let before = "SELECT string_agg(COALESCE(before, 'nothing'), '; ' ORDER BY audit_id) FROM usher.audit"
        #expect(try await bench.value(before) == "nothing; held by ann@desk: audit")
        #expect(try await bench.store.holds().map(\.reason) == ["fraud"])
    }

    /// The first is not committed yet when the second begins: it waits at the audit, which somebody has locked.
    @Test func ofTwoFirstHoldsAtOneInstantTheSecondNamesTheFirst() async throws {
        let bench = try await Bench()
        let other = bench.fixture.store(worker: "second")
        let holder = PostgresPool(options: bench.fixture.options, log: .silent)
        let lock = Script(name: "hold", text: "BEGIN; LOCK TABLE usher.audit IN EXCLUSIVE MODE")
        try await holder.run { link in try link.run(lock) }
        let waiting = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend' AND wait_event_type = 'Lock'
            """
        let first = Task {
            try await bench.store.placeHold(account: "main", act: OperatorAct(actor: "ann@desk", reason: "audit"))
        }
        try await eventually("the first waits") { try await bench.value(waiting) == "1" }
        let second = Task {
            try await other.placeHold(account: "main", act: OperatorAct(actor: "ben@desk", reason: "fraud"))
        }
        try await eventually("the second waits for the first") { try await bench.value(waiting) == "2" }
        await holder.close()
        #expect(try await first.value == nil)
        let replaced = try await second.value
        #expect(replaced?.actor == "ann@desk" && replaced?.reason == "audit", "who held it is told")
        let before = "SELECT string_agg(COALESCE(before, 'nothing'), '; ' ORDER BY audit_id) FROM usher.audit"
        #expect(try await bench.value(before) == "nothing; held by ann@desk: audit")
        await other.close()
    }

    @Test func aHoldThatWaitsTooLongForALockIsAnsweredAndNotDone() async throws {
        let bench = try await Bench()
        var options = bench.fixture.options
        options.statementTimeout = .seconds(1)
        let store = PostgresStore(
            options: options,
            keys: bench.fixture.keys,
            answers: FixedAnswers(),
            worker: "second",
            version: "test",
            log: .silent
        )
        let holder = PostgresPool(options: bench.fixture.options, log: .silent)
        let lock = Script(name: "hold", text: "BEGIN; LOCK TABLE usher.account_hold IN ACCESS EXCLUSIVE MODE")
        try await holder.run { link in try link.run(lock) }
        await #expect(throws: StoreError.notNow("canceling statement due to statement timeout (57014)")) {
            try await store.placeHold(account: "main", act: OperatorAct(actor: "ann@desk", reason: "audit"))
        }
        await holder.close()
        #expect(try await bench.store.holds().isEmpty)
        #expect(try await bench.value("SELECT count(*) FROM usher.audit") == "0")
        await store.close()
    }

    /// A commit that is answered so may be on the disk all the same.
    @Test func aHoldWhoseCommitTheServerCouldNotEndIsInDoubt() async throws {
        let bench = try await Bench()
        try await bench.execute(
            """
            CREATE FUNCTION usher.no_commit() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'the disk is full' USING ERRCODE = '53100'; END $$;
            CREATE CONSTRAINT TRIGGER no_room AFTER INSERT ON usher.audit DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION usher.no_commit()
            """
        )
        await #expect(throws: StoreError.unavailable("the connection was lost")) {
            try await bench.store.placeHold(account: "main", act: OperatorAct(actor: "ann@desk", reason: "audit"))
        }
    }

    @Test func whoTakesAHoldOverHoldsTheAccountSinceThen() async throws {
        let bench = try await Bench()
        func heldAt(_ actor: String) async throws -> Timestamp? {
            try await bench.store.placeHold(account: "main", act: OperatorAct(actor: actor, reason: "audit"))
            return try await bench.store.holds().first?.heldAt
        }
        let first = try #require(try await heldAt("ann@desk"))
        #expect(try await heldAt("ann@desk") == first, "the same person's hold stays as old as it is")
        let second = try #require(try await heldAt("ben@desk"))
        #expect(second > first)
    }

    @Test func theStateOfAnAccountTellsItsHoldsItsWorkersAndWhatWaits() async throws {
        let bench = try await Bench()
        try await bench.ingest([
            job("o-1", offset: 0), job("o-2", offset: 1, lane: .campaign), job("o-3", offset: 2, notBefore: .farAway),
        ])
        try await hold(bench.store)
        let report = AccountReport(
            account: "main",
            inFlight: 3,
            concurrency: 16,
            concurrencyMax: 100,
            breaker: "closed",
            clockDifference: .milliseconds(-250),
            clockAdjustment: .seconds(-1),
            lookUpRefusedAt: nil
        )
        try await bench.store.report([report])
        try await bench.store.report([report])
        let states = try await bench.store.accountStates(["main", "other"], countMax: 1_000)
        #expect(states.map(\.account) == ["main", "other"])
        #expect(states[0].waiting == 3 && states[0].due == 2)
        #expect(states[0].holds.map(\.kind) == [.fault])
        #expect(states[0].reports.map(\.report) == [report])
        #expect(states[1].waiting == 0 && states[1].holds.isEmpty && states[1].reports.isEmpty)
    }

    @Test func whatIsDueIsCountedBeforeWhatIsNot() async throws {
        let bench = try await Bench()
        // As after a campaign was put off: two hundred that are not due lie in the table before a hundred that are.
        try await bench.execute(
            """
            INSERT INTO usher.waiting (job_id, due_at, lane, topic_id, account)
            SELECT n, now() + CASE WHEN n > 200 THEN interval '0' ELSE interval '1 hour' END, 0, 1, 'main'
            FROM generate_series(1, 300) n;
            ANALYZE usher.waiting
            """
        )
        let some = try await bench.store.accountStates(["main"], countMax: 250)[0]
        #expect(some.waiting == 250 && some.isWaitingCut)
        #expect(some.due == 100 && !some.isDueCut)
        let few = try await bench.store.accountStates(["main"], countMax: 50)[0]
        #expect(few.waiting == 50 && few.isWaitingCut && few.due == 50 && few.isDueCut)
        let all = try await bench.store.accountStates(["main"], countMax: 301)[0]
        #expect(all.waiting == 300 && !all.isWaitingCut && all.due == 100 && !all.isDueCut)
    }

    @Test func aReportOfAWorkerThatTheDatabaseForgotIsNoFault() async throws {
        let bench = try await Bench()
        try await bench.store.heartbeat(lifetime: .seconds(15))
        // As after a failover that lost its registration; the next heartbeat registers it again.
        try await bench.execute("DELETE FROM usher.worker")
        try await bench.store.report([report("main")])
        #expect(try await bench.store.accountStates(["main"], countMax: 10)[0].reports.isEmpty)
        try await bench.store.heartbeat(lifetime: .seconds(15))
        try await bench.store.report([report("main")])
        #expect(try await bench.store.accountStates(["main"], countMax: 10)[0].reports.count == 1)
    }
}
