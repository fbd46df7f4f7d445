import SessionCore
import Synchronization

/// The outbox rows that were handed to the producer and that the broker has not acknowledged in full: this worker's,
/// and those that it gave back to be published by others. Of the latter the producer may deliver some after all.
final class Unpublished: Sendable {
    /// With more results than this no rows of others are taken over.
    static let adoptBelow = 10_000

    /// The rows that are this worker's.
    struct Owned: Sendable {
        /// The one that has waited for longest comes first.
        var outboxIDs: [Int64] = []
        /// Of which a part was acknowledged.
        var parts: [PartlyPublished] = []
        /// A result of the first.
        var oldest: OutboxRecord?

        /// The first alone.
        var first: Owned {
            Owned(outboxIDs: Array(outboxIDs.prefix(1)), oldest: oldest)
        }
    }

    private struct Entry {
        var outboxID: Int64
        var entry: OutboxEntry
    }

    private struct Row {
        /// The numbers of its results' sendings.
        var tokens: Range<Int64>
        var since: Duration
        var waiting: Int
        var acknowledged: [OutboxEntry.Key] = []
        /// It is anyone's, and the producer has all of it that waits.
        var isGivenBack = false
    }

    private struct State {
        var entries: [Int64: Entry] = [:]
        var rows: [Int64: Row] = [:]
        var failed: [Int64] = []
        var lastToken: Int64 = 0
        /// The oldest result of those that were given back last.
        var copy: OutboxRecord?
        /// The number of its sending, while that waits.
        var copyToken: Int64?

        func record(_ token: Int64) -> OutboxRecord? {
            entries[token].map { entry in
                OutboxRecord(token: token, result: entry.entry.result, traceparent: entry.entry.traceparent)
            }
        }

        mutating func forget(_ outboxID: Int64) {
            guard let row = rows.removeValue(forKey: outboxID) else { return }
            for token in row.tokens { entries[token] = nil }
        }
    }

    private let state = Mutex(State())

    /// The rows' results, to be sent. A row without any is not noted: nothing will be acknowledged of it. Nor is one
    /// that is known: a settlement that runs again finds rows that were adopted meanwhile, and acknowledgements of two
    /// sendings together must not pass for the whole row's. What was given back and comes again is this worker's once
    /// more, and the producer has it still.
    func add(_ rows: [OutboxRow], at uptime: Duration) -> [OutboxRecord] {
        state.withLock { state in
            var records: [OutboxRecord] = []
            for row in rows where !row.entries.isEmpty {
                guard state.rows[row.outboxID] == nil else {
                    state.rows[row.outboxID]?.isGivenBack = false
                    continue
                }
                let first = state.lastToken + 1
                for entry in row.entries {
                    state.lastToken += 1
                    let token = state.lastToken
                    state.entries[token] = Entry(outboxID: row.outboxID, entry: entry)
                    records.append(OutboxRecord(token: token, result: entry.result, traceparent: entry.traceparent))
                }
                state.rows[row.outboxID] = Row(
                    tokens: first..<(state.lastToken + 1),
                    since: uptime,
                    waiting: row.entries.count
                )
            }
            return records
        }
    }

    /// Returns the rows of which nothing waits any more: all of each was published, whosever it is by now.
    func acknowledged(_ tokens: some Sequence<Int64>) -> [Int64] {
        state.withLock { state in
            var done: [Int64] = []
            // The results of a row follow one another nearly always, so it is taken out for as long as they do: to
            // change it in its place costs allocations a result.
            var held: (id: Int64, row: Row)?
            for token in tokens {
                guard let entry = state.entries.removeValue(forKey: token) else {
                    if token == state.copyToken { state.copyToken = nil }
                    continue
                }
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

    /// To be handed to the producer again by `takeFailed`; what was given back is left to whoever has it now.
    func failed(_ tokens: [Int64]) {
        state.withLock { state in
            for token in tokens {
                if token == state.copyToken { state.copyToken = nil }
                guard let id = state.entries[token]?.outboxID, let row = state.rows[id] else { continue }
                if row.isGivenBack { state.forget(id) } else { state.failed.append(token) }
            }
        }
    }

    func takeFailed() -> [OutboxRecord] {
        state.withLock { state in
            let records = state.failed.compactMap { state.record($0) }
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

    /// Since when the oldest of this worker's has been waiting.
    var oldest: Duration? {
        state.withLock { $0.rows.values.lazy.filter { !$0.isGivenBack }.map(\.since).min() }
    }
}

// Rows that are given back.
extension Unpublished {
    var owned: Owned {
        state.withLock { state in
            var owned = Owned()
            let rows = state.rows.filter { !$0.value.isGivenBack }
                .sorted { ($0.value.since, $0.key) < ($1.value.since, $1.key) }
            for (id, row) in rows {
                owned.outboxIDs.append(id)
                guard !row.acknowledged.isEmpty else { continue }
                owned.parts.append(PartlyPublished(outboxID: id, acknowledged: row.acknowledged))
            }
            owned.oldest = rows.first?.value.tokens.compactMap { state.record($0) }.first
            return owned
        }
    }

    /// These parts were taken out of their rows: what is left of each is all of it.
    func tookOut(_ parts: [PartlyPublished]) {
        state.withLock { state in
            for part in parts {
                guard let known = state.rows[part.outboxID]?.acknowledged else { continue }
                state.rows[part.outboxID]?.acknowledged = Array(known.dropFirst(part.acknowledged.count))
            }
        }
    }

    /// What others have now. It is not sent again; what the producer has of it may be acknowledged all the same.
    func gaveBack(_ owned: Owned) {
        state.withLock { state in
            let failed = Set(state.failed.compactMap { state.entries[$0]?.outboxID })
            for id in owned.outboxIDs {
                // Of such a row the producer will not acknowledge all.
                if failed.contains(id) { state.forget(id) } else { state.rows[id]?.isGivenBack = true }
            }
            if let oldest = owned.oldest { state.copy = oldest }
        }
    }

    /// A copy of a result that was given back, to be sent to find out whether results get through again. nil while the
    /// producer has something of which that is heard, or when nothing was given back.
    func takeCopy() -> OutboxRecord? {
        state.withLock { state in
            guard state.entries.isEmpty, state.copyToken == nil, var copy = state.copy else { return nil }
            state.lastToken += 1
            copy.token = state.lastToken
            state.copyToken = copy.token
            return copy
        }
    }
}
