package import SessionCore

/// What a worker needs to know about one account.
package struct WorkerAccount: Sendable {
    package var outcomes: OutcomePolicy
    package var breaker: Breaker.Policy
    /// Calls in flight to the provider at once.
    package var concurrency: ConcurrencyLimit.Policy
    package var retryRatioMax: Double
    /// Calls that may be started in a second; nil: no limit.
    package var ratePerSecond: Int?
    /// Between the trial calls of a held account.
    package var trialInterval: Duration
    /// How far signing times may be moved for the provider's clock.
    package var clockAdjustMax: Duration
    /// What the configuration adds to signing times, in whole seconds.
    package var clockOffset: Duration

    package init(
        outcomes: OutcomePolicy,
        breaker: Breaker.Policy,
        concurrency: ConcurrencyLimit.Policy,
        retryRatioMax: Double,
        ratePerSecond: Int? = nil,
        trialInterval: Duration = .seconds(30),
        clockAdjustMax: Duration = .seconds(30),
        clockOffset: Duration = .zero
    ) {
        self.outcomes = outcomes
        self.breaker = breaker
        self.concurrency = concurrency
        self.retryRatioMax = retryRatioMax
        self.ratePerSecond = ratePerSecond
        self.trialInterval = trialInterval
        self.clockAdjustMax = clockAdjustMax
        self.clockOffset = clockOffset
    }
}

/// How a jobs topic is taken in.
package struct WorkerTopic: Equatable, Sendable {
    package var name: String
    /// nil: `campaign` for jobs that name one, else `interactive`.
    package var lane: Lane?
    /// Jobs of this topic that may wait before it is paused.
    package var backlogMax: Int

    package init(name: String, lane: Lane?, backlogMax: Int) {
        self.name = name
        self.lane = lane
        self.backlogMax = backlogMax
    }
}

/// The limits that a worker keeps. Each has a unit in its name or is a `Duration`.
package struct WorkerSettings: Sendable {
    package var accounts: [String: WorkerAccount]
    package var topics: [WorkerTopic]
    /// Calls in flight at once, look-ups included, over all accounts.
    package var inFlightMax: Int
    /// Slots that only the interactive lane may use.
    package var interactiveReserve: Int
    package var laneWeights: [Lane: Int]
    /// How long a claimed job is this worker's alone. Longer than a call and its settlement take.
    package var lease: Duration
    /// How long a claimed job may wait for its account's turn, at most a quarter of the lease: its signature grows old.
    package var turnWaitMax: Duration = .seconds(15)
    /// For jobs that say no `not_after`, from their intake.
    package var notAfterDefault: Duration
    /// No claiming while a result of this worker's waits longer than this to be published.
    package var unpublishedMax: Duration
    /// After how long without a database this worker's partitions go to others.
    package var leaveAfter: Duration = .seconds(60)
    /// How long calls in flight may take to end at shutdown.
    package var shutdownGrace: Duration
    package var retention: Retention
    /// How long nothing is wiped once all that is old was.
    package var wipeInterval: Duration = .seconds(30)
    /// How often due jobs are looked for when nothing else gives cause.
    package var pollInterval: Duration

    package init(
        accounts: [String: WorkerAccount],
        topics: [WorkerTopic],
        inFlightMax: Int,
        interactiveReserve: Int,
        laneWeights: [Lane: Int],
        lease: Duration,
        notAfterDefault: Duration,
        unpublishedMax: Duration,
        shutdownGrace: Duration,
        retention: Retention,
        pollInterval: Duration
    ) {
        self.accounts = accounts
        self.topics = topics
        self.inFlightMax = inFlightMax
        self.interactiveReserve = interactiveReserve
        self.laneWeights = laneWeights
        self.lease = lease
        self.notAfterDefault = notAfterDefault
        self.unpublishedMax = unpublishedMax
        self.shutdownGrace = shutdownGrace
        self.retention = retention
        self.pollInterval = pollInterval
    }
}
