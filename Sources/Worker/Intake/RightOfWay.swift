import SessionCore
import Synchronization

/// Agents before campaigns: while agents send jobs, a campaign's intake rests after each batch three times as long as
/// the batch took, so that an agent's job finds the database and the processors free.
///
/// A campaign waits for its provider nearly always, and the rests cost it nothing; where it has the machine to wait
/// for, they cost it some of its pace, for as long as agents work.
final class RightOfWay: Sendable {
    /// So long after an agent's last job more of them are expected.
    static let expected = Duration.seconds(2)
    static let restMax = Duration.milliseconds(100)

    private let lastSeen = Mutex<Duration?>(nil)

    /// Jobs of agents came.
    func agentsSeen(at uptime: Duration) {
        lastSeen.withLock { $0 = max(uptime, $0 ?? uptime) }
    }

    /// How long a campaign's intake rests after a batch that was so much work.
    func rest(after work: Duration, now: Duration) -> Duration {
        guard let lastSeen = lastSeen.withLock({ $0 }), now < lastSeen + Self.expected else { return .zero }
        return max(.zero, min(Self.restMax, work * 3))
    }
}
