package import SessionCore
import Synchronization

/// A job store in memory with the rules of the real one, for tests of what stands on top of it. Its clock is set by
/// the test, and it can be made unreachable.
package final class MemoryStore: JobStore {
    struct State {
        var now = Timestamp(seconds: 1_000_000)
        var rows: [Int64: Row] = [:]
        var ids: [Order: Int64] = [:]
        var positions: [TopicPartition: Int64] = [:]
        /// Where a person last put positions.
        var floors: [TopicPartition: Int64] = [:]
        var outbox: [Int64: Queued] = [:]
        var takeOvers: [Bool] = []
        var nextID: Int64 = 1
        var holds: [AccountHold] = []
        var reports: [String: AccountReport] = [:]
        var quarantined: [QuarantinedRecord] = []
        var urgencies: [Lane: Set<Bool>] = [:]
        var claims: [Claimed] = []
        var claimsTake = Duration.zero
        var takenIn: [TakenIn] = []
        var intakeTakes = Duration.zero
        var intakeFailure: StoreError?
        var unreadable: Set<String> = []
        var claimsMade = 0
        var failuresLeft = 0
        var isAway = false
        var isReadOnly = false
        var lifeSigns = 0
        var leftOut: [String] = []
        var oldValues = 0
        /// The workers that have signed on.
        var alive: Set<Int> = []
        var leftAtEnd: Int?
    }

    let state = Mutex(State())
    /// Where batches of records wait before they are stored, while it is closed.
    package let intake = Gate()
    /// Where batches with outcomes of campaigns' jobs wait while it is closed.
    package let campaignOutcomes = Gate()
    /// Where acknowledgements wait while it is closed.
    package let acknowledgements = Gate()

    package init() {}

    /// Lets the database's clock go on.
    package func advance(by duration: Duration) {
        state.withLock { $0.now = $0.now.advanced(by: duration) }
    }

    /// Loses an order and the position behind it, as a standby may that takes over.
    package func forget(_ orderID: String, position: Int64, of partition: TopicPartition) {
        state.withLock { state in
            state.rows = state.rows.filter { $0.value.job.order.orderID != orderID }
            state.positions[partition] = position
        }
    }

    /// The next transactions find no database.
    package func failNext(_ transactions: Int) {
        state.withLock { $0.failuresLeft = transactions }
    }

    /// How many of them have not come yet.
    package var failuresLeft: Int {
        state.withLock { $0.failuresLeft }
    }

    /// The bodies of these orders no longer open.
    package func setUnreadable(_ orderIDs: [String]) {
        state.withLock { $0.unreadable.formUnion(orderIDs) }
    }

    /// How many outbox rows there were when the worker signed off.
    package var leftAtEnd: Int? {
        state.withLock { $0.leftAtEnd }
    }

    /// Those that brought nothing as well.
    package var claimsMade: Int {
        state.withLock { $0.claimsMade }
    }

    package var rows: [Row] {
        state.withLock { $0.rows.sorted { $0.key < $1.key }.map(\.value) }
    }

    package func row(_ orderID: String) -> Row? {
        rows.first { $0.job.order.orderID == orderID }
    }

    /// Whether outcomes of each lane came as urgent ones; campaigns', and all others as `interactive`.
    package var urgencies: [Lane: Set<Bool>] {
        state.withLock { $0.urgencies }
    }

    /// Claims that brought jobs, in order.
    package var claims: [Claimed] {
        state.withLock { $0.claims }
    }

    /// Claims take so long from now on, as on a busy server.
    package func slowDownClaims(to duration: Duration) {
        state.withLock { $0.claimsTake = duration }
    }

    /// Batches of records that were stored, in order.
    package var takenIn: [TakenIn] {
        state.withLock { $0.takenIn }
    }

    /// Storing records takes so long from now on, as on a busy server.
    package func slowDownIntake(to duration: Duration) {
        state.withLock { $0.intakeTakes = duration }
    }

    package var outboxCount: Int {
        state.withLock { $0.outbox.count }
    }

    package var quarantined: [QuarantinedRecord] {
        state.withLock { $0.quarantined }
    }

    /// The holds in force.
    package var heldAccounts: [AccountHold] {
        state.withLock { state in state.holds.filter { ($0.until ?? .farAway) > state.now } }
    }

    package var reports: [String: AccountReport] {
        state.withLock { $0.reports }
    }

    /// A person holds an account, or releases it.
    package func setOperatorHold(_ account: String, _ isHeld: Bool) {
        state.withLock { state in
            state.holds.removeAll { $0.account == account }
            if isHeld { state.put(.byOperator, account, code: "operator", reason: "a test", nil, nil) }
        }
    }

    /// A person's hold ends, and what else holds the account stays.
    package func endOperatorHold(_ account: String) {
        state.withLock { $0.holds.removeAll { $0.account == account && $0.kind == .byOperator } }
    }

    /// Each look for rows to take over: whether silent workers' counted.
    package var takeOvers: [Bool] { state.withLock(\.takeOvers) }

    /// Whether a worker has signed on and not off.
    package var isWorkerAlive: Bool {
        state.withLock { !$0.alive.isEmpty }
    }

    /// As if the worker that held every lease had been paused for long: raises all epochs.
    package func stealLeases() {
        state.withLock { state in
            for id in state.rows.keys { state.rows[id]?.epoch += 1 }
        }
    }

    func transact<Answer>(onlyReads: Bool = false, _ body: (inout State) throws -> Answer) throws -> Answer {
        try state.withLock { state in
            if state.isAway { throw StoreError.unavailable("the test says so") }
            if state.isReadOnly, !onlyReads { throw StoreError.refused(sqlState: "25006", "the test says so") }
            if state.failuresLeft > 0 {
                state.failuresLeft -= 1
                throw StoreError.unavailable("the test says so")
            }
            return try body(&state)
        }
    }

    package func ingest(_ batch: IngestBatch) async throws -> IngestReport {
        let began = ContinuousClock.now
        await intake.pass()
        let pause = state.withLock { $0.intakeTakes }
        if pause > .zero { try await Task.sleep(for: pause) }
        return try transact { state in
            var report = IngestReport()
            report.now = state.now
            for range in batch.ranges {
                let partition = TopicPartition(topic: batch.topic, partition: range.partition)
                if let stored = state.positions[partition], stored < range.start {
                    throw StoreError.positionMovedBack(partition, stored: stored)
                }
                if let stored = state.stored(partition), stored.floor > range.start {
                    throw StoreError.positionSetAhead(partition, stored: stored.next)
                }
            }
            for job in batch.jobs { state.take(job, lease: batch.lease, &report) }
            report.failure = state.intakeFailure
            state.intakeFailure = nil
            guard report.failure == nil else { return report }
            report.quarantined = batch.quarantined.count
            state.quarantined += batch.quarantined
            for record in batch.quarantined {
                if let answer = record.answer { state.emit(answer, traceparent: record.traceparent) }
            }
            for range in batch.ranges {
                let partition = TopicPartition(topic: batch.topic, partition: range.partition)
                state.positions[partition] = max(state.positions[partition] ?? 0, range.next)
            }
            state.takenIn.append(TakenIn(topic: batch.topic, began: began))
            return report
        }
    }

    package func positions(of partitions: [TopicPartition]) async throws -> [TopicPartition: StoredPosition] {
        try transact(onlyReads: true) { state in
            var stored: [TopicPartition: StoredPosition] = [:]
            for partition in partitions { stored[partition] = state.stored(partition) }
            return stored
        }
    }

    package func claim(_ request: ClaimRequest) async throws -> Claim {
        let began = ContinuousClock.now
        let pause = state.withLock { $0.claimsTake }
        if pause > .zero { try await Task.sleep(for: pause) }
        return try transact { state in
            let now = state.now
            var claimed: [ClaimedJob] = []
            var setAside: [Lane: Int] = [:]
            state.claimsMade += 1
            for quota in request.lanes {
                for id in state.due(quota, request) {
                    if let row = state.rows[id], state.unreadable.contains(row.job.order.orderID) {
                        state.rows[id]?.dueAt = now.advanced(by: .seconds(300))
                        setAside[quota.lane, default: 0] += 1
                        continue
                    }
                    claimed.append(state.lease(id, until: now.advanced(by: request.lease)))
                }
            }
            if !claimed.isEmpty {
                let jobs = Dictionary(claimed.map { ($0.lane, 1) }, uniquingKeysWith: +)
                state.claims.append(Claimed(jobs: jobs, began: began, ended: ContinuousClock.now))
            }
            let waiting = state.rows.values.filter { $0.leaseUntil == nil && !$0.state.isTerminal && $0.dueAt > now }
            return Claim(now: now, jobs: claimed, nextDue: waiting.map(\.dueAt).min(), setAside: setAside)
        }
    }

    package func settle(_ settlements: [Settlement]) async throws -> SettleReport {
        let isOfCampaign = state.withLock { state in
            settlements.contains { state.rows[$0.lease.jobID]?.job.lane == .campaign }
        }
        if isOfCampaign { await campaignOutcomes.pass() }
        return try transact { state in
            state.urgencies[isOfCampaign ? .campaign : .interactive, default: []].insert(Urgency.isUrgent)
            var report = SettleReport(outbox: [], lost: [])
            for settlement in settlements {
                guard let row = state.rows[settlement.lease.jobID], row.epoch == settlement.lease.epoch else {
                    report.lost.append(settlement.lease)
                    continue
                }
                if let outbox = state.write(settlement) { report.outbox.append(outbox) }
            }
            return report
        }
    }

    package func reap(limit: Int) async throws -> Int {
        try transact { state in
            let now = state.now
            let lost = state.rows.filter { ($0.value.leaseUntil ?? now) < now }.keys.prefix(limit)
            for id in lost {
                state.rows[id]?.leaseUntil = nil
                state.rows[id]?.epoch += 1
                if state.rows[id]?.state == .sending { state.rows[id]?.state = .verify }
            }
            return lost.count
        }
    }

    package func currentTime() async throws -> Timestamp {
        try transact(onlyReads: true) { $0.now }
    }

    package func hold(account: String, _ cause: HoldCause, trialAfter: Duration) async throws {
        try transact { state in
            let trial = cause.kind.hasTrials ? trialAfter : nil
            state.put(cause.kind, account, code: cause.code, reason: cause.reason, cause.lasts, trial)
        }
    }

    package func holds() async throws -> [AccountHold] {
        try transact(onlyReads: true) { state in state.holds.filter { ($0.until ?? .farAway) > state.now } }
    }

    package func beginTrial(account: String, next: Duration) async throws -> Bool {
        try transact { state in
            let now = state.now
            let isDue = state.rows.values.contains { row in
                row.job.order.account == account && row.leaseUntil == nil && !row.state.isTerminal && row.dueAt <= now
            }
            guard isDue, !state.isHeld(account, butFor: true) else { return false }
            var mayTry = false
            for index in state.holds.indices where state.holds[index].account == account {
                guard let trialAt = state.holds[index].trialAt, trialAt <= now else { continue }
                state.holds[index].trialAt = now.advanced(by: next)
                mayTry = true
            }
            return mayTry
        }
    }

    package func endHold(account: String, trialSent sent: Timestamp) async throws {
        try transact { state in
            state.holds.removeAll { $0.account == account && $0.kind.hasTrials && $0.heldAt <= sent }
        }
    }

    package func report(_ reports: [AccountReport]) async throws {
        try transact { state in
            for report in reports { state.reports[report.account] = report }
        }
    }

    /// Its worker is the only one.
    package func unserved(besides accounts: [String]) async throws -> [UnservedAccount] {
        try transact(onlyReads: true) { state in
            let waiting = state.rows.values.filter { $0.leaseUntil == nil && !$0.state.isTerminal }
            let jobs = Dictionary(waiting.map { ($0.job.order.account, 1) }, uniquingKeysWith: +)
            let unserved = jobs.filter { !accounts.contains($0.key) }.sorted { $0.key < $1.key }
            return unserved.map { UnservedAccount(name: $0.key, waiting: $0.value) }
        }
    }
}

