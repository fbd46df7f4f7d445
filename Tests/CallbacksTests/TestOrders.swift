import Cryptography
import PostgresStore
import SessionCore

/// Orders with open sessions, made through the store as a worker makes them.
enum TestOrders {
    static func job(_ orderID: String, amount: Int64? = 100) -> Job {
        var request = SessionRequest(
            orderID: orderID,
            agentName: "Agent",
            intent: .payment,
            currency: "EUR",
            cid: "c-1",
            locale: "en-GB",
            notificationURL: "https://crm.example.test/n",
            returnURL: "https://crm.example.test/r"
        )
        request.amount = amount
        return Job(order: Order(account: "main", orderID: orderID), request: request)
    }

    static func open(_ orderIDs: [String], in store: PostgresStore) async throws {
        let jobs = orderIDs.enumerated().map { offset, orderID in
            let job = job(orderID)
            let body = JobCodec.canonicalBody(job)
            return AcceptedJob(
                partition: 0,
                offset: Int64(offset),
                order: job.order,
                lane: .interactive,
                campaign: nil,
                notBefore: nil,
                notAfter: Timestamp(seconds: 4_102_444_800),
                contentDigest: Hashes.sha256(body),
                body: body,
                traceparent: nil
            )
        }
        let batch = IngestBatch(
            topic: "jobs",
            ranges: [PartitionRange(partition: 0, start: 0, next: Int64(jobs.count))],
            jobs: jobs,
            quarantined: [],
            lease: .seconds(60)
        )
        _ = try await store.ingest(batch)
        let request = ClaimRequest(
            accounts: [AccountQuota(account: "main", limit: jobs.count)],
            lanes: [LaneQuota(lane: .interactive, limit: jobs.count)],
            lease: .seconds(60)
        )
        let claim = try await store.claim(request)
        let identity = ResultIdentity(sha256: { Hashes.sha256($0) })
        let settlements = claim.jobs.map { job in
            Settlement(
                lease: job.lease,
                step: .finish(
                    .opened,
                    result: EncodedResult(
                        resultID: identity.result(of: job.order, generation: job.generation),
                        orderID: job.order.orderID,
                        generation: job.generation,
                        outcome: .opened,
                        value: [1]
                    ),
                    expiresAt: Timestamp(seconds: 4_102_444_800)
                ),
                attempt: AttemptRecord(
                    kind: "open",
                    outcome: "opened",
                    code: "0",
                    httpStatus: 200,
                    elapsed: .seconds(1)
                )
            )
        }
        _ = try await store.settle(settlements)
    }
}
