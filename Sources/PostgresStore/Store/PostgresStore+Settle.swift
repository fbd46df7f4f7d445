import Cryptography
import Logs
package import SessionCore

extension PostgresStore {
    package func settle(_ settlements: [Settlement]) async throws -> SettleReport {
        guard !settlements.isEmpty else { return SettleReport(outbox: [], lost: []) }
        let worker = try await workerID()
        let results = settlements.compactMap(\.result?.resultID)
        do {
            let report = try await settleBatch(settlements, worker: worker)
            doubts.withLock { $0.remove(results) }
            return report
        } catch {
            if case .unavailable = error { doubts.withLock { $0.add(results, at: .now) } }
            throw error
        }
    }

    /// One refused settlement costs itself, not the others of its batch: they are written one by one then.
    private func settleBatch(_ settlements: [Settlement], worker: Int64) async throws(StoreError) -> SettleReport {
        do {
            return try await write(settlements, worker: worker)
        } catch .refused(let sqlState, let message) where settlements.count > 1 {
            log.error(
                "a batch of outcomes was refused; they are written one by one",
                [.code: .text(sqlState), .error: .text(message), .batch: .init(settlements.count)]
            )
        }
        var report = SettleReport(outbox: [], lost: [])
        for settlement in settlements {
            do {
                let one = try await write([settlement], worker: worker)
                report.outbox += one.outbox
                report.lost += one.lost
            } catch .refused(let sqlState, let message) {
                log.error(
                    "an outcome was refused; its lease runs out and it is looked up",
                    [.record: .init(settlement.lease.jobID), .code: .text(sqlState), .error: .text(message)]
                )
                report.lost.append(settlement.lease)
            }
        }
        return report
    }

    private func write(_ settlements: [Settlement], worker: Int64) async throws(StoreError) -> SettleReport {
        let results = Dictionary(
            settlements.compactMap { settlement in settlement.result.map { ($0.resultID, $0) } },
            uniquingKeysWith: { first, _ in first }
        )
        var left = settlements
        var outbox: [OutboxRecord] = []
        var lost: [LeaseRef] = []
        // A row that was changed between the statement's snapshot and its lock is missed, though the lease stands.
        for _ in 0..<3 where !left.isEmpty {
            let columns = SettleColumns(left, keys: keys).parameters(worker: worker)
            let written = try await pool.run { link in try WrittenOutcomes(link.run(SQL.Jobs.settle, columns)) }
            outbox += written.records(results)
            left = left.filter { !written.jobIDs.contains($0.lease.jobID) }
            if left.isEmpty { break }
            let earlier = try await earlierRuns(of: left, worker: worker)
            if earlier.values.contains(where: { !$0.isHeld }) { try await confirmDurability(worker: worker) }
            for settlement in left {
                guard let run = earlier[settlement.lease.jobID] else {
                    lost.append(settlement.lease)
                    continue
                }
                if let outboxID = run.outboxID, let result = settlement.result {
                    outbox.append(OutboxRecord(outboxID: outboxID, result: result, traceparent: run.traceparent))
                }
            }
            left = left.filter { earlier[$0.lease.jobID]?.isHeld == true }
        }
        for settlement in left {
            log.error(
                "an outcome does not fit its job's state; its lease runs out and it is looked up",
                [.record: .init(settlement.lease.jobID), .lease: .init(settlement.lease.epoch)]
            )
            lost.append(settlement.lease)
        }
        return SettleReport(outbox: outbox.sorted { $0.outboxID < $1.outboxID }, lost: lost)
    }

    private func earlierRuns(of settlements: [Settlement], worker: Int64) async throws(StoreError) -> [Int64:
        EarlierRun]
    {
        let parameters: [PGParameter] = [
            .int8s(settlements.map(\.lease.jobID)), .int4s(settlements.map(\.lease.epoch)),
            .uuids(settlements.map(\.result?.resultID)), .int8(worker),
        ]
        let rows = try await pool.run { link in
            try link.run(SQL.Jobs.settled, parameters).map { row in
                let jobID: Int64 = try row.next()
                let run = EarlierRun(
                    isHeld: try row.next(),
                    outboxID: try row.nextIfAny(),
                    traceparent: try row.nextIfAny()
                )
                return (jobID, run)
            }
        }
        return Dictionary(rows) { first, _ in first }
    }
}

/// What a lease that a settlement did not find says about an earlier run of it.
private struct EarlierRun: Sendable {
    var isHeld: Bool
    var outboxID: Int64?
    var traceparent: String?
}

/// What `jobs/settle` returned.
private struct WrittenOutcomes: Sendable {
    var jobIDs: Set<Int64> = []
    private var results: [Int64: (id: ResultID, traceparent: String?)] = [:]
    private var outboxIDs: [(resultNo: Int64, outboxID: Int64)] = []

    init(_ rows: PGRows) throws {
        for row in try rows.map({ row in try Row(&row) }) {
            if let jobID = row.jobID { jobIDs.insert(jobID) }
            guard let resultNo = row.resultNo else { continue }
            if let id = row.resultID { results[resultNo] = (id, row.traceparent) }
            if let outboxID = row.outboxID { outboxIDs.append((resultNo, outboxID)) }
        }
    }

    func records(_ encoded: [ResultID: EncodedResult]) -> [OutboxRecord] {
        outboxIDs.compactMap { row in
            guard let result = results[row.resultNo], let value = encoded[result.id] else { return nil }
            return OutboxRecord(outboxID: row.outboxID, result: value, traceparent: result.traceparent)
        }
    }

    private struct Row {
        var jobID: Int64?
        var resultNo: Int64?
        var resultID: ResultID?
        var traceparent: String?
        var outboxID: Int64?

        init(_ row: inout RowReader) throws {
            jobID = try row.nextIfAny()
            resultNo = try row.nextIfAny()
            resultID = try row.nextIfAny()
            traceparent = try row.nextIfAny()
            outboxID = try row.nextIfAny()
        }
    }
}

extension Settlement {
    fileprivate var result: EncodedResult? {
        if case .finish(_, let result, _) = step { result } else { nil }
    }
}
