import SessionCore
import Synchronization

/// How room is shared between the lanes, by what the last claims found waiting in each.
final class LaneShares: Sendable {
    private let planner: Mutex<LanePlanner>

    init(weights: [Lane: Int], reserve: Int) {
        planner = Mutex(LanePlanner(weights: weights, reserve: reserve))
    }

    /// How many jobs of each lane to claim into `free` slots, where the accounts have room for `room` calls.
    func claimable(_ free: Int, room: Int = .max) -> [LaneQuota] {
        planner.withLock { $0.plan(free: free, room: room) }
    }

    /// What a claim brought.
    func claimed(_ counts: [Lane: Int], of quotas: [LaneQuota]) {
        planner.withLock { $0.claimed(counts, of: quotas) }
    }

    /// How many jobs of a lane may start as they come in; none while older ones of it wait.
    func startable(_ lane: Lane, _ free: Int) -> Int {
        planner.withLock { $0.startable(lane, free: free) }
    }

    /// Whether the lane had less than it was offered when last asked, and nothing was stored for it since.
    func isDrained(_ lane: Lane) -> Bool {
        planner.withLock { $0.isDrained(lane) }
    }

    /// How many jobs of the lane are known to be ahead of those that come in now.
    func ahead(in lane: Lane) -> Int {
        planner.withLock { $0.ahead(in: lane) }
    }

    /// Jobs of the lane were stored that wait.
    func stored(_ jobs: Int, in lane: Lane) {
        planner.withLock { $0.stored(jobs, in: lane) }
    }
}
