import BlockingThreads
import Logs
import SessionCore

/// What the job source's thread does: it has a consumer while partitions are wanted, and none while they are not.
///
/// A consumer that is ended leaves its group in a way that is the same as at every shutdown, and a new one joins as at
/// every start: librdkafka is asked for nothing that is not done all the time.
struct SourceMembership: Sendable {
    private static let waitMs: Int32 = 100
    private static let retryAfter: Duration = .seconds(1)

    let settings: KafkaSettings
    let topics: [String]
    let positions: StoredPositions
    let exchange: IntakeExchange
    let stopsRepeatAfter: Duration
    let log: Log

    /// Makes a consumer, on its thread, which goes on after the one before it.
    func makePoller(after last: SourcePoller? = nil) throws(TransportError) -> SourcePoller {
        let poller = try SourcePoller(
            settings,
            topics: topics,
            positions: positions,
            exchange: exchange,
            stopsRepeatAfter: stopsRepeatAfter,
            hasJoined: last?.watch.hasJoined ?? false,
            leaving: last?.leaving ?? LeavingConsumers(log: log),
            log: log
        )
        // Answers to questions of the last are none of the new one's.
        if let last { poller.requests = last.requests }
        return poller
    }

    /// Reads until the source is to close, or cannot go on.
    func run(_ first: SourcePoller) {
        var poller: SourcePoller? = first
        while let current = poller, current.run() {
            poller = nextPoller(after: current)
        }
        exchange.finish()
    }

    /// Waits until partitions are wanted again; nil once the source is to close.
    private func nextPoller(after last: SourcePoller) -> SourcePoller? {
        exchange.revoke()
        // The next is told anew of those that it cannot read.
        exchange.changeHealth { $0.unavailableTopics = [:] }
        var failures = FailedMakings(repeatAfter: stopsRepeatAfter)
        while true {
            exchange.bell.clear()
            last.leaving.turn()
            // What was asked was about partitions that are others' by now.
            guard exchange.turn() != nil else { return nil }
            guard exchange.isWanted else {
                exchange.changeHealth { $0.waitingFor = "store" }
                exchange.bell.wait(milliseconds: Self.waitMs)
                continue
            }
            do throws(TransportError) {
                let poller = try makePoller(after: last)
                exchange.changeHealth { $0.waitingFor = nil }
                return poller
            } catch {
                // Such as a key that was changed before its password was.
                exchange.changeHealth { $0.waitingFor = "consumer" }
                if failures.isToBeTold(error, now: .now) {
                    log.error("no consumer could be made; it is tried again", [.error: LogValue("\(error)")])
                }
                blockThread(for: Self.retryAfter)
            }
        }
    }
}
