import SessionCore
import Synchronization

/// Agents before campaigns: while agents send jobs to this worker, those of campaigns are taken in small batches, from
/// Kafka and from the store, with a rest after each of several times as long as it took, so that an agent's job finds
/// the database and the processors free, or free soon.
///
/// A campaign mostly waits for its provider, and then this costs it little; where it has the machine to wait for, it
/// costs it some of its pace, for as long as agents work.
final class RightOfWay: Sendable {
    /// So long after an agent's last job more of them are expected: where few agents work they send one now and then,
    /// and each has a customer on the line.
    static let expected = Duration.seconds(30)
    /// Where a commit takes long the machine rests meanwhile, and a campaign would wait for nothing.
    static let restMax = Duration.milliseconds(30)
    /// A campaign's batch beside agents: what an agent's job meets is no more than a few of them being worked on.
    static let batchMax = 100

    private let lastSeen = Mutex<Duration?>(nil)
    private let turns = Mutex(Turns())

    /// Jobs of agents came.
    func agentsSeen(at uptime: Duration) {
        lastSeen.withLock { $0 = max(uptime, $0 ?? uptime) }
    }

    /// Jobs were claimed. Retries and look-ups go on for long after an agent has hung up: they tell of nobody.
    func claimed(_ jobs: [ClaimedJob], at uptime: Duration) {
        let areNew = jobs.contains { $0.lane == .interactive && $0.attempts <= 1 && $0.lookUps == 0 }
        if areNew { agentsSeen(at: uptime) }
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

    /// How long a batch of a campaign's records waits for its turn: until those before it should be stored and have had
    /// their rest. Nobody waits longer for one that is stuck, or waits for something else than this machine.
    func turn(now: Duration) -> Duration {
        guard areExpected(now: now) else { return .zero }
        return turns.withLock { $0.reserve(now: now) } - now
    }

    /// A batch of a campaign's records was so much work.
    func taken(work: Duration, now: Duration) {
        turns.withLock { $0.taken(work: work, now: now) }
    }

    /// How long no more is claimed that no agent waits for, after a claim that was so much work and brought so many of
    /// those: less the fewer they were, because what limits a campaign then is not this machine.
    func rest(afterClaim work: Duration, of others: Int, now: Duration) -> Duration {
        areExpected(now: now) ? Self.rest(after: work) * min(others, Self.batchMax) / Self.batchMax : .zero
    }

    /// How long a campaign rests after a batch that was so much work: three times as long.
    private static func rest(after work: Duration) -> Duration {
        max(.zero, min(restMax, work * 3))
    }

    private func areExpected(now: Duration) -> Bool {
        lastSeen.withLock { $0 }.map { now < $0 + Self.expected } ?? false
    }

    /// When batches of campaigns' records may be taken in: one after another, as if each were as much work as the last.
    private struct Turns {
        /// A batch that took longer waited for the disk or for others, and says nothing of the next.
        static let workMax = Duration.milliseconds(70)

        /// From when on the next may be taken in.
        private var free = Duration.zero
        private var lastWork = Duration.milliseconds(10)

        mutating func reserve(now: Duration) -> Duration {
            let begin = max(now, free)
            free = begin + lastWork + rest(after: lastWork)
            return begin
        }

        mutating func taken(work: Duration, now: Duration) {
            lastWork = max(.zero, min(Self.workMax, work))
            free = max(free, now + rest(after: work))
        }
    }
}
