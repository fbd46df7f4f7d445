import Cryptography
import Glibc
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// What a method does when the server dies under it. Each test has a server of its own.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct FailureTests {
    /// Postgres ends all sessions and recovers when a backend is killed; the settlement waits behind a row lock then.
    @Test func aSettlementWhoseBackendIsKilledRunsAgain() async throws {
        let own = try await OwnServer()
        let claimed = try await own.claimOne()
        let settled = try await own.holdJobs {
            let settled = Task { try await own.store.settle([opened(claimed)]) }
            try await eventually("the settlement waits for the row") { try await own.waitingBackend() != nil }
            let backend = try #require(try await own.waitingBackend())
            kill(backend, SIGKILL)
            return settled
        }
        let report: SettleReport
        do {
            report = try await settled.value
        } catch StoreError.unavailable {
            // The server was still recovering: the caller runs it again.
            report = try await own.retrying { try await own.store.settle([opened(claimed)]) }
        }
        #expect(report.outbox.count == 1)
        #expect(try await own.value("SELECT concat_ws(' ', count(*), max(state)) FROM usher.job") == "1 10")
        #expect(try await own.value("SELECT count(*) FROM usher.result") == "1")
        await own.server.stop()
    }

    @Test func anIdleConnectionThatTheServerClosedIsReplaced() async throws {
        let own = try await OwnServer()
        try await own.store.heartbeat(lifetime: .seconds(60))
        _ = try await own.value(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'usher'"
        )
        let claimed = try await own.claimOne()
        #expect(claimed.purpose == .open)
        await own.server.stop()
    }

    @Test func aServerThatIsGoneIsUnavailable() async throws {
        let own = try await OwnServer()
        try await own.store.heartbeat(lifetime: .seconds(60))
        await own.server.stop()
        for _ in 0..<2 {
            let error = await own.error { try await own.store.heartbeat(lifetime: .seconds(60)) }
            guard case .unavailable = error else {
                Issue.record("unexpected: \(String(describing: error))")
                return
            }
        }
    }

    /// A server that does not answer, without closing anything: SIGSTOP.
    @Test func aConnectionThatHangsIsGivenUpAndReplaced() async throws {
        let own = try await OwnServer(patience: .seconds(1))
        try await own.store.heartbeat(lifetime: .seconds(60))
        let backends = try await own.backends()
        for backend in backends { kill(backend, SIGSTOP) }
        let error = await own.error {
            for _ in backends { try await own.store.acknowledge([Int64(1)]) }
        }
        for backend in backends { kill(backend, SIGCONT) }
        #expect(error == nil, "a new connection answers")
        await own.server.stop()
    }

    /// The session has committed here but not on the standby: its settlement must not count as done.
    @Test func aCancelledWaitForTheStandbyIsNoCommit() async throws {
        let own = try await OwnServer()
        let claimed = try await own.claimOne()
        try await own.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        _ = try await own.value("SELECT pg_reload_conf()")
        // Commits begin to wait when the server's checkpointer has read the setting: somebody else's shows when.
        let other = Task { try await own.writeUntilItWaits() }
        try await eventually("commits wait") { try await own.waitsForStandby("holder") }
        let settled = Task { try await own.store.settle([opened(claimed)]) }
        try await eventually("the commit waits for the standby") { try await own.waitsForStandby("usher") }
        let waiting = """
            SELECT string_agg(pid::text, ' ') FROM pg_stat_activity
            WHERE wait_event = 'SyncRep' AND application_name = 'usher'
            """
        let cancelled = try #require(try await own.value(waiting))
        #expect(try await own.value("SELECT pg_cancel_backend(\(cancelled))") == "true")
        try await eventually("the transaction is confirmed by another write, which waits too") {
            let pids = try await own.value(waiting)
            return pids != nil && pids != cancelled
        }
        try await own.execute("ALTER SYSTEM RESET synchronous_standby_names")
        _ = try await own.value("SELECT pg_reload_conf()")
        #expect(try await settled.value.outbox.count == 1)
        #expect(try await own.value("SELECT count(*) FROM usher.result") == "1")
        try await other.value
        await own.server.stop()
    }

    /// It was stored by a commit that may not be on the standby: the provider must not hear before it is there.
    @Test func aRepeatedNotificationIsKnownOnceTheStandbyHasIt() async throws {
        let own = try await OwnServer()
        let events = [notification(of: "o-1")]
        @Sendable func record() async throws -> [EventFate] {
            try await own.store.record(events, freshness: .seconds(60), lease: .seconds(60))
        }
        #expect(try await record().count == 1)
        try await own.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        _ = try await own.value("SELECT pg_reload_conf()")
        let other = Task { try await own.writeUntilItWaits() }
        try await eventually("commits wait") { try await own.waitsForStandby("holder") }
        let repeated = Task { try await record() }
        try await eventually("its commit waits for the standby") { try await own.waitsForStandby("usher") }
        try await own.execute("ALTER SYSTEM RESET synchronous_standby_names")
        _ = try await own.value("SELECT pg_reload_conf()")
        #expect(try await repeated.value == [.repeated(isSame: true)])
        try await other.value
        await own.server.stop()
    }

    private func notification(of orderID: String) -> NewEvent {
        let digest = Hashes.sha256(Array(orderID.utf8))
        let time = Timestamp(seconds: 1_700_000_000)
        var event = TransactionEvent(
            eventID: ResultID(bytes: Array(digest.prefix(16))),
            order: Order(account: "main", orderID: orderID),
            generation: 1,
            toldAt: time,
            receivedAt: time
        )
        event.transaction = TransactionEvent.Transaction(tid: 7, status: "approved")
        return NewEvent(jobID: 1, event: event, value: Array("{}".utf8), signatureDigest: digest)
    }

    /// What a person did was committed and its answer lost: done again, a release would say that nothing held the
    /// account, a hold would be noted twice, and a rule would be said to have been set before.
    @Test(arguments: ["hold", "release", "errors set"])
    func anOperatorsActWhoseAnswerWasLostIsNotDoneAgain(_ verb: String) async throws {
        let own = try await OwnServer()
        let act = OperatorAct(actor: "ann@desk", reason: "audit")
        if verb == "release" { try await own.store.placeHold(account: "main", act: act) }
        let error = try await own.loseAnswer {
            switch verb {
            case "hold": _ = try await own.store.placeHold(account: "main", act: act)
            case "release": _ = try await own.store.releaseHolds(account: "main", act: act)
            default:
                let rule = ErrorRuleRow(
                    ruleID: "set-417",
                    statusKind: "exactly",
                    status: 417,
                    errorClass: "declined",
                    message: "The limit is reached."
                )
                _ = try await own.store.setErrorOverride(rule, account: "main", act: act)
            }
        }
        #expect(error == .unavailable("the connection was lost"))
        let actions = "SELECT string_agg(action, ', ' ORDER BY audit_id) FROM usher.audit"
        let noted = [
            "hold": "account hold", "release": "account hold, account release", "errors set": "error_rule_set",
        ]
        #expect(try await own.value(actions) == noted[verb])
        await own.server.stop()
    }

    /// The audit is to have each reveal: one that is noted twice is better than one that may not be noted.
    @Test func aRevealWhoseAnswerWasLostIsNotedAgain() async throws {
        let own = try await OwnServer()
        let act = OperatorAct(actor: "ann@desk", reason: "mail was lost")
        let error = try await own.loseAnswer {
            try await own.store.noteReveal(by: "results", of: "o-1", asked: "all there is", act: act)
        }
        #expect(error == nil)
        let actions = "SELECT string_agg(action, ', ') FROM usher.audit"
        #expect(try await own.value(actions) == "results reveal, results reveal")
        await own.server.stop()
    }

    /// The database may have been away for long then: outcomes that waited for it go first.
    @Test func aReapThatWasCutOffIsNotRunAgain() async throws {
        let own = try await OwnServer()
        _ = try await own.claimOne(lease: .zero)
        let error = try await own.loseAnswer { _ = try await own.store.reap(limit: 10) }
        #expect(error == .unavailable("the connection was lost"))
        await own.server.stop()
    }

    /// It would take other jobs: those that it took wait for nobody but the reaper.
    @Test func aClaimWhoseAnswerWasLostIsNotMadeAgain() async throws {
        let own = try await OwnServer()
        try await own.ingest(2)
        let error = try await own.loseAnswer { _ = try await own.claim(1) }
        #expect(error == .unavailable("the connection was lost"))
        #expect(try await own.value("SELECT count(*) FROM usher.job WHERE state = 1") == "1")
        await own.server.stop()
    }

    /// While commits hang, each claim would take the next jobs, hang with them, and leave a session behind.
    @Test func afterAClaimInDoubtNoneIsMadeBeforeACommitGetsThrough() async throws {
        let own = try await OwnServer()
        try await own.ingest(2)
        _ = try await own.loseAnswer { _ = try await own.claim(1) }
        // As by a commit of this worker that hangs.
        let claimed = try await own.holding("SELECT FROM usher.worker FOR UPDATE") {
            let claimed = Task { try await own.claim(1) }
            try await eventually("the claim waits behind it") { try await own.waitingBackend() != nil }
            return claimed
        }
        #expect(try await claimed.value.jobs.count == 1)
        #expect(try await own.value("SELECT count(*) FROM usher.job WHERE state = 1") == "2")
        await own.server.stop()
    }

    /// The claim is committed by then: its jobs must not wait for the reaper.
    @Test func whatWasClaimedIsHandedOnThoughNobodyKnowsWhatIsDueNext() async throws {
        let own = try await OwnServer()
        try await own.ingest(2)
        let (claimed, queue, locked) = try await own.holding("SELECT FROM usher.job FOR UPDATE") {
            let claimed = Task { try await own.claim(2) }
            try await eventually("the claim waits for its rows") { try await own.waitingBackend() != nil }
            let queue = own.pool("queue")
            let lock = Script(name: "lock", text: "BEGIN; LOCK TABLE usher.waiting IN ACCESS EXCLUSIVE MODE")
            let locked = Task { try await queue.run { link in try link.run(lock) } }
            try await eventually("the queue's lock comes next") { try await own.waitingBackend("queue") != nil }
            return (claimed, queue, locked)
        }
        // Since then the claim is committed.
        try await locked.value
        try await eventually("the question waits") { try await own.waitingBackend() != nil }
        let backend = try #require(try await own.waitingBackend())
        #expect(try await own.value("SELECT pg_terminate_backend(\(backend))") == "true")
        let claim = try await claimed.value
        #expect(claim.jobs.count == 2)
        #expect(claim.nextDue == claim.now, "it is asked again at once")
        await queue.close()
        await own.server.stop()
    }

    /// The answer to an adoption was lost: its rows may belong to this worker without its knowing them.
    @Test func anAdoptionInDoubtIsTakenUpUnderAnotherNumber() async throws {
        let own = try await OwnServer()
        _ = try await own.store.settle([opened(own.claimOne())])
        try await own.store.heartbeat(lifetime: .zero)
        let error = try await own.holdJobs(locking: "outbox") {
            let adopted = Task { await own.error { _ = try await own.store.adoptOutbox(limit: 10, ofTheDead: true) } }
            try await eventually("the adoption waits") { try await own.waitingBackend() != nil }
            let backend = try #require(try await own.waitingBackend())
            #expect(try await own.value("SELECT pg_terminate_backend(\(backend))") == "true")
            return await adopted.value
        }
        guard case .unavailable = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(try await own.store.adoptOutbox(limit: 10, ofTheDead: true).count == 1)
        #expect(try await own.value("SELECT count(*) FROM usher.worker") == "2")
        await own.server.stop()
    }

    /// A number that is given up was in doubt: while commits hang, each new one would hang, too.
    @Test func anotherNumberIsTakenOnceACommitGetsThrough() async throws {
        let own = try await OwnServer()
        try await own.store.heartbeat(lifetime: .seconds(60))
        let number = try #require(own.store.identity.id)
        own.store.identity.forget(number)
        // As by a commit of this worker that hangs.
        let renewed = try await own.holding("SELECT FROM usher.worker FOR UPDATE") {
            let renewed = Task { try await own.store.heartbeat(lifetime: .seconds(60)) }
            try await eventually("it waits behind it") { try await own.waitingBackend() != nil }
            return renewed
        }
        try await renewed.value
        #expect(try await own.value("SELECT count(*) FROM usher.worker") == "2")
        await own.server.stop()
    }

    /// The worker gave up on a settlement that had been committed: nobody knows the outbox row's number any more.
    @Test func theOutboxRowOfASettlementInDoubtIsAdoptedByItsOwner() async throws {
        let bench = try await Bench()
        let claimed = try await bench.claimOne()
        let settled = try await bench.store.settle([opened(claimed)])
        bench.store.doubts.withLock { $0.add([claimed.lease.jobID], at: .now) }
        #expect(try await bench.store.adoptOutbox(limit: 10, ofTheDead: true) == settled.outbox)
        #expect(try await bench.store.adoptOutbox(limit: 10, ofTheDead: true).isEmpty)
    }
}

