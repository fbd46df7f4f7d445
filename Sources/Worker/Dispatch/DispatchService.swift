import BlockingThreads
import SessionCore

/// Why the dispatcher should look for work.
enum DispatchCause: Sendable {
    case workStored
    case slotsFreed
    case tick
}

/// Claims what can be sent now, and has it called.
struct DispatchService<Store: JobStore, Provider: Cashier>: Sendable {
    let store: Store
    let dispatcher: Dispatcher<Provider>
    let settings: WorkerSettings
    let guards: AccountGuards
    let slots: CallSlots
    let shares: LaneShares
    let rightOfWay: RightOfWay
    let causes: Mailbox<DispatchCause>
    let patience: Patience
    let clock: WorkerClock
    let activity: Activity
    /// Whether results can be delivered: a link that cannot be delivered is not minted.
    let mayMint: @Sendable () -> Bool

    /// Ends when the slots are stopped and the causes finished.
    func run() async throws {
        var nextLook = Duration.zero
        var hasMore = true
        while let gathered = await causes.takeAll() {
            let isNew = gathered.contains { $0 == .workStored }
            // Freed slots are no reason to ask a queue that had nothing for the last ones.
            guard isNew || hasMore || clock.uptime >= nextLook else { continue }
            (nextLook, hasMore) = try await look()
        }
    }

    /// Claims as long as claims come back full, with rests while agents send jobs. Returns the uptime of the next look that needs no cause, and whether
    /// there may be more than there was room for.
    private func look() async throws -> (nextLook: Duration, hasMore: Bool) {
        while mayMint() {
            let uptime = clock.uptime
            let ahead = slots.expected(within: CallSlots.lookAhead, at: uptime)
            // A claim takes jobs of all lanes: what stands in line is before most of them.
            let permits = guards.permits(for: .campaign, at: uptime, ahead: ahead)
            for account in permits.probing { try await probe(account) }
            for account in guards.trialsDue(now: clock.databaseNow) { try await tryHeld(account) }
            let room = permits.open.reduce(0) { min(1_000_000, $0 + $1.limit) }
            let lanes = rightOfWay.fitted(shares.claimable(slots.free(at: uptime), room: room), now: uptime)
            guard !lanes.isEmpty else { return (uptime + settings.pollInterval, true) }
            let began = clock.uptime
            let claim = try await claim(accounts: permits.open, lanes)
            let counts = Dictionary(claim.jobs.map { ($0.lane, 1) }, uniquingKeysWith: +)
            shares.claimed(counts, of: lanes)
            let isFull = lanes.contains { counts[$0.lane, default: 0] >= $0.limit }
            guard isFull else { return (nextLook(after: claim), false) }
            let now = clock.uptime
            let others = claim.jobs.count - counts[.interactive, default: 0]
            await clock.rest(for: rightOfWay.rest(afterClaim: now - began, of: others, now: now))
        }
        return (clock.uptime + settings.pollInterval, true)
    }

    private func nextLook(after claim: Claim) -> Duration {
        guard let due = claim.nextDue else { return clock.uptime + settings.pollInterval }
        return clock.uptime + min(settings.pollInterval, max(.zero, claim.now.duration(to: due)))
    }

    private func probe(_ account: String) async throws {
        guards.probeStarted(account)
        if case .called = try await claimOne(of: account, for: .probe) { return }
        guards.probeAbandoned(account, at: clock.uptime)
    }

    /// One job of a held account finds out whether it is well again, if no other worker's does.
    private func tryHeld(_ account: String) async throws {
        guard let interval = settings.accounts[account]?.trialInterval else { return }
        let now = clock.databaseNow
        if !guards.owesTrial(account, now: now) {
            let mayTry = try await patience.untilDone { [store] in
                try await store.beginTrial(account: account, next: interval)
            }
            guard mayTry else { return }
        }
        if case .passed = try await claimOne(of: account, for: .trial) {
            guards.trialOwed(account, until: now.advanced(by: interval))
        }
    }

    /// What jobs are claimed for.
    private enum Purpose {
        case work
        /// To find out whether the provider answers again, for the breaker.
        case probe
        /// To find out whether a held account is well again.
        case trial
    }

    /// What a search for one job to call came to.
    private enum Search {
        case called
        /// Only jobs that need no call, which were dealt with; there may be more.
        case passed
        case nothing
    }

    /// Jobs without a call that are passed over at a time, of each lane: other accounts wait meanwhile.
    private static var passedMax: Int { 20 }

    /// Looks for one job that is to be called. What needs no call comes to its end on the way: jobs whose time is over
    /// may be many, and stand before all others.
    private func claimOne(of account: String, for purpose: Purpose) async throws -> Search {
        var hasPassed = false
        for lane in Lane.allCases {
            let one = [LaneQuota(lane: lane, limit: 1)]
            for _ in 0..<Self.passedMax {
                let claim = try await claim(accounts: [AccountQuota(account: account, limit: 1)], one, for: purpose)
                if claim.jobs.contains(where: isCalled) { return .called }
                if claim.jobs.isEmpty { break }
                hasPassed = true
            }
        }
        return hasPassed ? .passed : .nothing
    }

    private func isCalled(_ job: ClaimedJob) -> Bool {
        switch job.purpose {
        case .open: true
        case .lookUp: settings.accounts[job.order.account]?.outcomes.rules.looksUp ?? false
        case .expire: false
        }
    }

    private func note(_ job: ClaimedJob, claimedFor purpose: Purpose) {
        switch purpose {
        case .work: break
        case .probe: guards.probeClaimed(job)
        case .trial: guards.trialStarted(job)
        }
    }

    private func claim(
        accounts: [AccountQuota],
        _ lanes: [LaneQuota],
        for purpose: Purpose = .work
    ) async throws -> Claim {
        let isTrial = purpose == .trial
        let request = ClaimRequest(accounts: accounts, lanes: lanes, lease: settings.lease, isTrial: isTrial)
        let reserved = slots.reserve(lanes.reduce(0) { $0 + $1.limit }, at: clock.uptime)
        do {
            let (asked, claim) = try await patience.untilDone { [clock, store] in
                let asked = clock.uptime
                return (asked, try await store.claim(request))
            }
            clock.learn(claim.now, receivedAt: clock.uptime)
            slots.taken(claim.jobs.count, of: reserved)
            for job in claim.jobs where isCalled(job) { note(job, claimedFor: purpose) }
            dispatcher.start(claim.jobs, asked: asked)
            return claim
        } catch {
            slots.taken(0, of: reserved)
            throw error
        }
    }
}
