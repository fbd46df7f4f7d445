/// Why an account's jobs do not start. An account can be held for several reasons at once.
package enum HoldKind: String, CaseIterable, Sendable {
    /// A person said so, and only a person ends it.
    case byOperator = "operator"
    /// The provider refuses the account as it is set up. Ends with a trial call that goes well.
    case fault
    /// The provider says that it is under maintenance. Ends with a trial call that goes well.
    case maintenance
    /// The provider said how long to wait.
    case delay

    /// Whether single jobs are sent to find out if it is over.
    package var hasTrials: Bool {
        switch self {
        case .fault, .maintenance: true
        case .byOperator, .delay: false
        }
    }
}

/// A hold that an answer of the provider's asks for.
package struct HoldCause: Equatable, Sendable {
    package var kind: HoldKind
    /// How long, for a `delay`; nil: until a trial goes well.
    package var lasts: Duration?
    /// The answer's code.
    package var code: String
    /// For the operator: what is wrong and what to do. Redacted.
    package var reason: String

    package init(kind: HoldKind, lasts: Duration? = nil, code: String, reason: String) {
        precondition((kind == .delay) == (lasts != nil) && kind != .byOperator, "a hold's kind and its end go together")
        self.kind = kind
        self.lasts = lasts
        self.code = code
        self.reason = reason
    }
}

/// A hold in force.
package struct AccountHold: Equatable, Sendable {
    package var account: String
    package var kind: HoldKind
    package var heldAt: Timestamp
    /// nil: until a trial goes well or a person releases it.
    package var until: Timestamp?
    package var trialAt: Timestamp?
    package var code: String?
    package var reason: String
    /// Who holds it, where a person does.
    package var actor: String?

    package init(
        account: String,
        kind: HoldKind,
        heldAt: Timestamp,
        until: Timestamp?,
        trialAt: Timestamp?,
        code: String?,
        reason: String,
        actor: String?
    ) {
        self.account = account
        self.kind = kind
        self.heldAt = heldAt
        self.until = until
        self.trialAt = trialAt
        self.code = code
        self.reason = reason
        self.actor = actor
    }
}

/// What a worker sees of an account, for the operator.
package struct AccountReport: Equatable, Sendable {
    package var account: String
    package var inFlight: Int
    /// Calls that may be in flight at present, of `concurrencyMax`.
    package var concurrency: Int
    package var concurrencyMax: Int
    /// `closed`, `open` or `probing`.
    package var breaker: String
    /// The provider's clock less the database's, as last seen.
    package var clockDifference: Duration?
    /// What is added to signing times because of it.
    package var clockAdjustment: Duration
    /// Since when the provider refuses look-ups to the account.
    package var lookUpRefusedAt: Timestamp?

    package init(
        account: String,
        inFlight: Int,
        concurrency: Int,
        concurrencyMax: Int,
        breaker: String,
        clockDifference: Duration?,
        clockAdjustment: Duration,
        lookUpRefusedAt: Timestamp?
    ) {
        self.account = account
        self.inFlight = inFlight
        self.concurrency = concurrency
        self.concurrencyMax = concurrencyMax
        self.breaker = breaker
        self.clockDifference = clockDifference
        self.clockAdjustment = clockAdjustment
        self.lookUpRefusedAt = lookUpRefusedAt
    }
}

/// The holds of accounts, shared by all workers. Every method may throw `StoreError`, and is safe to run again.
package protocol HoldStore: Sendable {
    /// Holds an account for every worker; `trialAfter` is the time to the first trial of a kind that has them.
    func hold(account: String, _ cause: HoldCause, trialAfter: Duration) async throws
    /// The holds in force, of all accounts.
    func holds() async throws -> [AccountHold]
    /// Takes the right to try a held account with one job: only if a trial is due, nothing but its own fault or
    /// maintenance holds it, and a job of it is due. The next trial is due after `next`.
    func beginTrial(account: String, next: Duration) async throws -> Bool
    /// A trial that was sent at `sent` went well: ends what it was about, unless that was found out later.
    func endHold(account: String, trialSent sent: Timestamp) async throws
    /// Stores what this worker sees of its accounts.
    func report(_ reports: [AccountReport]) async throws
}