extension MemoryStore.State {
    fileprivate mutating func takeID() -> Int64 {
        defer { nextID += 1 }
        return nextID
    }

    func isHeld(_ account: String, butFor isTrial: Bool) -> Bool {
        holds.contains { $0.account == account && ($0.until ?? .farAway) > now && !(isTrial && $0.kind.hasTrials) }
    }

    fileprivate mutating func put(
        _ kind: HoldKind,
        _ account: String,
        code: String,
        reason: String,
        _ lasts: Duration?,
        _ trialAfter: Duration?
    ) {
        let known = holds.firstIndex { $0.account == account && $0.kind == kind && ($0.until ?? .farAway) > now }
        let old = known.map { holds.remove(at: $0) }
        holds.removeAll { $0.account == account && $0.kind == kind }
        holds.append(
            AccountHold(
                account: account,
                kind: kind,
                heldAt: old?.heldAt ?? now,
                until: lasts.map { now.advanced(by: $0) },
                trialAt: trialAfter.map { old?.trialAt ?? now.advanced(by: $0) },
                code: code,
                reason: reason,
                actor: kind == .byOperator ? "test" : nil
            )
        )
    }

    fileprivate mutating func emit(_ result: EncodedResult, traceparent: String? = nil) {
        let id = takeID()
        let entry = OutboxEntry(key: .answer(id), result: result, traceparent: traceparent)
        outbox[id] = MemoryStore.Queued(entry: entry, owner: nil)
    }

