import Logs
package import SessionCore

/// Asks the store where reading partitions goes on. Throws while the store is away; it is then asked again.
package typealias StoredPositions =
    @Sendable ([TopicPartition]) async throws -> [TopicPartition: StoredPosition]

/// Asks for stored positions beside the polling thread, until there is an answer or nobody wants it any more.
final class PositionLookUp {
    private let question: Question
    private var tasks: [Task<Void, Never>] = []

    init(positions: @escaping StoredPositions, exchange: IntakeExchange, log: Log) {
        question = Question(positions: positions, exchange: exchange, log: log)
    }

    /// Answers with `Command.stored`.
    func assignment(_ partitions: [TopicPartition], request: Int64) {
        let question = question
        tasks.append(
            Task {
                guard let stored = await question.ask(partitions) else { return }
                question.exchange.send(.stored(request: request, stored))
            }
        )
    }

    /// Answers with `Command.rewindTo`.
    func rewind(_ place: TopicPartition, request: Int64, after delay: Duration) {
        let question = question
        // The oldest have long ended: there is one at a time for a partition.
        if tasks.count > 1_000 { tasks.removeFirst(500) }
        tasks.append(
            Task {
                // Swallowed because: a cancelled sleep is noticed by the asking.
                try? await ContinuousClock().sleep(for: delay)
                guard let stored = await question.ask([place]) else { return }
                question.exchange.send(.rewindTo(place, request: request, stored[place]))
            }
        )
    }

    func cancelAll() {
        for task in tasks { task.cancel() }
        tasks = []
    }
}

/// What each look-up does.
private struct Question: Sendable {
    private static let firstDelay: Duration = .milliseconds(100)
    private static let delayMax: Duration = .seconds(5)

    let positions: StoredPositions
    let exchange: IntakeExchange
    let log: Log

    /// The stored positions; nil once the task is cancelled.
    func ask(_ partitions: [TopicPartition]) async -> [TopicPartition: StoredPosition]? {
        var delay = Self.firstDelay
        while !Task.isCancelled {
            do {
                let stored = try await positions(partitions)
                if delay > Self.firstDelay { log.notice("the stored positions can be read again") }
                return stored
            } catch {
                if delay == Self.firstDelay {
                    log.warning(
                        "stored positions cannot be read; partitions wait for them",
                        [.waitingFor: "store", .error: LogValue("\(error)")]
                    )
                }
                // Swallowed because: a cancelled sleep ends the loop by itself.
                try? await ContinuousClock().sleep(for: delay)
                delay = min(delay * 2, Self.delayMax)
            }
        }
        return nil
    }
}
