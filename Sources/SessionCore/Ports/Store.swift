/// An accepted record, ready to be stored as a job.
package struct AcceptedJob: Equatable, Sendable {
    package var offset: Int64
    package var order: Order
    package var lane: Lane
    package var campaign: String?
    package var notBefore: Timestamp?
    package var notAfter: Timestamp
    /// SHA-256 (keyed) of the canonical content: equal for equal jobs, whatever their spelling as JSON.
    package var contentDigest: [UInt8]
    /// The canonical job as JSON; sealed before it is stored.
    package var body: [UInt8]
    package var traceparent: String?

    package init(
        offset: Int64,
        order: Order,
        lane: Lane,
        campaign: String?,
        notBefore: Timestamp?,
        notAfter: Timestamp,
        contentDigest: [UInt8],
        body: [UInt8],
        traceparent: String?
    ) {
        self.offset = offset
        self.order = order
        self.lane = lane
        self.campaign = campaign
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.contentDigest = contentDigest
        self.body = body
        self.traceparent = traceparent
    }
}

/// A record that cannot become a job.
package struct QuarantinedRecord: Equatable, Sendable {
    package var offset: Int64
    /// A word of the closed list in `docs/contracts` (`dup_key`, `utf8`, `size`, `amount`, …).
    package var reason: String
    /// The field at fault, where there is one.
    package var field: String?
    /// For a person; holds no value of the record.
    package var detail: String
    /// The record's order, where it could be read: it then gets a `rejected` answer.
    package var order: Order?
    /// The raw value, to be sealed; nil where it must not be kept (`pan`) or was too large.
    package var raw: [UInt8]?
    package var rawSHA256: [UInt8]
    /// The encoded `rejected` answer, where one is due.
    package var answer: EncodedResult?

    package init(offset: Int64, reason: String, field: String?, detail: String, rawSHA256: [UInt8]) {
        self.offset = offset
        self.reason = reason
        self.field = field
        self.detail = detail
        self.rawSHA256 = rawSHA256
    }
}

/// A batch of one partition, decided, for one transaction.
package struct IngestBatch: Sendable {
    package var topic: String
    package var partition: Int32
    package var start: Int64
    package var next: Int64
    package var jobs: [AcceptedJob]
    package var quarantined: [QuarantinedRecord]

    package init(
        topic: String,
        partition: Int32,
        start: Int64,
        next: Int64,
        jobs: [AcceptedJob],
        quarantined: [QuarantinedRecord]
    ) {
        self.topic = topic
        self.partition = partition
        self.start = start
        self.next = next
        self.jobs = jobs
        self.quarantined = quarantined
    }
}

/// What a batch became. Each record is counted once.
package struct IngestReport: Equatable, Sendable {
    package var accepted = 0
    /// Same order, same content: its stored result is published again, if there is one yet.
    package var duplicates = 0
    /// Same order, other content: answered with a `conflict`.
    package var conflicts = 0
    package var quarantined = 0
    /// Records that were already accounted for by an earlier run of this batch.
    package var repeated = 0
    /// Whether rows were added to the outbox.
    package var answered: Bool { duplicates + conflicts + quarantined > 0 }

    package init() {}
}

/// The stored order that a record collided with, for the answer to it.
package struct Collision: Sendable {
    package var record: RecordPosition
    package var order: Order
    package var generation: Int32
    package var state: JobState
    /// The first job's canonical body; nil once it was wiped.
    package var storedBody: [UInt8]?
    package var body: [UInt8]
    package var now: Timestamp

    package init(
        record: RecordPosition,
        order: Order,
        generation: Int32,
        state: JobState,
        storedBody: [UInt8]?,
        body: [UInt8],
        now: Timestamp
    ) {
        self.record = record
        self.order = order
        self.generation = generation
        self.state = state
        self.storedBody = storedBody
        self.body = body
        self.now = now
    }
}

/// Writes the answers to records that collided with a stored order. Pure.
package protocol CollisionAnswers: Sendable {
    /// Other content: names the fields that differ.
    func conflict(_ collision: Collision) -> EncodedResult
    /// Same content, but the stored result was wiped: says what became of the order, without the URL.
    func duplicateOfWiped(_ collision: Collision) -> EncodedResult
}

/// How many jobs of a lane to claim.
package struct LaneQuota: Equatable, Sendable {
    package var lane: Lane
    package var limit: Int

    package init(lane: Lane, limit: Int) {
        self.lane = lane
        self.limit = limit
    }
}

