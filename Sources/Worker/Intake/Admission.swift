import SessionCore

/// Says which jobs of a batch may start at once: as many as there is room for, of lanes in which nothing older waits,
/// and of accounts that may be called.
///
/// A job that starts at once costs the database half of one that is stored first and claimed later. So where the
/// provider answers so fast that the whole batch will have its turn in a moment, that moment is waited for; where it
/// does not, intake runs ahead of the calls, because records that wait in Kafka are seen by nobody.
struct Admission: Sendable {
    /// A provider is fast when a whole batch of calls is answered within this time.
    static let fast = Duration.milliseconds(150)
    /// At most so long is room waited for.
    static let patience = Duration.milliseconds(500)
    /// What was stored to wait is let go first if that takes no longer, so that what follows may start at once again.
    static let catchUp = Duration.seconds(5)

    let slots: CallSlots
    let shares: LaneShares
    let guards: AccountGuards
    let clock: WorkerClock
    let mayMint: @Sendable () -> Bool

    /// Marks the jobs that may start, and returns the room that was set aside for them.
    func admit(_ batch: inout IngestBatch) async -> Int {
        let now = clock.databaseNow
        let wishes = Self.wishes(batch.jobs, now)
        guard !wishes.isEmpty, mayMint(), let lane = batch.jobs.first?.lane else { return 0 }
        await waitForRoom(wishes, lane)
        let permits = guards.permits(at: clock.uptime)
        var accounts: [String: AccountQuota] = [:]
        for quota in permits.open { accounts[quota.account] = quota }
        let wanted = wishes.reduce(0) { $0 + $1.limit }
        let reserved = slots.reserve(wanted, ahead: permits.ahead, areAgents: lane == .interactive)
        let spare = slots.room(ahead: permits.ahead)
        var rooms: [Lane: Int] = [:]
        for lane in Lane.allCases {
            rooms[lane] = shares.startable(lane, reserved + spare.free, ofAgents: spare.ofAgents)
        }
        mark(&batch.jobs, now, reserved, &rooms, &accounts)
        return reserved
    }

    /// What was stored to wait is ahead of what comes next.
    func stored(_ batch: IngestBatch, started: [ClaimedJob]) {
        guard started.count < batch.jobs.count else { return }
        let now = clock.databaseNow
        let accounts = Self.wishes(batch.jobs, now).map(\.account)
        for lane in Lane.allCases {
            // By their places, as below.
            let due =
                batch.jobs.indices.count { batch.jobs[$0].lane == lane && Self.isDue(batch.jobs[$0], now) }
                - started.count { $0.lane == lane }
            if due > 0 { shares.stored(due, in: lane, of: accounts) }
        }
    }

    /// The jobs of each account that are due.
    private static func wishes(_ jobs: [AcceptedJob], _ now: Timestamp) -> [AccountQuota] {
        var wishes: [AccountQuota] = []
        // By their places: to copy a job is to count all that is in it.
        for place in jobs.indices where isDue(jobs[place], now) {
            // Nearly always there is one account.
            if let index = wishes.firstIndex(where: { $0.account == jobs[place].order.account }) {
                wishes[index].limit += 1
            } else {
                wishes.append(AccountQuota(account: jobs[place].order.account, limit: 1))
            }
        }
        return wishes
    }

    private func waitForRoom(_ wishes: [AccountQuota], _ lane: Lane) async {
        let start = clock.uptime
        while !slots.isStopping {
            let uptime = clock.uptime
            let permits = guards.permits(at: uptime)
            var room = 0
            var wanted = 0
            for wish in wishes {
                let account = guards.room(for: wish, of: lane, within: Self.fast, at: uptime)
                room += account.now
                wanted += account.soon
            }
            let spare = slots.room(ahead: permits.ahead)
            let free = lane == .interactive ? max(spare.free, spare.past) : spare.free
            room = min(room, shares.startable(lane, free, ofAgents: spare.ofAgents))
            guard room < wanted, uptime < start + Self.patience,
                slots.mayAnswer(wanted, within: Self.fast, at: uptime),
                slots.mayAnswer(shares.ahead(in: lane), within: Self.catchUp, at: uptime)
            else { return }
            await slots.change()
        }
    }

    private func mark(
        _ jobs: inout [AcceptedJob],
        _ now: Timestamp,
        _ reserved: Int,
        _ rooms: inout [Lane: Int],
        _ accounts: inout [String: AccountQuota]
    ) {
        var left = reserved
        for index in jobs.indices {
            guard left > 0 else { return }
            let lane = jobs[index].lane
            guard Self.isDue(jobs[index], now), rooms[lane, default: 0] > 0,
                let account = accounts.index(forKey: jobs[index].order.account),
                accounts.values[account].limit(of: lane) > 0
            else { continue }
            jobs[index].mayStart = true
            left -= 1
            rooms[lane, default: 0] -= 1
            accounts.values[account].take(lane)
        }
    }

    private static func isDue(_ job: AcceptedJob, _ now: Timestamp) -> Bool {
        (job.notBefore ?? now) <= now && job.notAfter > now
    }
}

extension AccountQuota {
    /// A job of the lane is taken of it.
    fileprivate mutating func take(_ lane: Lane) {
        limit -= 1
        if lane == .interactive { past -= 1 }
    }
}
