import Cryptography
import Logs
package import SessionCore
import Synchronization

extension PostgresStore {
    package func acknowledge(_ outboxIDs: [Int64]) async throws {
        guard !outboxIDs.isEmpty else { return }
        _ = try await pool.run { link in try link.run(SQL.Outbox.acknowledge, [.int8s(outboxIDs.sorted())]).count }
    }

    package func adoptOutbox(limit: Int) async throws -> [OutboxRecord] {
        let worker = try await workerID()
        let doubted = doubts.withLock { $0.current(at: .now, limit: limit) }
        let parameters: [PGParameter] = [.int8(worker), .int4(Int32(clamping: limit)), .uuids(doubted)]
        let rows = try await adopt(parameters, worker: worker)
        doubts.withLock { $0.remove(rows.map(\.resultID)) }
        var records: [OutboxRecord] = []
        for row in rows {
            guard let value = open(row) else { continue }
            let result = EncodedResult(
                resultID: row.resultID,
                orderID: row.orderID,
                generation: row.generation,
                outcome: row.outcome,
                value: value
            )
            records.append(OutboxRecord(outboxID: row.outboxID, result: result, traceparent: row.traceparent))
        }
        return records
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

    /// A value that does not open stays in the outbox, where back-pressure and the operator see it; the others go out.
    private func open(_ row: AdoptedRow) -> [UInt8]? {
        let associated = Seals.result(row.resultID, orderID: row.orderID, generation: row.generation)
        guard let sealed = row.sealed, let value = try? keys.open(sealed, associated: associated) else {
            log.error(
                "a stored result does not open with the configured keys; it is not published",
                [.order: .text(row.orderID), .resultID: .text(row.resultID.text)]
            )
            return nil
        }
        return value
    }
}

private struct AdoptedRow: Sendable {
    var outboxID: Int64
    var resultID: ResultID
    var orderID: String
    var generation: Int32
    var outcome: ResultOutcome
    var sealed: SealedValue?
    var traceparent: String?

    init(_ row: inout RowReader) throws {
        outboxID = try row.next()
        resultID = try row.next()
        orderID = try row.next()
        generation = try row.next()
        outcome = try ResultOutcome(stored: row.next())
        let keyID: String = try row.next()
        sealed = try row.nextIfAny([UInt8].self).map { SealedValue(keyID: keyID, bytes: $0) }
        traceparent = try row.nextIfAny()
    }
}
