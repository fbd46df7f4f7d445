import BlockingThreads
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
    /// Whoever took what is in it has the turn.
    private let turn = Mailbox<Void>()

    init() {
        turn.send(())
    }

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

    /// Waits until no other batch of a campaign's records is being taken in, and none has its rest. To be followed by
    /// `endTurn`.
    func takeTurn() async {
        _ = await turn.takeAll()
    }

    func endTurn() {
        turn.send(())
    }

    /// How long a campaign rests after a batch that was so much work: three times as long.
    func rest(after work: Duration, now: Duration) -> Duration {
        areExpected(now: now) ? max(.zero, min(Self.restMax, work * 3)) : .zero
    }

    /// How long no more is claimed that no agent waits for, after a claim that was so much work and brought so many of
    /// those: less the fewer they were, because what limits a campaign then is not this machine.
    func rest(afterClaim work: Duration, of others: Int, now: Duration) -> Duration {
        rest(after: work, now: now) * min(others, Self.batchMax) / Self.batchMax
    }

    /// Whether more jobs of agents may come any moment.
    func areExpected(now: Duration) -> Bool {
        lastSeen.withLock { $0 }.map { now < $0 + Self.expected } ?? false
    }
}