/// A store on a server of its own, and a connection beside it.
private struct OwnServer: Sendable {
    let server: ThrowAwayPostgres
    let store: PostgresStore
    private let options: PostgresOptions
    private let inspector: PostgresPool
    private let holder: PostgresPool

    init(patience: Duration = .seconds(25)) async throws {
        server = try await ThrowAwayPostgres.start()
        var options = PostgresOptions(connection: server.connection())
        options.answerMargin = patience - options.statementTimeout
        options.connectionsMax = 2
        store = PostgresStore(
            options: options,
            keys: try KeyRing(keyFile: KeyRing.newKeyFile(id: "k1")),
            answers: FixedAnswers(),
            worker: "own",
            version: "test",
            log: .silent
        )
        try await store.migrate()
        options.connectionsMax = 1
        self.options = options
        options.applicationName = "inspector"
        inspector = PostgresPool(options: options, log: .silent)
        options.applicationName = "holder"
        holder = PostgresPool(options: options, log: .silent)
    }

    /// Another connection.
    func pool(_ application: String) -> PostgresPool {
        var options = self.options
        options.applicationName = application
        return PostgresPool(options: options, log: .silent)
    }

    func value(_ sql: String) async throws -> String? {
        let statement = Statement(name: "test \(sql.hashValue)", text: "SELECT (\(sql))::text")
        return try await retrying {
            try await inspector.run { link in
                try link.run(statement).first { row in try row.nextIfAny(String.self) } ?? nil
            }
        }
    }