    fileprivate mutating func take(_ job: AcceptedJob, lease: Duration, _ report: inout IngestReport) {
        if let id = ids[job.order], let row = rows[id] {
            if row.job.offset == job.offset {
                report.repeated += 1
            } else if row.job.contentDigest == job.contentDigest {
                report.duplicates += 1
                if let result = row.result { emit(result) }
            } else {
                report.conflicts += 1
            }
            return
        }
        let id = takeID()
        ids[job.order] = id
        rows[id] = MemoryStore.Row(job: job, dueAt: job.notBefore ?? now)
        report.accepted += 1
        if job.mayStart, !isHeld(job.order.account, butFor: false) {
            report.started.append(self.lease(id, until: now.advanced(by: lease)))
        }
    }

    mutating func lease(_ id: Int64, until: Timestamp) -> ClaimedJob {
        guard var row = rows[id] else { preconditionFailure("no row \(id)") }
        row.epoch += 1
        row.leaseUntil = until
        let purpose: ClaimPurpose
        if row.state == .verify {
            purpose = .lookUp
            row.lookUps += 1
        } else if row.job.notAfter <= now {
            purpose = .expire
        } else {
            purpose = .open
            row.state = .sending
            row.attempts += 1
            row.lookUps = 0
            row.firstSend = row.firstSend ?? now
            row.lastSend = now
        }
        rows[id] = row
        return ClaimedJob(
            lease: LeaseRef(jobID: id, epoch: row.epoch),
            purpose: purpose,
            order: row.job.order,
            generation: 1,
            lane: row.job.lane,
            campaign: row.job.campaign,
            attempts: row.attempts,
            lookUps: row.lookUps,
            acceptedAt: now,
            notAfter: row.job.notAfter,
            firstSend: row.firstSend,
            lastSend: row.lastSend,
            lastCode: row.attemptRecords.last?.code,
            request: SharedRequest(in: row.job.body, of: row.job.order),
            traceparent: row.job.traceparent
        )
    }

