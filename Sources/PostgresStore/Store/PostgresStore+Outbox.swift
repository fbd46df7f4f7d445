import Cryptography
import Logs
package import SessionCore
import Synchronization

extension PostgresStore {
    package func acknowledge(_ outboxIDs: [Int64]) async throws {
        guard !outboxIDs.isEmpty else { return }
        _ = try await pool.run { link in try link.run(SQL.Outbox.acknowledge, [.int8s(outboxIDs.sorted())]).count }
    }

    package func acknowledge(_ parts: [PartlyPublished]) async throws {
        for part in parts {
            let parameters = Self.parameters(part.outboxID, part.acknowledged)
            _ = try await pool.run { link in try link.run(SQL.Outbox.keep, parameters).count }
        }
    }

    private static func parameters(_ outboxID: Int64, _ keys: [OutboxEntry.Key]) -> [PGParameter] {
        var jobs: [Int64] = []
        var answers: [Int64] = []
        for key in keys {
            switch key {
            case .job(let id): jobs.append(id)
            case .answer(let id): answers.append(id)
            }
        }
        return [.int8(outboxID), .int8s(jobs), .int8s(answers)]
    }

    package func adoptOutbox(limit: Int, ofTheDead: Bool) async throws -> [OutboxRow] {
        let worker = try await workerID()
        let doubted = doubts.withLock { $0.current(at: .now, limit: 10_000) }
        let parameters: [PGParameter] = [
            .int8(worker), .int4(Int32(clamping: limit)), .int8s(doubted), .bool(ofTheDead),
        ]
        let rows = try await adopt(parameters, worker: worker)
        doubts.withLock { $0.remove(rows.compactMap(\.jobID)) }
        var entries: [Int64: [OutboxEntry]] = [:]
        var unopened: [AdoptedRow] = []
        for row in rows {
            guard let value = row.open(keys) else {
                unopened.append(row)
                continue
            }
            let result = EncodedResult(
                resultID: row.resultID,
                orderID: row.orderID,
                generation: row.generation,
                outcome: row.outcome,
                value: value
            )
            entries[row.outboxID, default: []]
                .append(OutboxEntry(key: row.key, result: result, traceparent: row.traceparent))
        }
        try await setAside(unopened, besides: entries, worker: worker)
        return entries.sorted { $0.key < $1.key }.map { OutboxRow(outboxID: $0.key, entries: $0.value) }
    }

    package func offerOutbox(_ outboxIDs: [Int64], waitingMax: Duration) async throws -> OutboxOffer {
        let worker = try await workerID()
        let parameters: [PGParameter] = [.int8(worker), .int8(waitingMax.wholeMicroseconds), .int8s(outboxIDs)]
        let offer = try await pool.run { link in
            try link.run(SQL.Outbox.offer, parameters).first { row in
                OutboxOffer(left: try row.nextList(of: Int64.self), isAnyPublished: try row.next())
            }
        }
        return offer ?? OutboxOffer()
    }

    package func giveBackOutbox(waitingMax: Duration) async throws -> Bool {
        let worker = try await workerID()
        let parameters: [PGParameter] = [.int8(worker), .int8(waitingMax.wholeMicroseconds)]
        let isAnyAble = try await pool.run { link in
            try link.run(SQL.Outbox.giveBack, parameters).first { row in try row.next(Bool.self) }
        }
        return isAnyAble ?? false
    }

    /// Rows that were adopted by a commit whose answer was lost belong to this worker without its knowing them. It then
    /// works on under another number: the rows are adopted again once the old one counts as dead.
    private func adopt(_ parameters: [PGParameter], worker: Int64) async throws(StoreError) -> [AdoptedRow] {
        let isSent = Mutex(false)
        do {
            return try await pool.run(repeatsAfterLoss: false) { link in
                isSent.withLock { $0 = true }
                return try link.run(SQL.Outbox.adopt, parameters).map { row in try AdoptedRow(&row) }
            }
        } catch {
            if isSent.withLock({ $0 }) { identity.forget(worker) }
            throw error
        }
    }

    /// What does not open here is left to others, who may have its key, and looked at again in five minutes. Of a row
    /// of which the rest goes out it gets a row of its own, because the adopted one goes with its last acknowledgement.
    /// Where that fails, the adopted rows are left to another number, as after an adoption in doubt.
    private func setAside(
        _ unopened: [AdoptedRow],
        besides opened: [Int64: [OutboxEntry]],
        worker: Int64
    ) async throws(StoreError) {
        guard let first = unopened.first else { return }
        // One line an adoption: where a key is missing these are many.
        log.error(
            "stored results do not open with the configured keys; they are not published for five minutes",
            [
                .count: .init(unopened.count), .keyID: .text(unopened.map(\.sealed).keyIDs),
                .order: .text(first.orderID), .resultID: .text(first.resultID.text),
            ]
        )
        let left = Dictionary(grouping: unopened, by: \.outboxID).mapValues { $0.map(\.key) }
        let whole = left.keys.filter { opened[$0] == nil }.sorted()
        let parts = left.filter { opened[$0.key] != nil }.map { Self.parameters($0.key, $0.value) }
        do {
            if !whole.isEmpty {
                _ = try await pool.run { link in try link.run(SQL.Outbox.setAside, [.int8s(whole)]).count }
            }
            for part in parts {
                _ = try await pool.run { link in try link.run(SQL.Outbox.split, part).count }
            }
        } catch {
            identity.forget(worker)
            throw error
        }
    }
}

private struct AdoptedRow: Sendable {
    var jobID: Int64? {
        if case .job(let id) = key { id } else { nil }
    }

    var outboxID: Int64
    var key: OutboxEntry.Key
    var resultID: ResultID
    var orderID: String
    var generation: Int32
    var outcome: ResultOutcome
    var sealed: SealedValue?
    var traceparent: String?

    init(_ row: inout RowReader) throws {
        outboxID = try row.next()
        let jobID = try row.nextIfAny(Int64.self)
        let answerID = try row.nextIfAny(Int64.self)
        guard let key = jobID.map({ OutboxEntry.Key.job($0) }) ?? answerID.map({ .answer($0) }) else {
            throw PostgresFailure.shape("outbox/adopt returned neither a job nor an answer")
        }
        self.key = key
        resultID = try row.next()
        orderID = try row.next()
        generation = try row.next()
        outcome = try ResultOutcome(stored: row.next())
        let keyID: String = try row.next()
        sealed = try row.nextIfAny([UInt8].self).map { SealedValue(keyID: keyID, bytes: $0) }
        traceparent = try row.nextIfAny()
    }

    /// The result's value; nil where no key opens it. The others of its row are published all the same.
    func open(_ keys: KeyRing) -> [UInt8]? {
        guard let sealed else { return nil }
        return try? keys.open(sealed, associated: Seals.result(resultID, orderID: orderID, generation: generation))
    }
}
