import SessionCore
import Synchronization

/// The outbox rows that this worker owns and that the broker has not acknowledged.
final class Unpublished: Sendable {
    private struct Entry {
        var record: OutboxRecord
        var since: Duration
    }

    private struct State {
        var entries: [Int64: Entry] = [:]
        var failed: [Int64] = []
    }

    private let state = Mutex(State())

    func add(_ records: [OutboxRecord], at uptime: Duration) {
        state.withLock { state in
            for record in records { state.entries[record.outboxID] = Entry(record: record, since: uptime) }
        }
    }

    func acknowledged(_ ids: [Int64]) {
        state.withLock { state in
            for id in ids { state.entries[id] = nil }
        }
    }

    /// To be handed to the producer again by `takeFailed`.
    func failed(_ ids: [Int64]) {
        state.withLock { $0.failed.append(contentsOf: ids) }
    }

    func takeFailed() -> [OutboxRecord] {
        state.withLock { state in
            let records = state.failed.compactMap { state.entries[$0]?.record }
            state.failed = []
            return records
        }
    }

    var count: Int {
        state.withLock { $0.entries.count }
    }

    /// Since when the oldest has been waiting.
    var oldest: Duration? {
        state.withLock { $0.entries.values.map(\.since).min() }
    }
}
