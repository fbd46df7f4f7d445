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
    /// Rests that have begun: whoever waits for their end is `runRests`.
    let rests: Mailbox<Duration>
    let patience: Patience
    let clock: WorkerClock
    let activity: Activity
    /// Whether results can be delivered: a link that cannot be delivered is not minted.
    let mayMint: @Sendable () -> Bool

    /// Ends when the slots are stopped and the causes finished.
    func run() async throws {
        var next = NextLook()
        while let gathered = await causes.takeAll() {
            if gathered.contains(.workStored) { next.at = .zero }
            // Freed slots are no reason to ask a queue that had nothing for the last ones.
            guard next.hasMore || clock.uptime >= next.at else { continue }
            try await look(&next)
        }
    }

    /// Looks again when a rest is over. Ends when the rests are finished.
    func runRests() async throws {
        while let rest = await rests.takeAll()?.last {
            await clock.rest(for: rest)
            causes.send(.tick)
        }
    }

    private struct NextLook {
        /// The uptime of the next look that needs no cause.
        var at = Duration.zero
        /// Whether there may be more than there was room for.
        var hasMore = true
        /// Until then only what agents wait for is claimed.
        var othersFrom = Duration.zero
    }

    /// Claims as long as claims come back full. What it is due for stays due until something was claimed.
    private func look(_ next: inout NextLook) async throws {
        next.hasMore = true
        var isFirst = true
        var pause = Self.pauses.base
        var isWaiting = false
        defer { patience.gaveUp(isWaiting: isWaiting) }
        while mayMint(), slots.mayTake {
            let uptime = clock.uptime
            let isResting = uptime < next.othersFrom
            if isResting, shares.isDrained(.interactive) {
                next.at = next.othersFrom
                next.hasMore = false
                return
            }
            let permits = guards.permits(at: uptime)
            for account in permits.probing { try await probe(account) }
            for account in guards.trialsDue(now: clock.databaseNow) { try await tryHeld(account) }
            var lanes = rightOfWay.fitted(plan(permits, isDue: isFirst && uptime >= next.at), now: uptime)
            if isResting { lanes = agentsShare(of: lanes) }
            guard !lanes.isEmpty else { return }
            let began = clock.uptime
            let request = ClaimRequest(accounts: permits.open, lanes: lanes, lease: settings.lease)
            guard let claim = try await self.claim(request, for: .work, isWaiting: &isWaiting) else {
                try await clock.wait(for: pause)
                pause = min(pause * 2, Self.pauses.cap)
                continue
            }
            pause = Self.pauses.base
            let now = clock.uptime
            let findings = ClaimFindings(request, claim, isPartial: permits.hasFull)
            isFirst = false
            let leavesRoom = shares.claimed(findings, by: request)
            rightOfWay.claimed(claim.jobs, at: now)
            next.at = nextLook(after: claim)
            guard findings.isFull || leavesRoom else {
                next.hasMore = shares.hasMore
                if isResting { next.at = min(next.at, next.othersFrom) }
                return
            }
            let others = findings.counts.reduce(0) { $1.key == .interactive ? $0 : $0 + $1.value }
            let rest = rightOfWay.rest(afterClaim: now - began, of: others, now: now)
            guard rest > .zero else { continue }
            activity.restedForAgents()
            next.othersFrom = now + rest
            rests.send(rest)
        }
    }

    /// Between claims that find no database.
    private static var pauses: Backoff { Backoff(base: .milliseconds(100), cap: .seconds(2)) }

    private func plan(_ permits: AccountGuards.Permits, isDue: Bool) -> [LaneQuota] {
        shares.claimable(slots.room(ahead: permits.ahead), of: permits.open, isDue: isDue, at: clock.uptime)
    }

    /// What agents wait for. Where the turn was another lane's, one of theirs goes in its place.
    private func agentsShare(of lanes: [LaneQuota]) -> [LaneQuota] {
        guard !lanes.isEmpty else { return [] }
        let limit = lanes.first { $0.lane == .interactive }?.limit ?? 1
        return [LaneQuota(lane: .interactive, limit: limit)]
    }

    private func nextLook(after claim: Claim) -> Duration {
        guard let due = claim.nextDue else { return clock.uptime + settings.pollInterval }
        return clock.uptime + min(settings.pollInterval, max(.zero, claim.now.duration(to: due)))
    }

    private func probe(_ account: String) async throws {
        guards.probeStarted(account)
        switch try await claimOne(of: account, for: .probe) {
        case .called: break
        case .passed: guards.probeAbandoned(account, at: clock.uptime)
        // Nothing is due: it is looked for again like any other work.
        case .nothing: guards.probeAbandoned(account, at: clock.uptime + settings.pollInterval)
        }
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
        /// None yet: what was found needs no call, or cannot be read, and was dealt with, or no database answered.
        /// There may be more.
        case passed
        case nothing
    }

    /// Jobs without a call that are passed over at a time, of each lane: other accounts wait meanwhile.
    private static var passedMax: Int { 20 }

    /// Looks for one job that is to be called. What needs no call comes to its end on the way: jobs whose time is over
    /// may be many, and stand before all others.
    private func claimOne(of account: String, for purpose: Purpose) async throws -> Search {
        var hasPassed = false
        let searches = leavesLookUps(account, purpose) ? [true, false] : [false]
        let lanes = purpose == .trial ? guards.trialLanes(account) : Lane.allCases
        var isWaiting = false
        defer { patience.gaveUp(isWaiting: isWaiting) }
        for leavesLookUps in searches {
            for lane in lanes {
                let one = ClaimRequest(
                    accounts: [AccountQuota(account: account, limit: 1)],
                    lanes: [LaneQuota(lane: lane, limit: 1)],
                    lease: settings.lease,
                    isTrial: purpose == .trial,
                    leavesLookUps: leavesLookUps
                )
                for _ in 0..<Self.passedMax {
                    guard let claim = try await self.claim(one, for: purpose, isWaiting: &isWaiting) else {
                        // A probe or a trial is due again at once, and no others may be claimed meanwhile.
                        if !slots.isStopping { try await clock.wait(for: .milliseconds(500)) }
                        return .passed
                    }
                    if claim.jobs.contains(where: isCalled) { return .called }
                    if claim.jobs.isEmpty, claim.setAside.isEmpty { break }
                    hasPassed = true
                }
            }
            // Behind them there may be one to send: look-ups have time until there is none for certain.
            if hasPassed { return .passed }
        }
        return .nothing
    }

    private func leavesLookUps(_ account: String, _ purpose: Purpose) -> Bool {
        switch purpose {
        case .work: false
        case .probe: guards.probeLeavesLookUps(account)
        case .trial: guards.leavesLookUps(account)
        }
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

    /// nil: no database answered. It may be away for long: whether this is wanted still is to be asked anew. Nor is
    /// anything claimed once the worker stops: whoever reserved before is waited for, and nobody after.
    private func claim(_ request: ClaimRequest, for purpose: Purpose, isWaiting: inout Bool) async throws -> Claim? {
        let reserved = slots.reserve(request.lanes.reduce(0) { $0 + $1.limit })
        do {
            guard !slots.isStopping else {
                slots.taken(0, of: reserved)
                return nil
            }
            let asked = clock.uptime
            let made = try await patience.once(isWaiting: &isWaiting) { [store] in try await store.claim(request) }
            guard let claim = made else {
                slots.taken(0, of: reserved)
                return nil
            }
            clock.learn(claim.now, asked: asked, receivedAt: clock.uptime)
            slots.taken(claim.jobs.count, ofAgents: claim.jobs.count { $0.lane == .interactive }, of: reserved)
            for job in claim.jobs where isCalled(job) { note(job, claimedFor: purpose) }
            dispatcher.start(claim.jobs, asked: asked)
            return claim
        } catch {
            slots.taken(0, of: reserved)
            throw error
        }
    }
}
