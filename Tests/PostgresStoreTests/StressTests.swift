import Cryptography
import SessionCore
import Synchronization
import Testing
import UsherTestKit

@testable import PostgresStore

/// Several stores work on the same orders while connections are cut, leases run out under their holders, outcomes are
/// written again, and workers forget what they had taken.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct StressTests {
    @Test(.timeLimit(.minutes(3))) func everyOrderEndsOnceWhateverHappens() async throws {
        let bench = try await Bench()
        let run = StressRun(bench)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for store in run.stores {
                group.addTask { try await run.dispatch(store) }
                group.addTask { try await run.relay(store) }
                group.addTask { try await run.upkeep(store) }
            }
            for partition in 0..<StressRun.partitions { group.addTask { try await run.intake(partition) } }
            group.addTask { try await run.cutConnections() }
            group.addTask { try await run.watch() }
            try await group.waitForAll()
        }
        try await run.check()
    }
}

/// One run: what the tasks share, and what each of them does until every order has ended.
private final class StressRun: Sendable {
    static let partitions: Int32 = 4
    static let ordersPerPartition = 250
    /// Long enough for most, so that most orders are opened by who claimed them.
    static let lease = Duration.milliseconds(400)
    /// For so long connections are cut and outcomes forgotten.
    static let trouble = Duration.seconds(8)

    let bench: Bench
    let stores: [PostgresStore]
    private let start = ContinuousClock.now
    /// The value of each result that anybody was given to publish.
    private let published = Mutex<[ResultID: [UInt8]]>([:])
    private let differing = Mutex<[ResultID]>([])
    private let isOver = Atomic(false)
    private let intakesLeft = Atomic(Int(StressRun.partitions))
    private let halfStored = Atomic(0)

    init(_ bench: Bench) {
        self.bench = bench
        stores = (1...3).map { bench.fixture.store(worker: "worker-\($0)") }
    }

    private var isTroubled: Bool { start.duration(to: .now) < Self.trouble }

