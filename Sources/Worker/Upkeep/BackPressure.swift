import SessionCore
import Synchronization

/// Decides when to stop claiming and which topics to pause.
final class BackPressure: Sendable {
    enum Change: Equatable {
        case stopClaiming(Duration)
        case claimAgain
        case pause(topic: String, waiting: Int)
        case resume(topic: String)
    }

    private struct State {
        var mayMint = true
        var paused: Set<String> = []
    }

    private let state = Mutex(State())
    private let topics: [WorkerTopic]
    private let unpublishedMax: Duration

    init(topics: [WorkerTopic], unpublishedMax: Duration) {
        self.topics = topics
        self.unpublishedMax = unpublishedMax
    }

    /// Whether links may be minted: results get through.
    var mayMint: Bool {
        state.withLock { $0.mayMint }
    }

    /// What changes by a new measurement. A topic resumes at nine tenths of its cap, so that it does not flutter.
    func measured(_ backlog: Backlog, oldestUnpublished: Duration?) -> [Change] {
        state.withLock { state in
            var changes: [Change] = []
            let isStuck = (oldestUnpublished ?? .zero) > unpublishedMax
            if isStuck == state.mayMint {
                state.mayMint = !isStuck
                changes.append(isStuck ? .stopClaiming(oldestUnpublished ?? .zero) : .claimAgain)
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
