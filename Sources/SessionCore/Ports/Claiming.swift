/// How many jobs of a lane to claim.
package struct LaneQuota: Equatable, Sendable {
    package var lane: Lane
    package var limit: Int

    package init(lane: Lane, limit: Int) {
        self.lane = lane
        self.limit = limit
    }
}

/// How many jobs of an account to claim.
package struct AccountQuota: Equatable, Sendable {
    package var account: String
    package var limit: Int
    /// How many of agents where that is more: their calls do not wait for those that others have in line.
    package var past: Int

    package init(account: String, limit: Int, past: Int = 0) {
        self.account = account
        self.limit = limit
        self.past = past
    }

    /// How many jobs of a lane.
    package func limit(of lane: Lane) -> Int {
        lane == .interactive ? max(limit, past) : limit
    }
}

extension LaneQuota {
    /// How many of the lane's jobs to claim of an account.
    package func limit(of account: AccountQuota) -> Int {
        min(limit, account.limit(of: lane))
    }
}

/// What a claim asks for: of each lane at most its quota, and of each lane and account at most the account's.
package struct ClaimRequest: Equatable, Sendable {
    /// Jobs of other accounts are left alone (their breaker is open, or they are not configured here).
    package var accounts: [AccountQuota]
    package var lanes: [LaneQuota]
    package var lease: Duration
    /// Whether this is a trial: the account may be held for its own fault or the provider's maintenance.
    package var isTrial: Bool
    /// Whether jobs that are to be looked up are left alone.
    package var leavesLookUps: Bool

    package init(
        accounts: [AccountQuota],
        lanes: [LaneQuota],
        lease: Duration,
        isTrial: Bool = false,
        leavesLookUps: Bool = false
    ) {
        self.accounts = accounts
        self.lanes = lanes
        self.lease = lease
        self.isTrial = isTrial
        self.leavesLookUps = leavesLookUps
    }
}

/// A lease on a job: whoever holds the newest epoch may write.
package struct LeaseRef: Hashable, Sendable {
    package var jobID: Int64
    package var epoch: Int64

    package init(jobID: Int64, epoch: Int64) {
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

/// A job that this worker holds a lease on. A class, so that handing it on costs a count and no copy.
package final class ClaimedJob: Sendable {
    package let lease: LeaseRef
    package let purpose: ClaimPurpose
    package let order: Order
    package let generation: Int32
    package let lane: Lane
    package let campaign: String?
    /// Attempts so far, the present one included.
    package let attempts: Int
    /// Look-ups since the last attempt, the present one included.
    package let lookUps: Int
    package let acceptedAt: Timestamp
    package let notAfter: Timestamp
    /// Database time of this generation's first durable mark; nil if never sent.
    package let firstSend: Timestamp?
    /// Database time of the last durable mark: the present one for `.open`. nil if never sent.
    package let lastSend: Timestamp?
    /// The code of the newest attempt or look-up before this one; nil if there was none.
    package let lastCode: String?
    /// What the stored job asks for; nil when it cannot be read as this order's.
    package let request: SharedRequest?
    package let traceparent: String?

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
        lastCode: String? = nil,
        request: SharedRequest?,
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
        self.lastCode = lastCode
        self.request = request
        self.traceparent = traceparent
    }
}

/// The answer to a claim.
package struct Claim: Sendable {
    /// Database time at which the claim was made.
    package var now: Timestamp
    package var jobs: [ClaimedJob]
    /// When the next job that is not due yet becomes due, within the accounts asked for; nil if none waits. The time of
    /// the claim where jobs were claimed and this could not be found out.
    package var nextDue: Timestamp?
    /// How many jobs of each lane were due and could not be read: they wait again.
    package var setAside: [Lane: Int]

    package init(now: Timestamp, jobs: [ClaimedJob], nextDue: Timestamp?, setAside: [Lane: Int] = [:]) {
        self.now = now
        self.jobs = jobs
        self.nextDue = nextDue
        self.setAside = setAside
    }
}

/// A place in the queue of a lane of an account: the jobs behind it are due then and have a larger number, or later.
package struct QueuePlace: Equatable, Sendable {
    package var lane: Lane
    package var dueAt: Timestamp
    package var jobID: Int64

    package init(lane: Lane, dueAt: Timestamp, jobID: Int64) {
        self.lane = lane
        self.dueAt = dueAt
        self.jobID = jobID
    }

    /// Before all jobs of the lane.
    package static func start(of lane: Lane) -> QueuePlace {
        QueuePlace(lane: lane, dueAt: Timestamp(microseconds: .min), jobID: 0)
    }
}

/// What a look at a slice of a queue found past its `not_after`.
package struct OverdueClaim: Sendable {
    /// Database time of the look.
    package var now: Timestamp
    /// Leased, each to be ended unsent.
    package var jobs: [ClaimedJob]
    /// Where the next slice begins; nil: no job behind this one is due.
    package var next: QueuePlace?

    package init(now: Timestamp, jobs: [ClaimedJob], next: QueuePlace?) {
        self.now = now
        self.jobs = jobs
        self.next = next
    }
}