    /// Runs a transaction until it happened, as a worker does.
    private func patiently<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        while true {
            do {
                return try await body()
            } catch let error as StoreError where error.passingReason != nil {
                try await pause(20)
            }
        }
    }

    private func pause(_ millisecondsMax: Int) async throws {
        try await Task.sleep(for: .microseconds(Int.random(in: 0...millisecondsMax * 1_000)))
    }

    private func anyStore() -> PostgresStore { stores[Int.random(in: 0..<stores.count)] }

    // MARK: What workers do

    /// Reads a partition in batches of any size, each by any store, some of them again. Every tenth record repeats an
    /// order of a neighbouring partition.
    func intake(_ partition: Int32) async throws {
        var next: Int64 = 0
        while next < Int64(Self.ordersPerPartition) {
            let end = min(Int64(Self.ordersPerPartition), next + Int64.random(in: 1...10))
            let jobs = (next..<end).map { offset in
                let owner = offset % 10 == 9 ? (partition + 1) % Self.partitions : partition
                return job(
                    "o-\(owner)-\(owner == partition ? offset : offset - 1)",
                    offset: offset,
                    partition: partition,
                    lane: offset % 3 == 0 ? .campaign : .interactive,
                    mayStart: Bool.random()
                )
            }
            let batch = IngestBatch(
                topic: "jobs",
                ranges: [PartitionRange(partition: partition, start: next, next: end)],
                jobs: jobs,
                quarantined: [],
                lease: Self.lease
            )
            for _ in 0..<(Int.random(in: 0..<8) == 0 ? 2 : 1) {
                try await ingest(batch)
            }
            next = end
            // Over most of the time in which connections are cut.
            try await pause(200)
        }
        intakesLeft.subtract(1, ordering: .relaxed)
    }

    /// What started of a batch is begun, and the batch taken again until all of it is stored, as a worker does: a
    /// connection may be cut between the two transactions that a batch takes.
    private func ingest(_ batch: IngestBatch) async throws {
        while true {
            let store = anyStore()
            let report = try await patiently { try await store.ingest(batch) }
            begin(report.started, store)
            guard let failure = report.failure else { return }
            guard failure.passingReason != nil else { throw failure }
            halfStored.add(1, ordering: .relaxed)
        }
    }

    func dispatch(_ store: PostgresStore) async throws {
        while !isOver.load(ordering: .relaxed) {
            let request = ClaimRequest(
                accounts: [AccountQuota(account: "main", limit: 40)],
                lanes: [LaneQuota(lane: .interactive, limit: 20), LaneQuota(lane: .campaign, limit: 20)],
                lease: Self.lease
            )
            let jobs = try await patiently { try await store.claim(request) }.jobs
            begin(jobs, store)
            try await pause(20)
        }
    }

    private func begin(_ jobs: [ClaimedJob], _ store: PostgresStore) {
        guard !jobs.isEmpty else { return }
        Task {
            do {
                try await self.work(on: jobs, store)
            } catch {
                Issue.record(error)
            }
        }
    }

    /// Calls, and settles in two parts that overtake each other; now and then too late, again, or never.
    private func work(on jobs: [ClaimedJob], _ store: PostgresStore) async throws {
        try await pause(isTroubled && Int.random(in: 0..<6) == 0 ? 900 : 60)
        let parts = Dictionary(grouping: jobs) { _ in Bool.random() }.values
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in parts { group.addTask { try await self.settle(part, store) } }
            try await group.waitForAll()
        }
    }

    private func settle(_ jobs: [ClaimedJob], _ store: PostgresStore) async throws {
        let remembered = jobs.filter { _ in !isTroubled || Int.random(in: 0..<20) != 0 }
        let settlements = remembered.map { outcome(of: $0) }
        for _ in 0..<(Int.random(in: 0..<5) == 0 ? 2 : 1) {
            try await pause(10)
            let report = try await patiently { try await store.settle(settlements) }
            try await publish(report.outbox, store)
        }
    }

    private func outcome(of job: ClaimedJob) -> Settlement {
        // Two outcomes of one order never say the same: had two of them been published, it would show.
        let value = "attempt under \(job.lease.epoch)"
        func end(_ state: JobState, _ outcome: ResultOutcome, _ kind: String) -> Settlement {
            Settlement(
                lease: job.lease,
                step: .finish(
                    state,
                    result: result(of: job, outcome, value: value),
                    expiresAt: state == .opened ? .farAway : nil
                ),
                attempt: AttemptRecord(kind: kind, outcome: state.name, code: "0", elapsed: .milliseconds(1))
            )
        }
        let chance = Int.random(in: 0..<100)
        switch job.purpose {
        case .open where chance < 60: return end(.opened, .opened, AttemptRecord.open)
        case .open where chance < 70: return end(.declined, .declined, AttemptRecord.open)
        case .open where chance < 80: return retried(job, after: .milliseconds(5))
        case .open where chance < 90:
            return Settlement(lease: job.lease, step: .verify(after: .milliseconds(5)), attempt: unknown(job))
        case .lookUp where chance < 50: return end(.failed, .failed, AttemptRecord.lookUp)
        case .lookUp where chance < 80:
            let attempt = AttemptRecord(kind: AttemptRecord.lookUp, outcome: "not_found", elapsed: .zero)
            return Settlement(lease: job.lease, step: .retry(after: .zero), attempt: attempt)
        case .open, .lookUp, .expire:
            return Settlement(lease: job.lease, step: .release(after: .milliseconds(5)), attempt: nil)
        }
    }

    private func publish(_ rows: [OutboxRow], _ store: PostgresStore) async throws {
        for result in rows.results {
            let known = published.withLock { published in
                defer { published[result.resultID] = published[result.resultID] ?? result.value }
                return published[result.resultID]
            }
            if let known, known != result.value { differing.withLock { $0.append(result.resultID) } }
        }
        try await pause(10)
        // A worker that dies here leaves its rows to the others.
        let ids = rows.map(\.outboxID).filter { _ in !isTroubled || Int.random(in: 0..<10) != 0 }
        try await patiently { try await store.acknowledge(ids) }
    }

    func relay(_ store: PostgresStore) async throws {
        while !isOver.load(ordering: .relaxed) {
            let rows = try await patiently { try await store.adoptOutbox(limit: 20, ofTheDead: true) }
            try await publish(rows, store)
            try await pause(60)
        }
    }

    /// Leases run out soon, and now and then a worker passes for dead while it works on.
    func upkeep(_ store: PostgresStore) async throws {
        while !isOver.load(ordering: .relaxed) {
            let lifetime: Duration = Int.random(in: 0..<5) == 0 ? .zero : .seconds(2)
            try await patiently { try await store.heartbeat(lifetime: lifetime) }
            _ = try await patiently { try await store.reap(limit: Int.random(in: 1...10)) }
            try await pause(80)
        }
        try await patiently { try await store.heartbeat(lifetime: .zero) }
    }

    // MARK: What befalls them

    func cutConnections() async throws {
        while isTroubled {
            _ = try await patiently {
                try await self.bench.value(
                    """
                    SELECT count(pg_terminate_backend(pid)) FROM (
                      SELECT pid FROM pg_stat_activity
                      WHERE datname = current_database() AND application_name = 'usher' ORDER BY random() LIMIT 1
                    ) a
                    """
                )
            }
            try await pause(40)
        }
    }

    /// At every moment a job that has not ended is in the queue or under a lease, and in one of them.
    static let astray = """
        SELECT string_agg(concat_ws(' ', j.order_id, j.state, j.lease_epoch, j.lease_until, q.rows), '; ')
        FROM usher.job j
        CROSS JOIN LATERAL (SELECT count(*) AS rows FROM usher.waiting w WHERE w.job_id = j.job_id) q
        CROSS JOIN LATERAL (
          SELECT count(*) AS rows FROM usher.lease l WHERE l.lease_epoch = j.lease_epoch AND j.job_id = ANY (l.job_ids)
        ) h
        WHERE NOT CASE
          WHEN j.state >= 10 THEN q.rows = 0 AND j.lease_until IS NULL
          WHEN j.lease_until IS NULL THEN q.rows = 1
          ELSE q.rows = 0 AND h.rows = 1 END
        """

    func watch() async throws {
        let deadline = start.advanced(by: .seconds(120))
        while ContinuousClock.now < deadline {
            let found = try await patiently { try await self.bench.value(Self.astray) }
            #expect(found == nil, "in no queue and under no lease, or in both")
            let open = try await bench.value("SELECT count(*) FROM usher.job WHERE state < 10")
            let waiting = try await bench.value("SELECT count(*) FROM usher.outbox")
            if intakesLeft.load(ordering: .relaxed) == 0, !isTroubled, open == "0", waiting == "0" { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        isOver.store(true, ordering: .relaxed)
    }

    // MARK: What must be true in the end

    func check() async throws {
        let records = Int(Self.partitions) * Self.ordersPerPartition
        let accounted = try await bench.value(
            "SELECT (SELECT count(*) FROM usher.job) + (SELECT count(*) FROM usher.duplicate)"
        )
        #expect(accounted == "\(records)", "each record is a job or a duplicate")
        #expect(try await bench.value("SELECT count(*) FROM usher.job WHERE state < 10") == "0")
        let positions = try await bench.value("SELECT min(next_offset) || ' ' || max(next_offset) FROM usher.position")
        #expect(positions == "\(Self.ordersPerPartition) \(Self.ordersPerPartition)")
        let unequal = try await bench.value(
            """
            SELECT count(*) FROM usher.job j FULL JOIN usher.result r USING (job_id)
            WHERE j.job_id IS NULL OR r.job_id IS NULL OR j.state <> r.outcome
            """
        )
        #expect(unequal == "0", "each order has the result of its state")
        let results = try await bench.value("SELECT count(*) FROM usher.result")
        #expect(published.withLock { "\($0.count)" } == results, "each result was given to be published")
        #expect(differing.withLock { $0 }.isEmpty, "one result with two values")
        #expect(try await bench.value("SELECT count(*) FROM usher.outbox") == "0")
        #expect(try await bench.value("SELECT count(*) FROM usher.waiting") == "0")
        let blind = try await bench.value(
            """
            SELECT count(*) FROM (
              SELECT kind, lag(outcome) OVER (PARTITION BY job_id ORDER BY lease_epoch) AS before
              FROM (
                SELECT job_id, kind, outcome, lease_epoch FROM usher.attempt
                UNION ALL SELECT job_id, 'open', 'opened', 9223372036854775807 FROM usher.result
                WHERE elapsed_ms IS NOT NULL
              ) calls
            ) a WHERE kind = 'open' AND before = 'unknown'
            """
        )
        #expect(blind == "0", "sent again after an unknown outcome without a look-up")
        let lost = try await bench.value("SELECT count(*) FROM usher.attempt WHERE code = 'worker_lost'")
        let deadlocks = try await bench.value(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        let halves = halfStored.load(ordering: .relaxed)
        print(
            "stress: \(results ?? "") orders, \(lost ?? "") lost calls, \(deadlocks ?? "") deadlocks,",
            "\(halves) batches stored by half"
        )
        #expect(lost != "0", "nothing went wrong: the test shows nothing")
        // What is left of leases are rows of which nothing is held: the reaper removes them.
        try await eventually("no lease is left") {
            for store in self.stores { _ = try await store.reap(limit: 1_000) }
            return try await self.bench.value("SELECT count(*) FROM usher.lease") == "0"
        }
    }
}
