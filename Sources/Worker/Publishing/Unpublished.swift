import SessionCore
import Synchronization

/// The outbox rows that this worker owns and that the broker has not acknowledged in full.
final class Unpublished: Sendable {
    /// With more results than this no rows of others are taken over.
    static let adoptBelow = 10_000

    private struct Entry {
        var outboxID: Int64
        var entry: OutboxEntry
        var since: Duration
    }

    private struct Row {
        var waiting: Int
        var acknowledged: [OutboxEntry.Key] = []
    }

    private struct State {
        var entries: [Int64: Entry] = [:]
        var rows: [Int64: Row] = [:]
        var failed: [Int64] = []
        var lastToken: Int64 = 0
    }

    private let state = Mutex(State())

    /// The rows' results, to be sent. A row without any is not noted: nothing will be acknowledged of it. Nor is one
    /// that is known: a settlement that runs again finds rows that were adopted meanwhile, and acknowledgements of two
    /// sendings together must not pass for the whole row's.
    func add(_ rows: [OutboxRow], at uptime: Duration) -> [OutboxRecord] {
        state.withLock { state in
            var records: [OutboxRecord] = []
            for row in rows where !row.entries.isEmpty && state.rows[row.outboxID] == nil {
                state.rows[row.outboxID] = Row(waiting: row.entries.count)
                for entry in row.entries {
                    state.lastToken += 1
                    let token = state.lastToken
                    state.entries[token] = Entry(outboxID: row.outboxID, entry: entry, since: uptime)
                    records.append(OutboxRecord(token: token, result: entry.result, traceparent: entry.traceparent))
                }
            }
            return records
        }
    }

    /// Returns the rows of which nothing waits any more.
    func acknowledged(_ tokens: some Sequence<Int64>) -> [Int64] {
        state.withLock { state in
            var done: [Int64] = []
            // The results of a row follow one another nearly always, so it is taken out for as long as they do: to
            // change it in its place costs allocations a result.
            var held: (id: Int64, row: Row)?
            for token in tokens {
                guard let entry = state.entries.removeValue(forKey: token) else { continue }
                if held?.id != entry.outboxID {
                    if let held { state.rows[held.id] = held.row }
                    held = state.rows.removeValue(forKey: entry.outboxID).map { (entry.outboxID, $0) }
                }
                held?.row.waiting -= 1
                held?.row.acknowledged.append(entry.entry.key)
                guard held?.row.waiting == 0 else { continue }
                done.append(entry.outboxID)
                held = nil
            }
            if let held { state.rows[held.id] = held.row }
            return done
        }
    }

    /// To be handed to the producer again by `takeFailed`.
    func failed(_ tokens: [Int64]) {
        state.withLock { $0.failed.append(contentsOf: tokens) }
    }

    func takeFailed() -> [OutboxRecord] {
        state.withLock { state in
            let records = state.failed.compactMap { token in
                state.entries[token].map { entry in
                    OutboxRecord(token: token, result: entry.entry.result, traceparent: entry.entry.traceparent)
                }
            }
            state.failed = []
            return records
        }
    }

    var partlyAcknowledged: [PartlyPublished] {
        state.withLock { state in
            state.rows.filter { !$0.value.acknowledged.isEmpty }.sorted { $0.key < $1.key }.map {
                PartlyPublished(outboxID: $0.key, acknowledged: $0.value.acknowledged)
            }
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
