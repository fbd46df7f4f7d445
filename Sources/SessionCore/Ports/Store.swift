/// What is waiting, for back-pressure and for the readiness answer.
package struct Backlog: Equatable, Sendable {
    /// Jobs not yet ended, by the topic that they came from.
    package var jobsByTopic: [String: Int]
    /// Age of the oldest outbox row.
    package var oldestUnpublished: Duration?
    /// Why the jobs could not be counted when that was last tried: `jobsByTopic` is older then, empty if they never
    /// were. nil: they were counted.
    package var uncounted: StoreError?

    /// The caps of all topics together are at most this: a store that holds more stops counting before long, and what
    /// is not counted pauses no topic.
    package static let capsMax = 20_000_000

    package init(jobsByTopic: [String: Int], oldestUnpublished: Duration?, uncounted: StoreError? = nil) {
        self.jobsByTopic = jobsByTopic
        self.oldestUnpublished = oldestUnpublished
        self.uncounted = uncounted
    }
}

/// An account of which jobs wait and that no worker has in its settings: nothing of them is sent.
package struct UnservedAccount: Equatable, Sendable {
    package var name: String
    /// Jobs that wait.
    package var waiting: Int
    /// Whether counting them stopped at its bound: there may be more.
    package var isCut: Bool

    package init(name: String, waiting: Int, isCut: Bool = false) {
        self.name = name
        self.waiting = waiting
        self.isCut = isCut
    }
}

/// The durable state, one method per transaction. Every method may throw `StoreError`.
package protocol JobStore: HoldStore {
    /// Accounts for a batch, with its positions: they move with the commit that accounts for the last record. Running
    /// it again is harmless. Throws `.positionMovedBack` and `.positionSetAhead`, of one partition, when the stored
    /// position is no place from which to go on with the batch. Once jobs have started an error is not thrown but told
    /// by the report.
    func ingest(_ batch: IngestBatch) async throws -> IngestReport
    /// The stored positions; partitions without one are absent.
    func positions(of partitions: [TopicPartition]) async throws -> [TopicPartition: StoredPosition]
    /// Leases due jobs and marks those to be sent, durably. `.unavailable` at once when the connection is lost: jobs
    /// may have been leased all the same, and no more are before the database shows that commits get through again.
    func claim(_ request: ClaimRequest) async throws -> Claim
    /// Leases due jobs of one lane and account that are past their `not_after`, whatever holds the account; those of
    /// unknown outcome are left alone. Looks at no more than `limit` due jobs, which begin behind `place`. A lost
    /// connection as for `claim`.
    func claimOverdue(
        of account: String,
        behind place: QueuePlace,
        limit: Int,
        lease: Duration
    ) async throws -> OverdueClaim
    /// Writes outcomes, each with its result and its outbox row in one transaction; rows whose lease was lost are left
    /// alone.
    func settle(_ settlements: [Settlement]) async throws -> SettleReport
    /// Gives this worker more time for leases whose outcomes wait to be written: those that end within half of `lease`
    /// end `lease` from now. What was ended stays ended.
    func keepLeases(_ leases: [LeaseRef], for lease: Duration) async throws
    /// Deletes outbox rows of which everything was acknowledged.
    func acknowledge(_ outboxIDs: [Int64]) async throws
    /// Takes what was acknowledged out of rows of which the rest still waits.
    func acknowledge(_ parts: [PartlyPublished]) async throws
    /// Takes over outbox rows that nobody alive owns, at most `limit`. Those of workers whose life signs stopped only
    /// where `ofTheDead` says so: after a time without a database everybody's have.
    func adoptOutbox(limit: Int, ofTheDead: Bool) async throws -> [OutboxRow]
    /// Gives back those of the rows that are this worker's, to try others by them, if another worker lives that seems
    /// to publish, as for `giveBackOutbox`; none while one of the rest waits to be taken over, or where one is gone.
    func offerOutbox(_ outboxIDs: [Int64], waitingMax: Duration) async throws -> OutboxOffer
    /// Gives back all outbox rows of this worker, to be published by others, if another worker lives that seems to
    /// publish: no row of its own has waited for longer than `waitingMax`. Returns whether there was one.
    func giveBackOutbox(waitingMax: Duration) async throws -> Bool
    /// Ends leases that ran out, at most `limit`: what was marked goes to `verify`. Returns how many jobs were freed.
    /// `.unavailable` at once when the connection is lost.
    func reap(limit: Int) async throws -> Int
    /// The database's clock. `.unavailable` at once when the connection is lost.
    func currentTime() async throws -> Timestamp
    /// Says that this worker lives; without it others adopt its outbox rows after `lifetime`.
    func heartbeat(lifetime: Duration) async throws
    /// Deletes sealed values that are no longer needed, those of events too, at most `limit` of each kind. Returns how
    /// many.
    func wipe(_ retention: Retention, limit: Int) async throws -> Int
    /// Without the jobs of these accounts, which pause no topic. Not being able to count in time is no error: the rest
    /// is told, with the last count.
    func backlog(leavingOut accounts: [String]) async throws -> Backlog
    /// The accounts, by name, of which jobs wait and that no worker has: they are not among `accounts`, and no worker
    /// that lives tells of them.
    func unserved(besides accounts: [String]) async throws -> [UnservedAccount]
}

/// How long sealed values are kept.
package struct Retention: Equatable, Sendable {
    /// The job's body, after its end.
    package var request: Duration
    /// A result that holds a URL, after the URL's expiry.
    package var openedResult: Duration
    /// Any other result, after its end; and what the provider told, after it was received.
    package var otherResult: Duration
    /// Raw quarantined values.
    package var quarantine: Duration

    package init(request: Duration, openedResult: Duration, otherResult: Duration, quarantine: Duration) {
        self.request = request
        self.openedResult = openedResult
        self.otherResult = otherResult
        self.quarantine = quarantine
    }
}

/// Why a transaction did not happen, or may not have.
package enum StoreError: Error, Equatable, Sendable {
    /// The database cannot be reached or dropped the connection; the transaction may or may not have happened.
    case unavailable(String)
    /// The database answered that it cannot do it for now: a lock is held, its disk is full, it is read-only. What a
    /// transaction of several statements began was rolled back.
    case notNow(String)
    /// The stored position is behind the batch: the database lost commits that Kafka was told of.
    case positionMovedBack(TopicPartition, stored: Int64?)
    /// An operator put the position ahead of where the batch begins: nothing of it is stored.
    case positionSetAhead(TopicPartition, stored: Int64)
    /// A sealed value could not be opened: wrong key, or the row was tampered with.
    case unsealable(String)
    /// The statement was refused, or the first login. `sqlState` is Postgres's five-character code.
    case refused(sqlState: String, String)
}

extension StoreError {
    /// The reason, when waiting may mend it: no connection, a full disk, a lock or a statement that took too long, a
    /// server that starts, stops or is a standby for the moment.
    package var passingReason: String? {
        switch self {
        case .unavailable(let reason), .notNow(let reason): reason
        case .refused(let sqlState, let reason):
            ["08", "53", "57"].contains(String(sqlState.prefix(2)))
                || ["25006", "40001", "40P01", "55P03"].contains(sqlState) ? "\(sqlState) \(reason)" : nil
        case .positionMovedBack, .positionSetAhead, .unsealable: nil
        }
    }
}