    func execute(_ sql: String) async throws {
        let script = Script(name: "test", text: sql)
        try await inspector.run { link in try link.run(script) }
    }

    func claimOne(lease: Duration = .seconds(60)) async throws -> ClaimedJob {
        try await ingest(1)
        return try #require(try await claim(1, lease: lease).jobs.first)
    }

    /// Stores so many jobs, which wait.
    func ingest(_ count: Int64) async throws {
        let batch = IngestBatch(
            topic: "jobs",
            ranges: [PartitionRange(partition: 0, start: 0, next: count)],
            jobs: (0..<count).map { job("o-\($0 + 1)", offset: $0) },
            quarantined: [],
            lease: .seconds(60)
        )
        _ = try await store.ingest(batch)
    }

    func claim(_ limit: Int, lease: Duration = .seconds(60)) async throws -> Claim {
        let request = ClaimRequest(
            accounts: [AccountQuota(account: "main", limit: limit)],
            lanes: [LaneQuota(lane: .interactive, limit: limit)],
            lease: lease
        )
        return try await store.claim(request)
    }

    /// Runs `body` while another session locks a table.
    func holdJobs<Value: Sendable>(
        locking table: String = "job",
        _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        try await holding("LOCK TABLE usher.\(table) IN ACCESS EXCLUSIVE MODE", body)
    }

