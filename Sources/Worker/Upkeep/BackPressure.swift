import SessionCore
import Synchronization

/// Decides when to stop claiming and which topics to pause, and keeps what it knows of this worker's way to Kafka.
final class BackPressure: Sendable {
    enum Change: Equatable {
        case stopClaiming(WayOut.Hindrance)
        case claimAgain
        case pause(topic: String, waiting: Int)
        case resume(topic: String)
        case cannotCount(StoreError)
        case countsAgain
    }

    /// What this worker has sent.
    struct Sent {
        /// How long the oldest result of it waits that was not left to others.
        var oldest: Duration?
        /// Whether anything of it waits.
        var isWaiting = false
    }

    private struct State {
        var wayOut: WayOut
        var isHindered = false
        var isUncounted = false
        var paused: Set<String> = []
    }

    private let state: Mutex<State>
    private let topics: [WorkerTopic]

    init(topics: [WorkerTopic], unpublishedMax: Duration) {
        state = Mutex(State(wayOut: WayOut(unpublishedMax: unpublishedMax)))
        self.topics = topics
    }

    /// Whether links may be minted: results get through.
    var mayMint: Bool {
        state.withLock { !$0.isHindered && !$0.wayOut.isAside }
    }

    /// What changes by a new measurement. A topic resumes at nine tenths of its cap, so that it does not flutter.
    func measured(_ backlog: Backlog, sent: Sent, at uptime: Duration) -> [Change] {
        state.withLock { state in
            var changes: [Change] = []
            let hindrance = state.wayOut.hindrance(
                own: sent.oldest,
                all: backlog.oldestUnpublished,
                isSending: sent.isWaiting,
                at: uptime
            )
            if (hindrance != nil) != state.isHindered {
                state.isHindered = hindrance != nil
                changes.append(hindrance.map { Change.stopClaiming($0) } ?? .claimAgain)
            }
            if (backlog.uncounted != nil) != state.isUncounted {
                state.isUncounted = backlog.uncounted != nil
                changes.append(backlog.uncounted.map { Change.cannotCount($0) } ?? .countsAgain)
            }
            for topic in topics {
                let waiting = backlog.jobsByTopic[topic.name, default: 0]
                if waiting >= topic.backlogMax, state.paused.insert(topic.name).inserted {
                    changes.append(.pause(topic: topic.name, waiting: waiting))
                } else if waiting < max(1, topic.backlogMax * 9 / 10), state.paused.remove(topic.name) != nil {
                    changes.append(.resume(topic: topic.name))
                }
            }
            return changes
        }
    }
}

// This worker's way to Kafka: see `WayOut`.
extension BackPressure {
    var isAside: Bool {
        state.withLock { $0.wayOut.isAside }
    }

    func acknowledged(at uptime: Duration) -> Bool {
        state.withLock { $0.wayOut.acknowledged(at: uptime) }
    }

    func silence(of oldest: Duration?, at uptime: Duration) -> WayOut.Silence? {
        state.withLock { $0.wayOut.silence(of: oldest, at: uptime) }
    }

    func goAside(after offer: OutboxOffer, _ silence: WayOut.Silence, at uptime: Duration) -> Bool {
        state.withLock { $0.wayOut.goAside(after: offer, silence, at: uptime) }
    }

    func rowsToTakeOver(_ limit: Int, isSending: Bool, at uptime: Duration) -> Int {
        state.withLock { $0.wayOut.rowsToTakeOver(limit, isSending: isSending, at: uptime) }
    }

    func isTrialDue(at uptime: Duration) -> Bool {
        state.withLock { $0.wayOut.isTrialDue(at: uptime) }
    }
}
