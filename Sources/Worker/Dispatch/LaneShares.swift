import SessionCore
import Synchronization

/// How room is shared between the lanes, by what the last claims found waiting in each.
final class LaneShares: Sendable {
    /// How often an empty lane is asked in the place of one that has work, where only one job has room.
    private static let turnEvery = Duration.milliseconds(250)

    private struct State {
        var planner: LanePlanner
        var idle = IdleAccounts()
        /// Accounts that had room when lanes were last found to wait for another's.
        var asked: Set<String> = []
        /// When an empty lane had its last turn, and how many there were.
        var turnAt: Duration?
        var turns = 0
        /// Whether the claim under way is such a turn, and whether the last one was.
        var isTurn = false
        var hadTurn = false
    }

    private let state: Mutex<State>

    init(weights: [Lane: Int], reserve: Int) {
        state = Mutex(State(planner: LanePlanner(weights: weights, reserve: reserve)))
    }

    /// How many jobs of each lane to claim into the slots, of accounts that have room.
    ///
    /// - Parameter isDue: whether it is time to ask accounts and agents as well that are thought to have nothing.
    func claimable(
        _ slots: CallSlots.Room,
        of accounts: [AccountQuota],
        isDue: Bool,
        at uptime: Duration
    ) -> [LaneQuota] {
        state.withLock { state in
            if !state.planner.blocked.isEmpty {
                let hasNews = accounts.contains { $0.limit > 0 && !state.asked.contains($0.account) }
                if isDue || hasNews { state.planner.roomCame() }
                if state.planner.awaitsRoom { return [] }
            }
            let room = state.idle.room(of: accounts, isDue: isDue)
            let isAsked = isDue || !state.planner.isDrained(.interactive)
            let plan = state.planner.plan(
                free: slots.free,
                room: room.jobs,
                ofAgents: slots.ofAgents,
                past: isAsked ? min(slots.past, room.past) : 0
            )
            guard min(slots.free, room.jobs) == 1, let lane = Self.emptyLane(&state, at: uptime) else { return plan }
            let agents = plan.filter { $0.lane == .interactive && state.planner.isDrained(.interactive) }
            return agents + [LaneQuota(lane: lane, limit: 1)]
        }
    }

    /// The empty lane whose turn it is; nil for none. What other workers stored in it, and what its time has come for,
    /// would be found by nobody otherwise.
    private static func emptyLane(_ state: inout State, at uptime: Duration) -> Lane? {
        // Claims may take longer than that: the next one is the others' all the same.
        if let turnAt = state.turnAt, state.hadTurn || uptime < turnAt + turnEvery { return nil }
        let empty = Lane.allCases.filter { lane in
            lane != .interactive && (state.planner.isDrained(lane) || state.planner.blocked.contains(lane))
        }
        guard !empty.isEmpty, !state.planner.busy.isEmpty else { return nil }
        state.turnAt = uptime
        state.turns += 1
        state.isTurn = true
        return empty[state.turns % empty.count]
    }

    /// What a claim brought. Returns whether other lanes may take now what it had left to an empty one, or to lanes
    /// that wait for an account's room.
    @discardableResult
    func claimed(_ findings: ClaimFindings, by request: ClaimRequest) -> Bool {
        state.withLock { state in
            let before = state.planner.blocked
            let wasTurn = state.isTurn
            (state.hadTurn, state.isTurn) = (wasTurn, false)
            state.planner.claimed(
                findings.counts,
                of: request.lanes,
                cutOff: findings.cutOff,
                unasked: findings.unasked
            )
            state.idle.claimed(findings, busy: state.planner.busy)
            guard !state.planner.blocked.isSubset(of: before) else { return wasTurn }
            state.asked = Set(request.accounts.lazy.filter { $0.limit > 0 }.map(\.account))
            return !state.planner.awaitsRoom
        }
    }

    /// How many jobs of a lane may start as they come in; none while older ones of it wait.
    func startable(_ lane: Lane, _ free: Int, ofAgents: Int) -> Int {
        state.withLock { $0.planner.startable(lane, free: free, ofAgents: ofAgents) }
    }

    /// Whether jobs may wait of any lane.
    var hasMore: Bool {
        state.withLock { !$0.planner.busy.isEmpty }
    }

    /// Whether the lane had less than it was offered when last asked, and nothing was stored for it since.
    func isDrained(_ lane: Lane) -> Bool {
        state.withLock { $0.planner.isDrained(lane) }
    }

    /// How many jobs of the lane are known to be ahead of those that come in now.
    func ahead(in lane: Lane) -> Int {
        state.withLock { $0.planner.ahead(in: lane) }
    }

    /// Jobs of the lane were stored that wait, of these accounts.
    func stored(_ jobs: Int, in lane: Lane, of accounts: [String]) {
        state.withLock { state in
            state.planner.stored(jobs, in: lane)
            state.idle.stored(accounts)
        }
    }
}
