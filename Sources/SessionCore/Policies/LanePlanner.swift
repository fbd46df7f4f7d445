/// Divides free call slots between the lanes: by weight while all lanes have work, however few slots come free at a
/// time, without waste while some have none, and never so that the interactive lane finds no slot.
package struct LanePlanner: Equatable, Sendable {
    /// A lane catches up with so many jobs at most, in which it was passed over for other reasons than whole numbers.
    private static let carriedMax = 2.0

    private let weights: [Lane: Int]
    /// Slots that only the interactive lane may use.
    private let reserve: Int
    /// Lanes that had less than they were offered when last asked.
    private var drained: Set<Lane> = []
    /// Lanes in which a claim found nothing while an account without room was not asked: what waits there is that
    /// account's, and what the others have room for is left to the other lanes.
    package private(set) var blocked: Set<Lane> = []
    /// How many jobs were stored to wait since a lane was last seen empty, as far as this worker knows.
    private var waiting: [Lane: Int] = [:]
    /// How many jobs less than its share each lane has had; below zero where it had more. Of lanes that all have work.
    private var carried: [Lane: Double] = [:]

    package init(weights: [Lane: Int], reserve: Int) {
        precondition(Lane.allCases.allSatisfy { weights[$0, default: 0] > 0 }, "every lane needs a weight above zero")
        precondition(reserve >= 0, "a reserve below zero")
        self.weights = weights
        self.reserve = reserve
    }

    /// How many jobs of each lane to claim when `free` slots are free and the accounts have room for `room` calls. The
    /// limits add up to at most either, but for jobs of agents: one of an interactive lane that is thought empty, or
    /// those that are taken past others.
    ///
    /// The reserve is of the slots. Where the accounts take fewer calls than that at present, all lanes share them: a
    /// campaign without any would never show how many they take.
    ///
    /// - Parameters:
    ///   - ofAgents: jobs of agents that were taken and are not answered. They use the reserve first.
    ///   - past: how many more of these the accounts take, whatever others have in line. The reserve's are taken though
    ///     no slot is free.
    package func plan(free: Int, room: Int = .max, ofAgents: Int = 0, past: Int = 0) -> [LaneQuota] {
        let total = min(free, room)
        let owed = max(0, reserve - ofAgents)
        let quiet = drained.union(blocked)
        let least = quiet.contains(.interactive) ? min(owed, past, 1) : min(owed, past)
        guard total > 0 else { return least > 0 ? [LaneQuota(lane: .interactive, limit: least)] : [] }
        let shared = min(max(0, free - owed), total)
        let busy = Lane.allCases.filter { !quiet.contains($0) }
        var quotas: [Lane: Int] = [.interactive: total - shared]
        var left = shared
        // A drained lane is asked for one job, so that its new work is seen at once; not in the place of one that has
        // work.
        for lane in Lane.allCases where lane != .interactive && quiet.contains(lane) {
            guard left > (busy.isEmpty ? 0 : 1) else { break }
            quotas[lane, default: 0] += 1
            left -= 1
        }
        if left > 0 { distribute(left, among: busy.isEmpty ? [.interactive] : busy, into: &quotas) }
        let plan = fitted(quotas, to: total)
        let planned = plan.first { $0.lane == .interactive }?.limit ?? 0
        let agents = max(planned, quiet.contains(.interactive) ? 1 : least)
        let others = plan.filter { $0.lane != .interactive }
        return agents > 0 ? [LaneQuota(lane: .interactive, limit: agents)] + others : others
    }

    /// What a claim brought, so that the next plan gives an empty lane's share to the others.
    ///
    /// - Parameters:
    ///   - cutOff: lanes of which it brought less only because it took all that an account had room for.
    ///   - unasked: lanes of which an account had no room and was not asked. What was known of them stays so.
    package mutating func claimed(
        _ counts: [Lane: Int],
        of quotas: [LaneQuota],
        cutOff: Set<Lane> = [],
        unasked: Set<Lane> = []
    ) {
        let before = busy
        for quota in quotas {
            let count = counts[quota.lane, default: 0]
            blocked.remove(quota.lane)
            if count >= quota.limit || cutOff.contains(quota.lane) {
                drained.remove(quota.lane)
            } else if !unasked.contains(quota.lane) {
                drained.insert(quota.lane)
                waiting[quota.lane] = 0
                continue
            } else if !drained.contains(quota.lane) {
                blocked.insert(quota.lane)
            }
            waiting[quota.lane] = max(0, waiting[quota.lane, default: 0] - count)
        }
        carry(counts, among: before.filter { !drained.contains($0) && !blocked.contains($0) })
    }

    /// An account has room that had none.
    package mutating func roomCame() {
        blocked = []
    }

    /// Whether all that waits is of accounts without room.
    package var awaitsRoom: Bool {
        !busy.isEmpty && blocked.isSuperset(of: busy)
    }

    /// Where only one lane has work nobody is passed over.
    private mutating func carry(_ counts: [Lane: Int], among lanes: [Lane]) {
        let before = carried
        carried = [:]
        guard lanes.count > 1 else { return }
        let total = lanes.reduce(0) { $0 + weights[$1, default: 1] }
        let taken = lanes.reduce(0) { $0 + counts[$1, default: 0] }
        for lane in lanes {
            let share = Double(taken * weights[lane, default: 1]) / Double(total)
            let left = before[lane, default: 0] + share - Double(counts[lane, default: 0])
            carried[lane] = max(-Self.carriedMax, min(Self.carriedMax, left))
        }
    }

    /// How many jobs of a lane may be sent as they come in, past the queue: none while older ones of the lane wait, and
    /// no more than the lane's share while other lanes have work. `ofAgents` as in `plan`.
    package func startable(_ lane: Lane, free: Int, ofAgents: Int = 0) -> Int {
        guard drained.contains(lane) else { return 0 }
        let open = busy.filter { !blocked.contains($0) }
        let others = open.contains { $0 != lane }
        let shared = max(0, free - max(0, reserve - ofAgents))
        guard others else { return lane == .interactive ? free : shared }
        guard lane == .interactive else {
            // Nothing is carried over here: what is less than a whole job waits with those that are claimed.
            let total = open.reduce(weights[lane, default: 1]) { $0 + weights[$1, default: 1] }
            return shared * weights[lane, default: 1] / total
        }
        var planner = self
        planner.drained.remove(lane)
        return planner.plan(free: free, ofAgents: ofAgents).first { $0.lane == lane }?.limit ?? 0
    }

    /// Lanes that may have jobs waiting.
    package var busy: [Lane] {
        Lane.allCases.filter { !drained.contains($0) }
    }

    /// Whether the lane had less than it was offered when last asked, and nothing was stored for it since.
    package func isDrained(_ lane: Lane) -> Bool {
        drained.contains(lane)
    }

    /// How many jobs of the lane are ahead of those that come in now; 0 also while nobody has looked yet.
    package func ahead(in lane: Lane) -> Int {
        drained.contains(lane) ? 0 : waiting[lane, default: 0]
    }

    /// Jobs of the lane were stored that wait.
    package mutating func stored(_ jobs: Int, in lane: Lane) {
        drained.remove(lane)
        blocked.remove(lane)
        waiting[lane, default: 0] += jobs
    }

    /// By weight and by what was carried over, and what makes no whole job where most is due. An interactive lane that
    /// had no more than its share is first.
    private func distribute(_ slots: Int, among lanes: [Lane], into quotas: inout [Lane: Int]) {
        let total = lanes.reduce(0) { $0 + weights[$1, default: 1] }
        var left = slots
        var due: [(lane: Lane, jobs: Double)] = []
        for lane in lanes {
            let before = carried[lane, default: 0]
            let jobs = Double(slots * weights[lane, default: 1]) / Double(total) + before
            let least = lane == .interactive && before >= 0 ? 1 : 0
            let given = min(left, max(least, Int(jobs.rounded(.down))))
            quotas[lane, default: 0] += given
            left -= given
            due.append((lane: lane, jobs: jobs - Double(given)))
        }
        while left > 0, let most = due.indices.max(by: { due[$0].jobs < due[$1].jobs }) {
            quotas[due[most].lane, default: 0] += 1
            due[most].jobs -= 1
            left -= 1
        }
    }

    private func fitted(_ quotas: [Lane: Int], to free: Int) -> [LaneQuota] {
        var left = free
        return Lane.allCases.compactMap { lane in
            let limit = min(left, quotas[lane, default: 0])
            left -= limit
            return limit > 0 ? LaneQuota(lane: lane, limit: limit) : nil
        }
    }
}
