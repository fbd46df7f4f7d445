import SessionCore
import Synchronization

/// Agents before campaigns: while agents send jobs to this worker, those of campaigns are taken in small batches, from
/// Kafka and from the store, with a rest after each of several times as long as it took, so that an agent's job finds
/// the database and the processors free, or free soon.
///
/// A campaign mostly waits for its provider, and then this costs it little; where it has the machine to wait for, it
/// costs it some of its pace, for as long as agents work.
final class RightOfWay: Sendable {
    /// So long after an agent's last job more of them are expected.
    static let expected = Duration.seconds(2)
    /// Where a commit takes long the machine rests meanwhile, and a campaign would wait for nothing. Of intake, which
    /// runs twice; claims rest half of it at most.
    static let restMax = Duration.milliseconds(60)
    /// A campaign's batch beside agents: what an agent's job meets is no more than a few of them being worked on.
    static let batchMax = 100

    private let lastSeen = Mutex<Duration?>(nil)

    /// Jobs of agents came.
    func agentsSeen(at uptime: Duration) {
        lastSeen.withLock { $0 = max(uptime, $0 ?? uptime) }
    }

    /// How many records a campaign's intake takes at a time.
    func recordsMax(now: Duration) -> Int {
        areExpected(now: now) ? Self.batchMax : .max
    }

    /// How many jobs of each lane a claim takes: all that agents wait for, and of the others a batch, shared as they
    /// would have shared the whole.
    func fitted(_ quotas: [LaneQuota], now: Duration) -> [LaneQuota] {
        let others = quotas.reduce(0) { $1.lane == .interactive ? $0 : $0 + $1.limit }
        guard others > Self.batchMax, areExpected(now: now) else { return quotas }
        return quotas.map { quota in
            guard quota.lane != .interactive else { return quota }
            return LaneQuota(lane: quota.lane, limit: max(1, quota.limit * Self.batchMax / others))
        }
    }

    /// How long a campaign's intake rests after a batch that was so much work: six times as long, because it runs
    /// twice.
    func rest(afterIntake work: Duration, now: Duration) -> Duration {
        areExpected(now: now) ? max(.zero, min(Self.restMax, work * 6)) : .zero
    }

    /// How long no more is claimed that no agent waits for, after a claim that was so much work and brought so many of
    /// those: three times as long, and less the fewer they were, because what limits a campaign then is not this
    /// machine.
    func rest(afterClaim work: Duration, of others: Int, now: Duration) -> Duration {
        rest(afterIntake: work, now: now) * min(others, Self.batchMax) / (2 * Self.batchMax)
    }

    private func areExpected(now: Duration) -> Bool {
        lastSeen.withLock { $0 }.map { now < $0 + Self.expected } ?? false
    }
}