/// What a claim asks for.
package struct ClaimRequest: Equatable, Sendable {
    /// Jobs of other accounts are left alone (their breaker is open, or they are not configured here).
    package var accounts: [String]
    package var quotas: [LaneQuota]
    package var lease: Duration

    package init(accounts: [String], quotas: [LaneQuota], lease: Duration) {
        self.accounts = accounts
        self.quotas = quotas
        self.lease = lease
    }
}

/// A lease on a job: whoever holds the newest epoch may write.
package struct LeaseRef: Hashable, Sendable {
    package var jobID: Int64
    package var epoch: Int32

    package init(jobID: Int64, epoch: Int32) {
        self.jobID = jobID
        self.epoch = epoch
    }
}

/// What a claimed job is to have done to it.
package enum ClaimPurpose: Equatable, Sendable {
    /// Send it: the durable mark is made, the attempt is counted.
    case open
    /// Look up what became of an earlier attempt.
    case lookUp
    /// Its `not_after` has passed: end it, unsent.
    case expire
}

/// A job that this worker holds a lease on.
package struct ClaimedJob: Equatable, Sendable {
    package var lease: LeaseRef
    package var purpose: ClaimPurpose
    package var order: Order
    package var generation: Int32
    package var lane: Lane
    package var campaign: String?
    /// Attempts so far, the present one included.
    package var attempts: Int
    /// Look-ups since the last attempt, the present one included.
    package var lookUps: Int
    package var acceptedAt: Timestamp
    package var notAfter: Timestamp
    /// Database time of this generation's first durable mark; nil if never sent.
    package var firstSend: Timestamp?
    /// Database time of the last durable mark: the present one for `.open`. nil if never sent.
    package var lastSend: Timestamp?
    /// The canonical job as JSON.
    package var body: [UInt8]
    package var traceparent: String?

    package init(
        lease: LeaseRef,
        purpose: ClaimPurpose,
        order: Order,
        generation: Int32,
        lane: Lane,
        campaign: String?,
        attempts: Int,
        lookUps: Int,
        acceptedAt: Timestamp,
        notAfter: Timestamp,
        firstSend: Timestamp?,
        lastSend: Timestamp?,
        body: [UInt8],
        traceparent: String?
    ) {
        self.lease = lease
        self.purpose = purpose
        self.order = order
        self.generation = generation
        self.lane = lane
        self.campaign = campaign
        self.attempts = attempts
        self.lookUps = lookUps
        self.acceptedAt = acceptedAt
        self.notAfter = notAfter
        self.firstSend = firstSend
        self.lastSend = lastSend
        self.body = body
        self.traceparent = traceparent
    }
}

/// The answer to a claim.
package struct Claim: Equatable, Sendable {
    /// Database time at which the claim was made.
    package var now: Timestamp
    package var jobs: [ClaimedJob]
    /// When the next job that is not due yet becomes due, within the accounts asked for; nil if none waits.
    package var nextDue: Timestamp?

    package init(now: Timestamp, jobs: [ClaimedJob], nextDue: Timestamp?) {
        self.now = now
        self.jobs = jobs
        self.nextDue = nextDue
    }
}

/// What happened in one attempt or look-up, for the operator.
package struct AttemptRecord: Equatable, Sendable {
    /// `open` or `look_up`.
    package var kind: String
    /// `opened`, `declined`, `not_sent`, `retry`, `unknown`, `found`, `not_found`, ….
    package var outcome: String
    /// The provider's status number or a name of Usher's.
    package var code: String?
    package var httpStatus: Int?
    /// Redacted; at most 256 bytes.
    package var message: String?
    package var elapsed: Duration

    package init(
        kind: String,
        outcome: String,
        code: String? = nil,
        httpStatus: Int? = nil,
        message: String? = nil,
        elapsed: Duration
    ) {
        self.kind = kind
        self.outcome = outcome
        self.code = code
        self.httpStatus = httpStatus
        self.message = message
        self.elapsed = elapsed
    }
}

/// Where a settled job goes.
package enum SettledStep: Equatable, Sendable {
    /// Never sent: give the attempt back and wait.
    case release(after: Duration)
    /// Definitely not opened: try again.
    case retry(after: Duration)
    /// Outcome unknown: look it up.
    case verify(after: Duration)
    /// Outcome unknown and to be decided by an operator: stays in `verify`, due never.
    case park
    /// Ended.
    case finish(JobState, result: EncodedResult, expiresAt: Timestamp?)
}

