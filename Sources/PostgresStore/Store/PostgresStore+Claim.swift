import Cryptography
import Logs
package import SessionCore

extension PostgresStore {
    package func claim(_ request: ClaimRequest) async throws -> Claim {
        let parameters = Self.parameters(request, worker: try await claimingWorker())
        let queues: [PGParameter] = [
            .int2s(Lane.allCases.map(\.rawValue)), .texts(request.accounts.map(\.account)),
        ]
        let (rows, next) = try await pool.run(repeatsAfterLoss: false) { link -> ([ClaimedRow], NextDue) in
            let rows = try leased(by: SQL.Jobs.claim, parameters, link)
            return (rows, try Self.nextDue(in: queues, after: rows, link))
        }
        for (epoch, held) in Dictionary(grouping: rows, by: \.lease.epoch) {
            leases.began(epoch, jobs: held.map(\.lease.jobID))
        }
        var jobs: [ClaimedJob] = []
        jobs.reserveCapacity(rows.count)
        var unsealable: [ClaimedRow] = []
        for row in rows {
            let body = row.openBody(keys)
            // A look-up asks for no more than the order's id, and a job whose time is over by then is not sent again.
            let isLastLookUp = row.purpose == .lookUp && row.notAfter <= row.now
            if body != nil || row.purpose == .expire || isLastLookUp {
                jobs.append(row.job(body: body))
            } else {
                unsealable.append(row)
            }
        }
        await setAside(unsealable)
        let unread = Dictionary(unsealable.map { ($0.lane, 1) }, uniquingKeysWith: +)
        return Claim(now: rows.first?.now ?? next.now, jobs: jobs, nextDue: next.due, setAside: unread)
    }

    package func claimOverdue(
        of account: String,
        behind place: QueuePlace,
        limit: Int,
        lease: Duration
    ) async throws -> OverdueClaim {
        let worker = try await claimingWorker()
        let queue: [PGParameter] = [.int2(place.lane.rawValue), .text(account)]
        let slice: [PGParameter] = [.time(place.dueAt), .int8(place.jobID), .int4(Int32(clamping: limit))]
        let (look, rows) = try await pool.run(repeatsAfterLoss: false) { link -> (OverdueLook, [ClaimedRow]) in
            let look = try link.run(SQL.Jobs.overdue, queue + slice).first { row in
                try OverdueLook(&row, in: place.lane)
            }
            guard let look else { throw PostgresFailure.shape("jobs/overdue returned no row") }
            guard !look.jobs.isEmpty else { return (look, []) }
            let late: [PGParameter] = [
                .times(look.dueAt), .int8s(look.jobs), .int8(lease.wholeMicroseconds), .int8(worker),
            ]
            return (look, try leased(by: SQL.Jobs.claimOverdue, queue + late, link))
        }
        if let epoch = rows.first?.lease.epoch { leases.began(epoch, jobs: rows.map(\.lease.jobID)) }
        // They end without their bodies, should no key open these.
        return OverdueClaim(now: look.now, jobs: rows.map { $0.job(body: $0.openBody(keys)) }, next: look.next)
    }

    /// The worker's number for a claim. While the server may still work on an earlier one of this worker, which holds
    /// its jobs unseen, another would pass over those and take the next, and all of them would commit in the end, with
    /// nobody to send for them. So a commit has to get through first. It writes one row, always the same: where it
    /// hangs, those that follow end at the lock and do not hang beside it.
    private func claimingWorker() async throws(StoreError) -> Int64 {
        let worker = try await workerID()
        guard let doubts = claimDoubts.withLock({ $0.open }) else { return worker }
        try await confirmDurability(worker: worker)
        claimDoubts.withLock { $0.clear(doubts) }
        return try await workerID()
    }

    /// Runs the statement of a claim. It is not run again after a loss: it would take other jobs.
    private func leased(
        by statement: Statement,
        _ parameters: [PGParameter],
        _ link: PostgresLink
    ) throws -> [ClaimedRow] {
        do {
            return try link.run(statement, parameters).map { row in try ClaimedRow(&row) }
        } catch {
            claimDoubts.withLock { $0.add() }
            throw error
        }
    }

    /// What was claimed is nobody else's: where the question fails it is handed on all the same, and the next claim
    /// asks at once.
    private static func nextDue(
        in queues: [PGParameter],
        after rows: [ClaimedRow],
        _ link: PostgresLink
    ) throws -> NextDue {
        do {
            let next = try link.run(SQL.Jobs.nextDue, queues).first { row in
                NextDue(due: try row.nextIfAny(Timestamp.self), now: try row.next(Timestamp.self))
            }
            guard let next else { throw PostgresFailure.shape("jobs/next_due returned no row") }
            return next
        } catch {
            guard let now = rows.first?.now else { throw error }
            return NextDue(due: now, now: now)
        }
    }

    private static func parameters(_ request: ClaimRequest, worker: Int64) -> [PGParameter] {
        let asked = request.lanes.flatMap { lane in request.accounts.map { (lane: lane, account: $0) } }
            .filter { $0.lane.limit(of: $0.account) > 0 }
        return [
            .int2s(asked.map(\.lane.lane.rawValue)), .texts(asked.map(\.account.account)),
            .int4s(asked.map { Int32(clamping: $0.lane.limit(of: $0.account)) }),
            .int4s(asked.map { Int32(clamping: $0.lane.limit) }), .int8(request.lease.wholeMicroseconds), .int8(worker),
            .bool(request.isTrial), .bool(request.leavesLookUps),
        ]
    }

    /// One body that does not open must not hold up the others of its batch, be there a database for it or not.
    private func setAside(_ rows: [ClaimedRow]) async {
        guard let first = rows.first else { return }
        // One line a claim: where a key is missing these are many.
        log.error(
            "stored bodies do not open with the configured keys; their jobs wait, five minutes at most",
            [
                .jobs: .init(rows.count), .keyID: .text(rows.map { $0.body?.value }.keyIDs),
                .order: .text(first.order.orderID), .account: .text(first.order.account),
            ]
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
        // Not run again after a loss: the database may have been away for long, and outcomes that waited go first.
        try await pool.run(repeatsAfterLoss: false) { link in
            let count = try link.run(SQL.Jobs.reap, [.int4(Int32(clamping: limit))]).first { row in
                try row.next(Int64.self)
            }
            return Int(count ?? 0)
        }
    }

    package func currentTime() async throws -> Timestamp {
        let time = try await pool.run(repeatsAfterLoss: false) { link in
            try link.run(SQL.Server.clock).first { row in try row.next(Timestamp.self) }
        }
        guard let time else { throw PostgresFailure.shape("server/clock returned no row") }
        return time
    }
}

/// The row that `jobs/next_due` returned.
private struct NextDue: Sendable {
    var due: Timestamp?
    var now: Timestamp
}

/// The row that `jobs/overdue` returned.
private struct OverdueLook: Sendable {
    var dueAt: [Timestamp]
    var jobs: [Int64]
    var next: QueuePlace?
    var now: Timestamp

    init(_ row: inout RowReader, in lane: Lane) throws {
        dueAt = try row.nextList(of: Timestamp.self)
        jobs = try row.nextList(of: Int64.self)
        let lastDue = try row.nextIfAny(Timestamp.self)
        let lastJob = try row.nextIfAny(Int64.self)
        if let lastDue, let lastJob { next = QueuePlace(lane: lane, dueAt: lastDue, jobID: lastJob) }
        now = try row.next()
    }
}
