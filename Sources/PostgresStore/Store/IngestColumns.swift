import Cryptography
import SessionCore

/// The jobs of a batch as the columns that `jobs/ingest` takes, in the order of their accounts and orders: two batches
/// that hold the same orders cannot wait for each other in a circle.
struct IngestColumns: Sendable {
    /// What an ingest is about beside its jobs.
    struct Frame: Sendable {
        var topicID: Int16
        var ranges: [PartitionRange]
        var lease: Duration
        var worker: Int64
        /// Move the positions although some orders were there already: the caller deals with them in this transaction.
        var movesAnyway: Bool
    }

    /// A lane and account of which jobs may start at once.
    private struct Group: Hashable {
        var lane: Lane
        var account: String
    }

    private(set) var jobs: [AcceptedJob]
    private let places: [Int32]
    private let groups: [Group]
    private let groupOfJob: [Int16?]
    private let pack: SealedPack
    private let keyID: String

    init(_ accepted: [AcceptedJob], keys: KeyRing) {
        let order = Self.order(of: accepted)
        let isInOrder = order.enumerated().allSatisfy { $0.offset == $0.element }
        let jobs = isInOrder ? accepted : order.map { accepted[$0] }
        var groups: [Group] = []
        groupOfJob = jobs.map { job in
            guard job.mayStart else { return nil }
            let index = groups.firstIndex { $0.lane == job.lane && $0.account == job.order.account }
            if let index { return Int16(index + 1) }
            groups.append(Group(lane: job.lane, account: job.order.account))
            return Int16(groups.count)
        }
        pack = SealedPack(jobs, keys: keys, plain: \.body) { Seals.body(of: $0.order, generation: 1) }
        self.jobs = jobs
        self.groups = groups
        places = order.map { Int32($0 + 1) }
        keyID = keys.activeID
    }

    /// The jobs' places in the order in which they are written. Order ids are often given in rising order already.
    private static func order(of jobs: [AcceptedJob]) -> [Int] {
        func comesBefore(_ left: Int, _ right: Int) -> Bool {
            jobs[left].isBefore(jobs[right]) ?? (left < right)
        }
        let indices = Array(jobs.indices)
        let isSorted = zip(indices, indices.dropFirst()).allSatisfy { comesBefore($0, $1) }
        return isSorted ? indices : indices.sorted(by: comesBefore)
    }

    func parameters(_ frame: Frame) -> [PGParameter] {
        let ranges = frame.ranges.sorted { $0.partition < $1.partition }
        var digests: [UInt8] = []
        digests.reserveCapacity(jobs.count * 32)
        for job in jobs { digests.append(contentsOf: job.contentDigest) }
        return [
            .int2(frame.topicID),
            .int4s(ranges.map(\.partition)), .int8s(ranges.map(\.start)), .int8s(ranges.map(\.next)),
            .texts(jobs.map(\.order.account)), .texts(jobs.map(\.order.orderID)), .int4s(jobs.map(\.partition)),
            .int8s(jobs.map(\.offset)), .int2s(jobs.map(\.lane.rawValue)), Self.sparse(jobs.map(\.campaign)),
            jobs.contains { $0.notBefore != nil } ? .times(jobs.map(\.notBefore)) : .times([]),
            .times(jobs.map(\.notAfter)), .int4s(all: places), .bytes(digests), .bytes(pack.bytes),
            .int4s(all: pack.starts),
            .int4s(all: pack.lengths), .text(keyID), Self.sparse(jobs.map(\.traceparent)), .int2s(groupOfJob),
            .int2s(groups.map(\.lane.rawValue)), .texts(groups.map(\.account)), .int8(frame.lease.wholeMicroseconds),
            .int8(frame.worker), .bool(frame.movesAnyway),
        ]
    }

    /// Nothing, where there is nothing: the server takes what is missing as NULL.
    private static func sparse(_ texts: [String?]) -> PGParameter {
        texts.contains { $0 != nil } ? .texts(texts) : .texts([])
    }

    /// What the statement says became of the jobs.
    func outcome(_ rows: PGRows) throws -> IngestOutcome {
        let row = try rows.first { row in try StatementRow(&row) }
        guard let row else { throw PostgresFailure.shape("jobs/ingest returned no row") }
        let added = row.addedIDs.map { Set($0) }
        var outcome = IngestOutcome(now: row.now, movedPartitions: Int(row.moved))
        outcome.started.reserveCapacity(jobs.count)
        for index in jobs.indices {
            let id = row.firstID + Int64(index)
            guard added?.contains(id) ?? true else {
                outcome.collided.append(jobs[index])
                continue
            }
            outcome.added += 1
            let isDue = jobs[index].notAfter > row.now && (jobs[index].notBefore ?? row.now) <= row.now
            guard let group = groupOfJob[index], isDue, row.groups[Int(group) - 1] else { continue }
            outcome.started.append(started(jobs[index], LeaseRef(jobID: id, epoch: row.epoch), at: row.now))
        }
        return outcome
    }

    private func started(_ job: AcceptedJob, _ lease: LeaseRef, at now: Timestamp) -> ClaimedJob {
        ClaimedJob(
            lease: lease,
            purpose: .open,
            order: job.order,
            generation: 1,
            lane: job.lane,
            campaign: job.campaign,
            attempts: 1,
            lookUps: 0,
            acceptedAt: now,
            notAfter: job.notAfter,
            firstSend: now,
            lastSend: now,
            request: job.request,
            traceparent: job.traceparent
        )
    }
}

/// What became of the jobs of one run of `jobs/ingest`.
struct IngestOutcome: Sendable {
    var now: Timestamp
    var movedPartitions: Int
    var added = 0
    var started: [ClaimedJob] = []
    /// Their orders were there already.
    var collided: [AcceptedJob] = []
}

private struct StatementRow {
    var firstID: Int64
    var epoch: Int64
    var now: Timestamp
    var moved: Int32
    var groups: [Bool]
    /// nil: all of them.
    var addedIDs: [Int64]?

    init(_ row: inout RowReader) throws {
        firstID = try row.next()
        epoch = try row.next()
        now = try row.next()
        moved = try row.next()
        _ = try row.next(Int32.self)
        groups = try row.nextListIfAny(of: Bool.self) ?? []
        addedIDs = try row.nextListIfAny(of: Int64.self)
    }
}
