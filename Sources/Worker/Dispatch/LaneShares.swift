import SessionCore
import Synchronization

/// How room is shared between the lanes, by what the last claims found waiting in each.
final class LaneShares: Sendable {
    private struct State {
        var planner: LanePlanner
        var idle = IdleAccounts()
    }

    private let state: Mutex<State>

    init(weights: [Lane: Int], reserve: Int) {
        state = Mutex(State(planner: LanePlanner(weights: weights, reserve: reserve)))
    }

    /// How many jobs of each lane to claim into the slots, of accounts that have room.
    ///
    /// - Parameter isDue: whether it is time to ask accounts and agents as well that are thought to have nothing.
    func claimable(_ slots: CallSlots.Room, of accounts: [AccountQuota], isDue: Bool) -> [LaneQuota] {
        state.withLock { state in
            let room = state.idle.room(of: accounts, isDue: isDue)
            let isAsked = isDue || !state.planner.isDrained(.interactive)
            return state.planner.plan(
                free: slots.free,
                room: room.jobs,
                ofAgents: slots.ofAgents,
                past: isAsked ? min(slots.past, room.past) : 0
            )
        }
    }

    /// What a claim brought.
    func claimed(_ findings: ClaimFindings, of quotas: [LaneQuota]) {
        state.withLock { state in
            state.planner.claimed(
                findings.counts,
                of: quotas,
                cutOff: findings.cutOff,
                unasked: findings.unasked
            )
            state.idle.claimed(findings, busy: state.planner.busy)
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
