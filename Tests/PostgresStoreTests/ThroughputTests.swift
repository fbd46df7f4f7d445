import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct ThroughputTests {
    /// Prints what a batch of 1,000 costs; the machine is not the test's, so only the counts are checked.
    @Test func aThousandJobsAtATimeGoThrough() async throws {
        let bench = try await Bench()
        let size: Int64 = 1_000
        let batches: Int64 = 5
        var spent: [String: Duration] = [:]
        func measure<Value>(_ step: String, _ body: () async throws -> Value) async throws -> Value {
            let start = ContinuousClock.now
            let value = try await body()
            spent[step, default: .zero] += start.duration(to: .now)
            return value
        }
        for batch in 0..<batches {
            let start = batch * size
            let jobs = (start..<start + size).map { offset in
                job("order-\(offset)", offset: offset, body: Array(repeating: 0x61, count: 900))
            }
            let report = try await measure("ingest") { try await bench.ingest(jobs, start: start) }
            #expect(report.accepted == Int(size))
            let claim = try await measure("claim") { try await bench.claim(Int(size)) }
            #expect(claim.jobs.count == Int(size))
            let value = String(repeating: "u", count: 600)
            let outcomes = claim.jobs.map { job in
                Settlement(
                    lease: job.lease,
                    step: .finish(.opened, result: result(of: job, .opened, value: value), expiresAt: .farAway),
                    attempt: AttemptRecord(kind: "open", outcome: "opened", code: "0", elapsed: .zero)
                )
            }
            let settled = try await measure("settle") { try await bench.store.settle(outcomes) }
            #expect(settled.outbox.entries.count == Int(size))
            try await measure("acknowledge") { try await bench.store.acknowledge(settled.outbox.map(\.outboxID)) }
        }
        #expect(try await bench.value("SELECT count(*) FROM usher.job WHERE state = 10") == "5000")
        #expect(try await bench.value("SELECT count(*) FROM usher.outbox") == "0")
        for (step, duration) in spent.sorted(by: { $0.key < $1.key }) {
            print("\(step): \(duration.wholeMicroseconds / (size * batches)) µs a job")
        }
    }
}
