import Cryptography
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct ReadingTests {
    @Test func anOrderIsShownWithItsHistoryAndWhatComesNext() async throws {
        let bench = try await Bench()
        let claimed = try await bench.claimOne()
        let running = try #require(try await bench.store.show("o-1").first)
        guard case .leased(worker: "first", until: _) = running.next else {
            Issue.record("unexpected: \(running.next)")
            return
        }
        _ = try await bench.store.settle([
            Settlement(
                lease: claimed.lease,
                step: .retry(after: .seconds(60)),
                attempt: AttemptRecord(kind: "open", outcome: "retry", code: "333", message: "busy", elapsed: .zero)
            )
        ])
        try await bench.ingest([job("o-1", offset: 1), job("o-1", offset: 2, content: "other")], start: 1)
        let order = try #require(try await bench.store.show("o-1", account: "main").first)
        #expect(order.summary.state == .ready)
        #expect(order.attempts.map(\.record.code) == ["333"])
        #expect(order.attempts.first?.worker == "first")
        #expect(order.duplicates == 1)
        #expect(order.conflicts == 1)
        #expect(order.results.map(\.outcome) == [.conflict])
        #expect(order.results.map(\.isPending) == [true])
        #expect(order.source == RecordPosition(topic: "jobs", partition: 0, offset: 0))
        guard case .due(let at) = order.next else {
            Issue.record("unexpected: \(order.next)")
            return
        }
        #expect(at > order.now)
        try await bench.store.delay("main", .seconds(600), reason: "maintenance")
        let held = try #require(try await bench.store.show("o-1").first)
        guard case .held(until: _?, reason: "maintenance") = held.next else {
            Issue.record("unexpected: \(held.next)")
            return
        }
    }

    /// What makes it slow here is a lock that takes longer than a statement may.
    @Test func aQuestionThatTakesTooLongIsBrokenOffByAServerThatCanBeReached() async throws {
        let bench = try await Bench()
        var options = bench.fixture.options
        options.statementTimeout = .seconds(1)
        let store = PostgresStore(
            options: options,
            keys: bench.fixture.keys,
            answers: FixedAnswers(),
            worker: "hasty",
            version: "test",
            log: .silent
        )
        let holder = PostgresPool(options: bench.fixture.options, log: .silent)
        let lock = Script(name: "lock", text: "BEGIN; LOCK TABLE usher.job, usher.waiting IN ACCESS EXCLUSIVE MODE")
        try await holder.run { link in try link.run(lock) }
        func ending(_ question: () async throws -> Void) async -> StoreError? {
            do {
                try await question()
                return nil
            } catch {
                return error as? StoreError
            }
        }
        let endings = [
            await ending { _ = try await store.list(OrderFilter(), limit: 10) },
            await ending { _ = try await store.show("o-1", account: "main") },
            await ending { _ = try await store.accountStates(["main"], countMax: 10) },
        ]
        for ending in endings {
            guard case .refused("57014", _) = ending else {
                Issue.record("unexpected: \(String(describing: ending))")
                continue
            }
            #expect(ending?.passingReason != nil, "a worker waits for it to pass")
        }
        await holder.close()
        await store.close()
    }

    @Test func anOrderIdOfTwoAccountsIsShownTwiceUnlessOneIsNamed() async throws {
        let bench = try await Bench()
        try await bench.ingest([
            job("o-1", offset: 0, account: "b"), job("o-1", offset: 1, account: "a"),
            job("o-2", offset: 2, account: "c"),
        ])
        #expect(try await bench.store.show("o-1").map(\.summary.order.account) == ["a", "b"])
        #expect(try await bench.store.show("o-1", account: "b").map(\.summary.order.account) == ["b"])
        #expect(try await bench.store.show("o-9").isEmpty)
    }

    @Test func theNewestThousandOfEachAreShownInTheirOrder() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        let few = try #require(try await bench.store.show("o-1").first)
        #expect(!few.hasOlderAttempts && !few.hasOlderResults && !few.hasOlderEvents)
        try await bench.execute(
            """
            INSERT INTO usher.attempt (job_id, lease_epoch, generation, number, elapsed_ms, ended_at, kind, outcome)
            SELECT job_id, n, 1, n, 5, now(), 'open', 'retry' FROM usher.job, generate_series(1, 1003) n;
            INSERT INTO usher.answer (
              result_id, job_id, generation, outcome, order_id, key_id, sealed, created_at
            )
            SELECT gen_random_uuid(), job_id, n, 22, order_id, 'k1', 'x', now() + n * interval '1 millisecond'
            FROM usher.job, generate_series(1, 1003) n;
            INSERT INTO usher.transaction_event (
              event_id, job_id, told_at, generation, kind, order_id, status, signature_sha256, value_sha256, key_id
            )
            SELECT gen_random_uuid(), job_id, now(), 1, 2, order_id, n, content_digest, content_digest, 'k1'
            FROM usher.job, generate_series(1, 1003) n
            """
        )
        let order = try #require(try await bench.store.show("o-1").first)
        let newest = Array(4...1_003)
        #expect(order.attempts.map(\.number) == newest && order.hasOlderAttempts)
        #expect(order.results.map { Int($0.generation) } == newest && order.hasOlderResults)
        #expect(order.events.compactMap { Int($0.status) } == newest && order.hasOlderEvents)
    }

    @Test func aListCountsFirstAndThenPages() async throws {
        let bench = try await Bench()
        try await bench.ingest(
            (0..<25).map { job("o-\($0)", offset: $0, lane: $0 % 5 == 0 ? .campaign : .interactive) }
        )
        _ = try await bench.claim(3)
        var page = try await bench.store.list(OrderFilter(), limit: 10)
        #expect(page.counts == [.ready: 22, .sending: 3])
        var seen = page.orders.map(\.order.orderID)
        while let cursor = page.cursor {
            page = try await bench.store.list(OrderFilter(), after: cursor, limit: 10)
            #expect(page.counts.isEmpty)
            seen += page.orders.map(\.order.orderID)
        }
        #expect(Set(seen).count == 25)
    }

    @Test(arguments: [
        (0, 2), (1, 3), (2, 1), (3, 0), (4, 6), (5, 0), (6, 3),
    ])
    func aFilterNarrowsTheList(number: Int, count: Int) async throws {
        let bench = try await Bench()
        try await bench.ingest(
            (0..<3).map { job("i-\($0)", offset: $0) } + (3..<6).map { job("c-\($0)", offset: $0, lane: .campaign) }
        )
        let jobs = try await bench.claim(2).jobs
        _ = try await bench.store.settle([
            opened(jobs[0]), Settlement(lease: jobs[1].lease, step: .park, attempt: unknown(jobs[1])),
        ])
        var filter = OrderFilter()
        switch number {
        case 0: filter.states = [.opened, .verify]
        case 1: filter.campaign = "spring"
        case 2: filter.code = "timeout"
        case 3: filter.account = "other"
        case 4: filter.since = Timestamp(seconds: 0)
        case 5: filter.until = Timestamp(seconds: 0)
        case _: filter.lane = .campaign
        }
        let page = try await bench.store.list(filter, limit: 100)
        #expect(page.orders.count == count)
        #expect(page.counts.values.reduce(0, +) == count)
    }

    @Test func aRevealOpensTheStoredValue() async throws {
        let bench = try await Bench()
        let claimed = try await bench.claimOne()
        _ = try await bench.store.settle([opened(claimed)])
        let revealed = try await bench.store.reveal(claimed.order)
        #expect(revealed.map(\.value) == [result(of: claimed, .opened).value])
        // A seal that belongs to another row does not open.
        try await bench.execute("UPDATE usher.result SET result_id = gen_random_uuid()")
        await #expect(throws: StoreError.self) { try await bench.store.reveal(claimed.order) }
    }

    @Test func aRevealIsOfOneAccountsOrder() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0), job("o-1", offset: 1, account: "other")])
        let jobs = try await bench.claim(accounts: ["main", "other"]).jobs
        let settled = jobs.map { job -> Settlement in
            var settlement = opened(job)
            let value = "https://secret.example/\(job.order.account)"
            settlement.step = .finish(.opened, result: result(of: job, .opened, value: value), expiresAt: .farAway)
            return settlement
        }
        _ = try await bench.store.settle(settled)
        let revealed = try await bench.store.reveal(Order(account: "other", orderID: "o-1"))
        #expect(revealed.map(\.value) == [Array("https://secret.example/other".utf8)])
    }

    @Test func whoIsAboutToSeeLinksIsInTheAudit() async throws {
        let bench = try await Bench()
        let act = OperatorAct(actor: "ann@desk", reason: "mail was lost")
        let asked = "topic results, all there is"
        try await bench.store.noteReveal(by: "results", of: "o-1", asked: asked, act: act)
        let audit = "SELECT concat_ws('|', actor, action, subject, reason, before, after) FROM usher.audit"
        #expect(
            try await bench.value(audit) == "ann@desk|results reveal|o-1|mail was lost|topic results, all there is"
        )
        try await bench.execute(
            """
            CREATE FUNCTION usher.no_audit() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'the audit is full' USING ERRCODE = '53100'; END $$;
            CREATE TRIGGER no_room BEFORE INSERT ON usher.audit FOR EACH ROW EXECUTE FUNCTION usher.no_audit()
            """
        )
        await #expect(throws: StoreError.notNow("the audit is full (53100)")) {
            try await bench.store.noteReveal(by: "results", of: "o-1", asked: asked, act: act)
        }
    }

    @Test func theQuarantineIsListedInPages() async throws {
        let bench = try await Bench()
        let records = (0..<12).map { offset in
            QuarantinedRecord(
                partition: 0,
                offset: offset,
                reason: offset % 2 == 0 ? "size" : "utf8",
                field: nil,
                detail: "d",
                rawSHA256: Hashes.sha256([])
            )
        }
        try await bench.ingest([], quarantined: records)
        let first = try await bench.store.quarantine(limit: 7)
        #expect(first.counts == ["size": 6, "utf8": 6])
        let second = try await bench.store.quarantine(after: first.entries.last?.place, limit: 7)
        let offsets = (first.entries + second.entries).map(\.record.offset)
        #expect(Set(offsets).count == 12)
        var filter = QuarantineFilter()
        filter.reason = "utf8"
        #expect(try await bench.store.quarantine(filter, limit: 20).entries.count == 6)
    }

    @Test func theStatusOfAHealthyServerHasNoProblems() async throws {
        let bench = try await Bench()
        let status = try await bench.store.status()
        #expect(status.version >= 140_000)
        #expect(status.settings["fsync"] == "on")
        #expect(status.settings["synchronous_commit"] == "on")
        #expect(status.problems.isEmpty)
    }

    @Test func theStatusNamesWhatIsWrong() async throws {
        let bench = try await Bench()
        var status = try await bench.store.status()
        status.settings["fsync"] = "off"
        status.missingRights = ["job UPDATE"]
        status.isStandby = true
        status.schema = .behind(from: 0, to: 1)
        #expect(status.problems.count == 4)
    }

    @Test func aUserWithoutRightsIsToldWhichItLacks() async throws {
        let bench = try await Bench()
        try await bench.execute(
            """
            CREATE ROLE reader LOGIN;
            GRANT USAGE ON SCHEMA usher TO reader;
            GRANT SELECT ON ALL TABLES IN SCHEMA usher TO reader
            """
        )
        var options = bench.fixture.options
        options.connection += " user=reader"
        let store = PostgresStore(
            options: options,
            keys: bench.fixture.keys,
            answers: FixedAnswers(),
            worker: "reader",
            version: "test",
            log: .silent
        )
        let status = try await store.status()
        #expect(status.missingRights.contains("job UPDATE"))
        #expect(!status.missingRights.contains("job SELECT"))
        #expect(!status.missingRights.contains("audit DELETE"))
        await #expect(throws: StoreError.self) { try await store.heartbeat(lifetime: .seconds(1)) }
    }
}
