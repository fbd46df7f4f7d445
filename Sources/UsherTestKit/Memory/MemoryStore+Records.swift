package import SessionCore
import Synchronization

// What it keeps, and notes for tests.
extension MemoryStore {
    package struct Row: Equatable, Sendable {
        package var job: AcceptedJob
        package var state = JobState.ready
        package var attempts = 0
        package var lookUps = 0
        package var epoch: Int64 = 0
        package var leaseUntil: Timestamp?
        package var dueAt: Timestamp
        package var firstSend: Timestamp?
        package var lastSend: Timestamp?
        package var attemptRecords: [AttemptRecord] = []
        package var result: EncodedResult?
    }

    /// A claim that brought jobs.
    package struct Claimed: Sendable {
        package var jobs: [Lane: Int]
        package var began: ContinuousClock.Instant
        package var ended: ContinuousClock.Instant
    }

    /// A batch of a topic's records that was stored.
    package struct TakenIn: Sendable {
        package var topic: String
        package var began: ContinuousClock.Instant
    }

    /// No transaction finds the database until it is back.
    package func setAway(_ isAway: Bool) {
        state.withLock { $0.isAway = isAway }
    }

    /// Of the next batch the jobs are stored, and nothing else.
    package func cutIntakeShort(by failure: StoreError) {
        state.withLock { $0.intakeFailure = failure }
    }

    /// Transactions that write are refused while it is, as by a standby.
    package func setReadOnly(_ isReadOnly: Bool) {
        state.withLock { $0.isReadOnly = isReadOnly }
    }

    /// A person puts a partition's position somewhere.
    package func putPosition(of partition: TopicPartition, at offset: Int64) {
        state.withLock { state in
            state.positions[partition] = offset
            state.floors[partition] = offset
        }
    }

    /// Accounts whose jobs were not counted last.
    package var leftOut: [String] {
        state.withLock { $0.leftOut }
    }

    /// Values that are to be wiped.
    package var oldValues: Int {
        state.withLock { $0.oldValues }
    }

    package func setOldValues(_ count: Int) {
        state.withLock { $0.oldValues = count }
    }

    /// Takes a moment where it finds something.
    package func wipe(_ retention: Retention, limit: Int) async throws -> Int {
        let wiped = state.withLock { state in
            let wiped = min(limit, state.oldValues)
            state.oldValues -= wiped
            return wiped
        }
        if wiped > 0 { try? await Task.sleep(for: .milliseconds(1)) }
        return wiped
    }

    /// How many life signs of the worker it has had.
    package var lifeSigns: Int {
        state.withLock { $0.lifeSigns }
    }
}

extension MemoryStore.State {
    /// Where a partition stands; nil where nothing tells.
    func stored(_ partition: TopicPartition) -> StoredPosition? {
        positions[partition].map { StoredPosition($0, floor: floors[partition] ?? 0) }
    }

    /// The jobs of a lane that a claim finds: of its accounts in turn, each account's oldest first.
    func due(_ quota: LaneQuota, _ request: ClaimRequest) -> [Int64] {
        var found: [(turn: Int, id: Int64)] = []
        for account in request.accounts where !isHeld(account.account, butFor: request.isTrial) {
            let due = rows.filter { _, row in
                row.job.lane == quota.lane && row.job.order.account == account.account
                    && row.leaseUntil == nil && row.dueAt <= now
                    && (row.state == .ready || (row.state == .verify && !request.leavesLookUps))
            }
            let oldest = due.keys.sorted().prefix(quota.limit(of: account))
            found += oldest.enumerated().map { (turn: $0.offset, id: $0.element) }
        }
        return found.sorted { ($0.turn, $0.id) < ($1.turn, $1.id) }.prefix(quota.limit).map(\.id)
    }
}
