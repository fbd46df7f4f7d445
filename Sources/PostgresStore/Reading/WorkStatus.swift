package import SessionCore

/// How the work goes, for `usher doctor`.
package struct WorkStatus: Equatable, Sendable {
    /// Those that live, by name.
    package var workers: [LivingWorker]
    /// By account and lane; those in which nothing waits are absent.
    package var queues: [QueueStatus]
    /// When the first lease on jobs ends, which may be past where no worker ends them; nil where no job is leased.
    package var firstLeaseEnd: Timestamp?
    /// For how long the oldest result has waited to be published; nil where none waits.
    package var oldestUnpublished: Duration?
    /// For how long the oldest event that the provider told of has waited to be published; nil where none waits.
    package var oldestUnpublishedEvent: Duration?
    /// In force, of all accounts.
    package var holds: [AccountHold]
    /// What the workers that live say of their accounts.
    package var reports: [WorkerReport]
    /// Database time of this answer.
    package var now: Timestamp
}

/// A worker whose last life sign is not older than its lifetime.
package struct LivingWorker: Equatable, Sendable {
    package var name: String
    /// Of Usher.
    package var version: String
}

/// What waits in a lane of an account.
package struct QueueStatus: Equatable, Sendable {
    package var lane: Lane
    package var account: String
    /// Since when the first of its jobs has been due; nil where none is.
    package var dueSince: Timestamp?
    /// The order of that job.
    package var firstOrderID: String?
    /// Orders that wait for an operator.
    package var parked: Int
    /// Whether counting those stopped at its bound: there may be more.
    package var isParkedCut: Bool
}
