import Cryptography
import SessionCore
import UsherTestKit

@testable import PostgresStore

/// A database of a test with a store on it, and what tests build jobs and outcomes from.
struct Bench: Sendable {
    let fixture: PostgresFixture
    let store: PostgresStore
    private let inspector: PostgresPool

    init(answers: any CollisionAnswers = FixedAnswers(), isEmpty: Bool = false) async throws {
        fixture = try await isEmpty ? PostgresFixture.makeEmpty() : PostgresFixture.make()
        store = fixture.store(worker: "first", answers: answers)
        var options = fixture.options
        options.connectionsMax = 1
        options.applicationName = "inspector"
        inspector = PostgresPool(options: options, log: .silent)
    }

    /// The one value of a query, as text.
    func value(_ sql: String) async throws -> String? {
        let statement = Statement(name: "test \(sql.hashValue)", text: "SELECT (\(sql))::text")
        return try await inspector.run { link in
            try link.run(statement).first { row in try row.nextIfAny(String.self) } ?? nil
        }
    }

    func execute(_ sql: String) async throws {
        let script = Script(name: "test", text: sql)
        try await inspector.run { link in try link.run(script) }
    }

    func run<Value: Sendable>(_ body: @Sendable (PostgresLink) throws -> Value) async throws -> Value {
        try await inspector.run(body)
    }

    /// Ingests records of partition 0 as a batch that begins at `start`.
    @discardableResult
    func ingest(
        _ jobs: [AcceptedJob],
        quarantined: [QuarantinedRecord] = [],
        start: Int64 = 0,
        next: Int64? = nil,
        topic: String = "jobs",
        lease: Duration = .seconds(60),
        into store: PostgresStore? = nil
    ) async throws -> IngestReport {
        let last = (jobs.map(\.offset) + quarantined.map(\.offset)).max() ?? start
        let batch = IngestBatch(
            topic: topic,
            ranges: [PartitionRange(partition: 0, start: start, next: next ?? last + 1)],
            jobs: jobs,
            quarantined: quarantined,
            lease: lease
        )
        return try await (store ?? self.store).ingest(batch)
    }

    /// Ingests jobs of several partitions.
    @discardableResult
    func ingest(ranges: [PartitionRange], _ jobs: [AcceptedJob]) async throws -> IngestReport {
        try await store.ingest(
            IngestBatch(topic: "jobs", ranges: ranges, jobs: jobs, quarantined: [], lease: .seconds(60))
        )
    }

    func claim(
        _ limit: Int = 100,
        lane: Lane = .interactive,
        accounts: [String] = ["main"],
        lease: Duration = .seconds(60),
        by store: PostgresStore? = nil
    ) async throws -> Claim {
        let request = ClaimRequest(
            accounts: accounts.map { AccountQuota(account: $0, limit: limit) },
            lanes: [LaneQuota(lane: lane, limit: limit)],
            lease: lease
        )
        return try await (store ?? self.store).claim(request)
    }

    /// Ingests and claims one job.
    func claimOne(_ orderID: String = "o-1", offset: Int64 = 0, start: Int64 = 0) async throws -> ClaimedJob {
        try await ingest([job(orderID, offset: offset)], start: start)
        let claim = try await claim()
        guard let claimed = claim.jobs.first(where: { $0.order.orderID == orderID }) else { throw NotClaimed() }
        return claimed
    }

    struct NotClaimed: Error {}
}

func job(
    _ orderID: String,
    offset: Int64,
    partition: Int32 = 0,
    account: String = "main",
    content: String = "content",
    lane: Lane = .interactive,
    notBefore: Timestamp? = nil,
    notAfter: Timestamp = .farAway,
    mayStart: Bool = false,
    body: [UInt8]? = nil
) -> AcceptedJob {
    let order = Order(account: account, orderID: orderID)
    var job = AcceptedJob(
        partition: partition,
        offset: offset,
        order: order,
        lane: lane,
        campaign: lane == .campaign ? "spring" : nil,
        notBefore: notBefore,
        notAfter: notAfter,
        contentDigest: Hashes.sha256(Array(content.utf8)),
        body: body ?? Array("body of \(orderID): \(content)".utf8),
        traceparent: "00-trace-\(offset)"
    )
    job.mayStart = mayStart
    return job
}

func request(of order: Order) -> SessionRequest {
    SessionRequest(
        orderID: order.orderID,
        agentName: "Ada",
        intent: .payment,
        currency: "EUR",
        cid: "c-1",
        locale: "en-GB",
        notificationURL: "https://crm.example.test/n",
        returnURL: "https://crm.example.test/r"
    )
}

func result(of job: ClaimedJob, _ outcome: ResultOutcome, value: String = "https://secret.example/token")
    -> EncodedResult
{
    EncodedResult(
        resultID: ResultIdentity(sha256: Hashes.sha256).result(of: job.order, generation: job.generation),
        orderID: job.order.orderID,
        generation: job.generation,
        outcome: outcome,
        value: Array(value.utf8)
    )
}

func opened(_ job: ClaimedJob, expiresAt: Timestamp = .farAway) -> Settlement {
    Settlement(
        lease: job.lease,
        step: .finish(.opened, result: result(of: job, .opened), expiresAt: expiresAt),
        attempt: AttemptRecord(kind: "open", outcome: "opened", code: "0", httpStatus: 200, elapsed: .milliseconds(120))
    )
}

/// The settlement of a job that is sent again after `pause`.
func retried(_ job: ClaimedJob, after pause: Duration = .zero) -> Settlement {
    Settlement(
        lease: job.lease,
        step: .retry(after: pause),
        attempt: AttemptRecord(kind: "open", outcome: "retry", code: "333", message: "busy", elapsed: .zero)
    )
}

func ended(_ job: ClaimedJob, _ state: JobState, _ outcome: ResultOutcome) -> Settlement {
    Settlement(
        lease: job.lease,
        step: .finish(state, result: result(of: job, outcome), expiresAt: nil),
        attempt: AttemptRecord(kind: "open", outcome: state.name, code: "1", elapsed: .zero)
    )
}

func unknown(_ job: ClaimedJob) -> AttemptRecord {
    AttemptRecord(kind: "open", outcome: "unknown", code: "timeout", elapsed: .seconds(20))
}

/// What a worker tells of an account that is well.
func report(_ account: String) -> AccountReport {
    AccountReport(
        account: account,
        inFlight: 0,
        concurrency: 16,
        concurrencyMax: 100,
        breaker: "closed",
        clockDifference: nil,
        clockAdjustment: .zero,
        lookUpRefusedAt: nil
    )
}

extension OutboxRow {
    var results: [EncodedResult] { entries.map(\.result) }
}

extension [OutboxRow] {
    var results: [EncodedResult] { flatMap(\.results) }
    var entries: [OutboxEntry] { flatMap(\.entries) }
}

extension Timestamp {
    /// 2100-01-01.
    static let farAway = Timestamp(seconds: 4_102_444_800)
}

extension PostgresStore {
    func delay(_ account: String, _ lasts: Duration, reason: String) async throws {
        let cause = HoldCause(kind: .delay, lasts: lasts, code: "429", reason: reason)
        try await hold(account: account, cause, trialAfter: .seconds(30))
    }
}
