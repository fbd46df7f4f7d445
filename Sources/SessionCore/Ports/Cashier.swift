/// One call to the provider.
package struct CashierCall: Sendable {
    package enum Kind: Equatable, Sendable {
        /// Open a session for the job.
        case open
        /// Ask what became of the order.
        case lookUp
    }

    package var kind: Kind
    package var job: ClaimedJob
    /// Database time of the durable mark: what the request is signed with, after the account's clock offset.
    package var markedAt: Timestamp
    /// Database time at which the call starts, maybe long after its mark and never too late: what the age of its answer
    /// counts from, and what a look-up's answer speaks of.
    package var startedAt: Timestamp
    /// Added to both, because the provider's clock was found to differ.
    package var clockAdjustment: Duration

    /// Starts with its mark, until it is told when it does.
    package init(kind: Kind, job: ClaimedJob, markedAt: Timestamp, clockAdjustment: Duration = .zero) {
        self.kind = kind
        self.job = job
        self.markedAt = markedAt
        startedAt = markedAt
        self.clockAdjustment = clockAdjustment
    }
}

/// A call that has ended.
package struct AnsweredCall: Sendable {
    package var job: ClaimedJob
    package var answer: CashierAnswer
    /// As in the call: its answer may have waited for long since it came.
    package var startedAt: Timestamp
    /// As in the call.
    package var clockAdjustment: Duration

    package init(job: ClaimedJob, answer: CashierAnswer, startedAt: Timestamp, clockAdjustment: Duration = .zero) {
        self.job = job
        self.answer = answer
        self.startedAt = startedAt
        self.clockAdjustment = clockAdjustment
    }
}

/// What kind of refusal it was: decides what happens to the job and to its account.
package enum ErrorClass: String, CaseIterable, Sendable {
    /// The provider refuses this job for good.
    case declined
    /// Not done; try again soon.
    case retryFast = "retry_fast"
    /// Not done; try again after minutes.
    case retrySlow = "retry_slow"
    /// It may have been done.
    case verify
    /// The account is set up wrongly; the job is fine.
    case configFault = "config_fault"
    /// Too many calls.
    case limited
    /// The provider is under maintenance; the job may have been done.
    case maintenance

    /// Whether it stays open what became of the job.
    package var leavesOpen: Bool {
        switch self {
        case .verify, .maintenance: true
        case .declined, .retryFast, .retrySlow, .configFault, .limited: false
        }
    }
}

/// What is known of a session after a look-up.
package enum SessionSight: String, Equatable, Sendable {
    /// Opened and not used yet. The look-up returns no URL.
    case open
    /// A payment was made or is being made with it.
    case used
    /// Failed or expired: no longer live.
    case over
}

/// The three-valued outcome of a call, with what is needed to act on it. Only positive proof counts.
package enum CallOutcome: Equatable, Sendable {
    /// Signature, echo, freshness and URL were checked.
    case opened(OpenedSession)
    /// The provider answered that it did not and will not do it as sent.
    case refused(ErrorClass)
    /// No byte of the request's body left this process.
    case notSent
    /// A session may or may not exist.
    case unknown
    /// A look-up found the order's session.
    case found(SessionSight)
    /// A look-up found nothing. Conclusive only once the request can no longer be accepted.
    case notFound
    /// The look-up was refused (for example: Agent API disabled); it will not get better by itself.
    case lookUpRefused
}

/// The answer to a call.
package struct CashierAnswer: Equatable, Sendable {
    package var outcome: CallOutcome
    /// The provider's status as text, or a name of Usher's (`timeout`, `reset`, `bad_signature`, `echo`, `not_json`,
    /// …).
    package var code: String
    /// Redacted, at most 256 bytes: never a URL, a name or a token.
    package var message: String
    package var httpStatus: Int?
    /// From `Retry-After`, at most one hour.
    package var retryAfter: Duration?
    /// What the provider's clock showed: the answer's `timestamp`, else its `Date` header. Unix seconds.
    package var providerSeconds: Int64?
    /// From the error table's rule, for a refusal that is tried again; nil: as its class says.
    package var retry: RetryRule?
    package var elapsed: Duration

    package init(
        outcome: CallOutcome,
        code: String,
        message: String,
        httpStatus: Int? = nil,
        retryAfter: Duration? = nil,
        providerSeconds: Int64? = nil,
        retry: RetryRule? = nil,
        elapsed: Duration = .zero
    ) {
        self.outcome = outcome
        self.code = code
        self.message = message
        self.httpStatus = httpStatus
        self.retryAfter = retryAfter
        self.providerSeconds = providerSeconds
        self.retry = retry
        self.elapsed = elapsed
    }
}

/// Codes of answers that decisions turn on.
package enum AnswerCode {
    /// The provider refused the request's timestamp: proof that nothing was done.
    package static let timestamp = "timestamp"
    /// The stored job cannot be read: no waiting mends that.
    package static let jobUnreadable = "job_unreadable"
    /// The provider knows the order and opens no other session for it.
    package static let notUnique = "not_unique"
    /// The call found no connection in time behind this worker's other calls: nothing of it was sent, and nobody was
    /// asked.
    package static let waited = "waited"
    /// The account has no address for look-ups.
    package static let noFindOrderURL = "no_find_order_url"
    /// The account's configuration says that the look-up must not be used.
    package static let lookUpOff = "look_up_off"
    /// The signature of an answer is missing or wrong.
    package static let badSignature = "bad_signature"
    /// An answer names another request than the one that was made.
    package static let echo = "echo"
    /// The URL of an answer may not be handed on.
    package static let url = "url"
    /// The timestamp of an answer is missing or too far from the clock.
    package static let stale = "stale"

    /// A look-up found a session.
    package static let found = "0"
    /// A look-up found a session whose status is not known.
    package static let foundUnclear = "session_status"

    /// Of the newest attempt or look-up: whether it was a look-up that found a session.
    package static func isFound(_ code: String?) -> Bool {
        code == found || code == foundUnclear
    }

    /// Of answers that say success and are not believed: a session may be open that nobody is told of.
    package static func isUnverified(_ code: String) -> Bool {
        code == badSignature || code == echo || code == url || code == stale
    }
}

/// The provider. A call never throws: what went wrong is an outcome.
package protocol Cashier: Sendable {
    /// Starts calls, in order. Each is answered once through `answers`.
    func start(_ calls: [CashierCall])
    /// Waits until calls have ended and returns all that have; nil once the client was closed and all were taken.
    func answers() async -> [AnsweredCall]?
    /// Waits until no call is in flight, at most `timeout`; then ends those left, as unknown. `answers` ends when all
    /// have been taken.
    func close(timeout: Duration) async
}
