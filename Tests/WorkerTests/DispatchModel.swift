import SessionCore

@testable import Worker

/// A worker's dispatching in a time of its own: claims and settlements take none of it, and a provider answers each
/// call after a while.
struct DispatchModel {
    struct Account {
        /// How long the provider takes at least.
        var reply: Duration
        /// How much longer it takes at most.
        var spread = Duration.zero
        var concurrency: Int
        /// Jobs that wait in the store.
        var backlog: [Lane: Int] = [:]
    }

    private struct Call {
        var job: ClaimedJob
        var endsAt: Duration
    }

    /// More than any test gets through.
    static let endless = 1_000_000_000
    private static let step = Duration.milliseconds(5)
    private static let pollInterval = Duration.milliseconds(250)

    private(set) var now = Duration.zero
    var accounts: [String: Account]
    private var silentUntil: [String: Duration] = [:]
    private var calls: [Call] = []
    private var taken: [String: Int] = [:]
    private var starts: [String: [Lane: Int]] = [:]
    private var answers: [String: [Lane: Int]] = [:]
    private var polledAt = Duration.zero
    private var lastJob: Int64 = 0
    private let guards: AccountGuards
    private let slots: CallSlots
    private let shares: LaneShares

    /// - Parameter reserve: slots that only agents may use.
    init(_ accounts: [String: Account], inFlightMax: Int = 200, reserve: Int = 40) {
        self.accounts = accounts
        guards = AccountGuards(
            accounts: accounts.mapValues { AccountGuardsTests.account(concurrencyMax: $0.concurrency) },
            agentsShare: Double(reserve) / Double(inFlightMax)
        )
        slots = CallSlots(limit: inFlightMax, reserve: reserve)
        shares = LaneShares(weights: [.interactive: 8, .campaign: 3, .replay: 1], reserve: reserve)
    }

    /// How many calls were answered.
    func answered(_ account: String, _ lane: Lane) -> Int {
        answers[account, default: [:]][lane, default: 0]
    }

    /// How many calls were made.
    func begun(_ account: String, _ lane: Lane) -> Int {
        starts[account, default: [:]][lane, default: 0]
    }

    /// How many jobs stand in the account's line.
    func waiting(_ account: String) -> Int {
        taken[account, default: 0] - starts[account, default: [:]].values.reduce(0, +)
    }

    /// The account's provider says nothing for so long.
    mutating func silence(_ account: String, for duration: Duration) {
        let end = now + duration
        silentUntil[account] = end
        for index in calls.indices where calls[index].job.order.account == account {
            calls[index].endsAt = max(calls[index].endsAt, end)
        }
    }

    /// Jobs are stored that wait.
    mutating func store(_ jobs: Int, _ lane: Lane, of account: String) {
        accounts[account]?.backlog[lane, default: 0] += jobs
        shares.stored(jobs, in: lane, of: [account])
    }

    mutating func run(for duration: Duration) {
        let end = now + duration
        while now < end {
            now += Self.step
            answer()
            look()
        }
    }

    private mutating func answer() {
        let now = self.now
        let ended = calls.filter { $0.endsAt <= now }.map(\.job)
        guard !ended.isEmpty else { return }
        calls.removeAll { $0.endsAt <= now }
        for job in ended { answers[job.order.account, default: [:]][job.lane, default: 0] += 1 }
        let turn = guards.ended(
            ended.map { .init(job: $0, sign: AccountSign(isWell: true)) },
            at: now,
            now: AccountGuardsTests.now
        )
        slots.answered(ended.count, ofAgents: ended.count { $0.lane == .interactive }, at: now)
        slots.settled(ended.count)
        start(turn.next)
    }

    /// As the worker's dispatching does.
    private mutating func look() {
        var isDue = now >= polledAt + Self.pollInterval
        if isDue { polledAt = now }
        while true {
            let permits = guards.permits(at: now)
            let room = slots.room(ahead: permits.ahead)
            let lanes = shares.claimable(room, of: permits.open, isDue: isDue, at: now)
            guard !lanes.isEmpty else { return }
            isDue = false
            let request = ClaimRequest(accounts: permits.open, lanes: lanes, lease: .seconds(60))
            let jobs = claim(request)
            let findings = ClaimFindings(
                request,
                Claim(now: AccountGuardsTests.now, jobs: jobs, nextDue: nil),
                isPartial: permits.hasFull
            )
            let leavesRoom = shares.claimed(findings, by: request)
            take(jobs)
            guard findings.isFull || leavesRoom else { return }
        }
    }

    /// Of a lane's accounts in turn, as the store does.
    private mutating func claim(_ request: ClaimRequest) -> [ClaimedJob] {
        var jobs: [ClaimedJob] = []
        for lane in request.lanes {
            let limits = request.accounts.map { quota in
                min(lane.limit(of: quota), accounts[quota.account]?.backlog[lane.lane] ?? 0)
            }
            var left = lane.limit
            for turn in 0..<(limits.max() ?? 0) {
                for (quota, limit) in zip(request.accounts, limits) where turn < limit && left > 0 {
                    lastJob += 1
                    left -= 1
                    accounts[quota.account]?.backlog[lane.lane, default: 0] -= 1
                    jobs.append(AccountGuardsTests.job(lastJob, account: quota.account, lane: lane.lane))
                }
            }
        }
        return jobs
    }

    private mutating func take(_ jobs: [ClaimedJob]) {
        for job in jobs { taken[job.order.account, default: 0] += 1 }
        slots.taken(jobs.count, ofAgents: jobs.count { $0.lane == .interactive }, of: 0)
        let calls = jobs.map { CashierCall(kind: .open, job: $0, markedAt: $0.acceptedAt) }
        start(guards.begin(calls.map { .init(call: $0, sendBy: .seconds(3_600)) }).next)
    }

    private mutating func start(_ queued: [AccountGuards.QueuedCall]) {
        for job in queued.map(\.call.job) {
            let name = job.order.account
            guard let account = accounts[name] else { continue }
            starts[name, default: [:]][job.lane, default: 0] += 1
            // Neither in waves nor by chance.
            let part = Int(job.lease.jobID * 7_919 % 100)
            let end = now + account.reply + account.spread * part / 100
            calls.append(Call(job: job, endsAt: max(end, silentUntil[name] ?? .zero)))
        }
    }
}
