import SessionCore
import Synchronization

/// How room is shared between the lanes, by what the last claims found waiting in each.
final class LaneShares: Sendable {
    private let planner: Mutex<LanePlanner>

    init(weights: [Lane: Int], reserve: Int) {
        planner = Mutex(LanePlanner(weights: weights, reserve: reserve))
    }

    /// How many jobs of each lane to claim into `free` slots.
    func claimable(_ free: Int) -> [LaneQuota] {
        planner.withLock { $0.plan(free: free) }
    }

    /// What a claim brought.
    func claimed(_ counts: [Lane: Int], of quotas: [LaneQuota]) {
        planner.withLock { $0.claimed(counts, of: quotas) }
    }

    /// How many jobs of a lane may start as they come in; none while older ones of it wait.
    func startable(_ lane: Lane, _ free: Int) -> Int {
        planner.withLock { $0.startable(lane, free: free) }
    }

    /// Whether jobs of the lane are known or supposed to wait.
    func holdsWaiting(_ lane: Lane) -> Bool {
        planner.withLock { $0.holdsWaiting(lane) }
    }

    /// Jobs of the lane wait.
    func hasWaiting(_ lane: Lane) {
        planner.withLock { $0.hasWaiting(lane) }
    }
}
