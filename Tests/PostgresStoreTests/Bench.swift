import Cryptography
import SessionCore
import UsherTestKit

@testable import PostgresStore

/// A database of a test with a store on it, and what tests build jobs and outcomes from.
struct Bench: Sendable {
    let fixture: PostgresFixture
    let store: PostgresStore
    private let inspector: PostgresPool

    init(answers: any CollisionAnswers = FixedAnswers()) async throws {
        fixture = try await PostgresFixture.make()
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

    /// Ingests jobs of one account as a batch that begins at `start`.
    @discardableResult
    func ingest(
        _ jobs: [AcceptedJob],
        quarantined: [QuarantinedRecord] = [],
        start: Int64 = 0,
        next: Int64? = nil,
        topic: String = "jobs",
        into store: PostgresStore? = nil
    ) async throws -> IngestReport {
        let last = (jobs.map(\.offset) + quarantined.map(\.offset)).max() ?? start
        let batch = IngestBatch(
            topic: topic,
            partition: 0,
            start: start,
            next: next ?? last + 1,
            jobs: jobs,
            quarantined: quarantined
        )
        return try await (store ?? self.store).ingest(batch)
    }

    func claim(
        _ limit: Int = 100,
        lane: Lane = .interactive,
        accounts: [String] = ["main"],
        lease: Duration = .seconds(60),
        by store: PostgresStore? = nil
    ) async throws -> Claim {
        let request = ClaimRequest(accounts: accounts, quotas: [LaneQuota(lane: lane, limit: limit)], lease: lease)
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
    account: String = "main",
    content: String = "content",
    lane: Lane = .interactive,
    notBefore: Timestamp? = nil,
    notAfter: Timestamp = .farAway
) -> AcceptedJob {
    AcceptedJob(
        offset: offset,
        order: Order(account: account, orderID: orderID),
        lane: lane,
        campaign: lane == .campaign ? "spring" : nil,
        notBefore: notBefore,
        notAfter: notAfter,
        contentDigest: Hashes.sha256(Array(content.utf8)),
        body: Array("body of \(orderID): \(content)".utf8),
        traceparent: "00-trace-\(offset)"
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

func unknown(_ job: ClaimedJob) -> AttemptRecord {
    AttemptRecord(kind: "open", outcome: "unknown", code: "timeout", elapsed: .seconds(20))
}

extension Timestamp {
    /// 2100-01-01.
    static let farAway = Timestamp(seconds: 4_102_444_800)
}