    /// Runs `body` while another session holds what `statement` locks.
    func holding<Value: Sendable>(
        _ statement: String,
        _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        let hold = Script(name: "hold", text: "BEGIN; \(statement)")
        try await holder.run { link in try link.run(hold) }
        let value = try await body()
        await holder.close()
        return value
    }

    /// Commits until a commit has to wait, and until that wait is over.
    func writeUntilItWaits() async throws {
        let write = Script(name: "write", text: "UPDATE usher.wipe_mark SET bodies = bodies")
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let start = ContinuousClock.now
            try await holder.run { link in try link.run(write) }
            if start.duration(to: .now) > .seconds(1) { return }
        }
    }

    /// Runs `body`, whose transaction is committed and whose answer is lost. Returns the error that it ends with.
    func loseAnswer(_ body: @escaping @Sendable () async throws -> Void) async throws -> StoreError? {
        try await execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        _ = try await value("SELECT pg_reload_conf()")
        let other = Task { try await writeUntilItWaits() }
        try await eventually("commits wait") { try await waitsForStandby("holder") }
        let done = Task { await error(body) }
        try await eventually("its commit waits for the standby") { try await waitsForStandby("usher") }
        let end = """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE wait_event = 'SyncRep' AND application_name = 'usher'
            """
        #expect(try await value(end) == "1")
        try await execute("ALTER SYSTEM RESET synchronous_standby_names")
        _ = try await value("SELECT pg_reload_conf()")
        let failure = await done.value
        try await other.value
        return failure
    }

    func waitsForStandby(_ application: String) async throws -> Bool {
        let count = try await value(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE wait_event = 'SyncRep' AND application_name = '\(application)'
              AND clock_timestamp() > query_start + interval '200 milliseconds'
            """
        )
        return count == "1"
    }

    func waitingBackend(_ application: String = "usher") async throws -> Int32? {
        try await value(
            """
            SELECT pid FROM pg_stat_activity
            WHERE application_name = '\(application)' AND wait_event_type = 'Lock' LIMIT 1
            """
        ).flatMap { Int32($0) }
    }

    func backends() async throws -> [Int32] {
        let list = try await value(
            "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE application_name = 'usher'"
        )
        return (list ?? "").split(separator: " ").compactMap { Int32($0) }
    }

    func error(_ body: () async throws -> Void) async -> StoreError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? StoreError
        }
    }

    /// Runs `body` until the server is available, for at most 20 seconds.
    func retrying<Value>(_ body: () async throws -> Value) async throws -> Value {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do {
                return try await body()
            } catch StoreError.unavailable where ContinuousClock.now < deadline {
                continue
            }
        }
    }
}
