import Cryptography
import Logs
package import SessionCore

extension PostgresStore {
    package func claim(_ request: ClaimRequest) async throws -> Claim {
        let parameters = Self.parameters(request, worker: try await workerID())
        let lanes = PGParameter.int2s(Lane.allCases.map(\.rawValue))
        let accounts = PGParameter.texts(request.accounts.map(\.account))
        let (rows, nextDue, now) = try await pool.run { link in
            let rows = try link.run(SQL.Jobs.claim, parameters).map { row in try ClaimedRow(&row) }
            let next = try link.run(SQL.Jobs.nextDue, [lanes, accounts]).first { row in
                (due: try row.nextIfAny(Timestamp.self), now: try row.next(Timestamp.self))
            }
            guard let next else { throw PostgresFailure.shape("jobs/next_due returned no row") }
            return (rows, next.due, rows.first?.now ?? next.now)
        }
        for (epoch, held) in Dictionary(grouping: rows, by: \.lease.epoch) {
            leases.began(epoch, jobs: held.map(\.lease.jobID))
        }
        var jobs: [ClaimedJob] = []
        jobs.reserveCapacity(rows.count)
        var unsealable: [ClaimedRow] = []
        for row in rows {
            let body = open(row)
            if body != nil || row.purpose == .expire {
                jobs.append(row.job(body: body))
            } else {
                unsealable.append(row)
            }
        }
        await setAside(unsealable)
        let unread = Dictionary(unsealable.map { ($0.lane, 1) }, uniquingKeysWith: +)
        return Claim(now: now, jobs: jobs, nextDue: nextDue, setAside: unread)
    }

    private static func parameters(_ request: ClaimRequest, worker: Int64) -> [PGParameter] {
        let asked = request.lanes.flatMap { lane in request.accounts.map { (lane: lane, account: $0) } }
        return [
            .int2s(asked.map(\.lane.lane.rawValue)), .texts(asked.map(\.account.account)),
            .int4s(asked.map { Int32(clamping: min($0.lane.limit, $0.account.limit)) }),
            .int4s(asked.map { Int32(clamping: $0.lane.limit) }), .int8(request.lease.wholeMicroseconds), .int8(worker),
            .bool(request.isTrial),
        ]
    }

    private func open(_ row: ClaimedRow) -> [UInt8]? {
        guard let body = row.body else { return nil }
        return try? keys.open(body.value, associated: Seals.body(of: row.order, generation: body.generation))
    }

    /// One body that does not open must not hold up the others of its batch, be there a database for it or not.
    private func setAside(_ rows: [ClaimedRow]) async {
        guard let first = rows.first else { return }
        // One line a claim: where a key is missing these are many.
        log.error(
            "stored bodies do not open with the configured keys; their jobs wait five minutes",
            [.jobs: .init(rows.count), .order: .text(first.order.orderID), .account: .text(first.order.account)]
        )
        let held = rows.map(\.lease).sorted { $0.jobID < $1.jobID }
        let parameters: [PGParameter] = [.int8s(held.map(\.jobID)), .int8s(held.map(\.epoch))]
        do {
            _ = try await pool.run { link in try link.run(SQL.Jobs.setAside, parameters).count }
            leases.settled(held)
        } catch {
            log.error(
                "jobs that cannot be read were not given back; their leases run out",
                [.jobs: .init(held.count), .error: .text(String(describing: error))]
            )
        }
    }

    package func reap(limit: Int) async throws -> Int {
        try await pool.run { link in
            let count = try link.run(SQL.Jobs.reap, [.int4(Int32(clamping: limit))]).first { row in
                try row.next(Int64.self)
            }
            return Int(count ?? 0)
        }
    }
}

/// A row that `jobs/claim` returned, its body still sealed.
private struct ClaimedRow: Sendable {
    var lease: LeaseRef
    var state: JobState
    var order: Order
    var generation: Int32
    var lane: Lane
    var campaign: String?
    var attempts: Int16
    var lookUps: Int16
    var acceptedAt: Timestamp
    var notAfter: Timestamp
    var firstSend: Timestamp?
    var lastSend: Timestamp?
    var lastCode: String?
    var body: SealedBody?
    var traceparent: String?
    var now: Timestamp

    init(_ row: inout RowReader) throws {
        lease = LeaseRef(jobID: try row.next(), epoch: try row.next())
        state = try JobState(stored: row.next())
        order = Order(account: try row.next(), orderID: try row.next())
        generation = try row.next()
        lane = try Lane(stored: row.next())
        campaign = try row.nextIfAny()
        attempts = try row.next()
        lookUps = try row.next()
        acceptedAt = try row.next()
        notAfter = try row.next()
        firstSend = try row.nextIfAny()
        lastSend = try row.nextIfAny()
        lastCode = try row.nextIfAny()
        let bodyGeneration = try row.nextIfAny(Int32.self)
        let keyID = try row.nextIfAny(String.self)
        let sealed = try row.nextIfAny([UInt8].self)
        if let bodyGeneration, let keyID, let sealed {
            body = SealedBody(generation: bodyGeneration, value: SealedValue(keyID: keyID, bytes: sealed))
        }
        traceparent = try row.nextIfAny()
        now = try row.next()
    }

    /// A leased row in `ready` was not marked: its time is over.
    var purpose: ClaimPurpose {
        switch state {
        case .sending: .open
        case .verify: .lookUp
        case .ready, .opened, .declined, .failed, .expired, .cancelled: .expire
        }
    }

    /// - Parameter body: nil where it does not open. A job can end without it.
    func job(body: [UInt8]?) -> ClaimedJob {
        ClaimedJob(
            lease: lease,
            purpose: purpose,
            order: order,
            generation: generation,
            lane: lane,
            campaign: campaign,
            attempts: Int(attempts),
            lookUps: Int(lookUps),
            acceptedAt: acceptedAt,
            notAfter: notAfter,
            firstSend: firstSend,
            lastSend: lastSend,
            lastCode: lastCode,
            // A body of another order would be signed and echoed rightly: only this comparison finds it.
            request: body.flatMap { SharedRequest(in: $0, of: order) },
            traceparent: traceparent
        )
    }
}