/// An outcome to be written, fenced by its lease.
package struct Settlement: Equatable, Sendable {
    package var lease: LeaseRef
    package var step: SettledStep
    /// nil when nothing was done with the provider (release, expiry).
    package var attempt: AttemptRecord?

    package init(lease: LeaseRef, step: SettledStep, attempt: AttemptRecord?) {
        self.lease = lease
        self.step = step
        self.attempt = attempt
    }
}

/// A row of the outbox with its result: to be published, then acknowledged.
package struct OutboxRecord: Equatable, Sendable {
    package var outboxID: Int64
    package var result: EncodedResult
    package var traceparent: String?

    package init(outboxID: Int64, result: EncodedResult, traceparent: String?) {
        self.outboxID = outboxID
        self.result = result
        self.traceparent = traceparent
    }
}

/// What settling wrote.
package struct SettleReport: Equatable, Sendable {
    /// The outbox rows of this batch, owned by this worker.
    package var outbox: [OutboxRecord]
    /// Leases that were lost: nothing was written for them, nothing may be published.
    package var lost: [LeaseRef]

    package init(outbox: [OutboxRecord], lost: [LeaseRef]) {
        self.outbox = outbox
        self.lost = lost
    }
}

/// What is waiting, for back-pressure and for the readiness answer.
package struct Backlog: Equatable, Sendable {
    /// Jobs not yet ended, by the topic that they came from.
    package var jobsByTopic: [String: Int]
    /// Age of the oldest outbox row.
    package var oldestUnpublished: Duration?

    package init(jobsByTopic: [String: Int], oldestUnpublished: Duration?) {
        self.jobsByTopic = jobsByTopic
        self.oldestUnpublished = oldestUnpublished
    }
}

/// The durable state, one method per transaction. Every method may throw `StoreError`.
package protocol JobStore: Sendable {
    /// Accounts for a batch, with its position, in one transaction. Running it again is harmless.
    func ingest(_ batch: IngestBatch) async throws -> IngestReport
    /// The stored next offsets; partitions without one are absent.
    func positions(of partitions: [TopicPartition]) async throws -> [TopicPartition: Int64]
    /// Leases due jobs and marks those to be sent, durably.
    func claim(_ request: ClaimRequest) async throws -> Claim
    /// Writes outcomes, results and outbox rows in one transaction; rows whose lease was lost are left alone.
    func settle(_ settlements: [Settlement]) async throws -> SettleReport
    /// Deletes outbox rows whose publication was acknowledged.
    func acknowledge(_ outboxIDs: [Int64]) async throws
    /// Takes over outbox rows that nobody alive owns, at most `limit`.
    func adoptOutbox(limit: Int) async throws -> [OutboxRecord]
    /// Moves jobs whose lease ran out to `verify`, at most `limit`. Returns how many.
    func reap(limit: Int) async throws -> Int
    /// Says that this worker lives; without it others adopt its outbox rows after `lifetime`.
    func heartbeat(lifetime: Duration) async throws
    /// Closes an account's gate for every worker until `after` has passed.
    func closeGate(account: String, for duration: Duration, reason: String) async throws
    /// Deletes sealed values that are no longer needed, at most `limit` of each kind. Returns how many.
    func wipe(_ retention: Retention, limit: Int) async throws -> Int
    func backlog() async throws -> Backlog
}

/// How long sealed values are kept.
package struct Retention: Equatable, Sendable {
    /// The job's body, after its end.
    package var request: Duration
    /// A result that holds a URL, after the URL's expiry.
    package var openedResult: Duration
    /// Any other result, after its end.
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
    /// The stored position is behind the batch: the database lost commits that Kafka was told of.
    case positionMovedBack(TopicPartition, stored: Int64?)
    /// A sealed value could not be opened: wrong key, or the row was tampered with.
    case unsealable(String)
    /// The statement was refused. `sqlState` is Postgres's five-character code.
    case refused(sqlState: String, String)
}

extension StoreError {
    /// The reason, when waiting may mend it: no connection, a full disk, a lock or a statement that took too long, a
    /// server that starts, stops or is a standby for the moment.
    package var passingReason: String? {
        switch self {
        case .unavailable(let reason): reason
        case .refused(let sqlState, let reason):
            ["08", "53", "57"].contains(String(sqlState.prefix(2)))
                || ["25006", "40001", "40P01", "55P03"].contains(sqlState) ? "\(sqlState) \(reason)" : nil
        case .positionMovedBack, .unsealable: nil
        }
    }
}