    fileprivate mutating func write(_ settlement: Settlement) -> OutboxRow? {
        guard var row = rows[settlement.lease.jobID] else { return nil }
        var published: OutboxRow?
        row.leaseUntil = nil
        if let attempt = settlement.attempt { row.attemptRecords.append(attempt) }
        switch settlement.step {
        case .release(let pause):
            if row.state == .verify {
                row.lookUps -= 1
            } else {
                row.state = .ready
                row.attempts -= 1
            }
            row.dueAt = now.advanced(by: pause)
        case .retry(let pause):
            row.state = .ready
            row.dueAt = now.advanced(by: pause)
        case .verify(let pause):
            row.state = .verify
            row.dueAt = now.advanced(by: pause)
        case .park:
            row.state = .verify
            row.dueAt = Timestamp(microseconds: .max)
        case .finish(let end, let result, _):
            row.state = end
            row.result = result
            let id = takeID()
            let entry = OutboxEntry(
                key: .job(settlement.lease.jobID),
                result: result,
                traceparent: row.job.traceparent
            )
            outbox[id] = MemoryStore.Queued(entry: entry, owner: MemoryStore.worker)
            published = OutboxRow(outboxID: id, entries: [entry])
        }
        rows[settlement.lease.jobID] = row
        return published
    }
}

extension Timestamp {
    fileprivate static var farAway: Timestamp { Timestamp(microseconds: .max) }
}
