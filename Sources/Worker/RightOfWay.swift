import SessionCore
import Synchronization

/// Agents before campaigns: while agents send jobs, a campaign's intake takes small batches, and rests after each three
/// times as long as it took, so that an agent's job finds the database and the processors free, or free soon.
///
/// A campaign waits for its provider nearly always, and this costs it nothing; where it has the machine to wait for, it
/// costs it some of its pace, for as long as agents work.
final class RightOfWay: Sendable {
    /// So long after an agent's last job more of them are expected.
    static let expected = Duration.seconds(2)
    /// Where a commit takes long the machine rests meanwhile, and a campaign would wait for nothing.
    static let restMax = Duration.milliseconds(30)
    /// A campaign's batch beside agents: what an agent's job meets is no more than two of them being worked on.
    static let recordsMax = 100

    private let lastSeen = Mutex<Duration?>(nil)

    /// Jobs of agents came.
    func agentsSeen(at uptime: Duration) {
        lastSeen.withLock { $0 = max(uptime, $0 ?? uptime) }
    }

    /// How many records a campaign's intake takes at a time.
    func recordsMax(now: Duration) -> Int {
        areExpected(now: now) ? Self.recordsMax : .max
    }

    /// How long a campaign's intake rests after a batch that was so much work.
    func rest(after work: Duration, now: Duration) -> Duration {
        areExpected(now: now) ? max(.zero, min(Self.restMax, work * 3)) : .zero
    }

    private func areExpected(now: Duration) -> Bool {
        lastSeen.withLock { $0 }.map { now < $0 + Self.expected } ?? false
    }
}
