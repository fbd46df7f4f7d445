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

    /// Accounts whose jobs were not counted last.
    package var leftOut: [String] {
        state.withLock { $0.leftOut }
    }

    /// How many life signs of the worker it has had.
    package var lifeSigns: Int {
        state.withLock { $0.lifeSigns }
    }
}
