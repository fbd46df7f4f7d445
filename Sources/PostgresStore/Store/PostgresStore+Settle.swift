import Cryptography
import Logs
package import SessionCore

extension PostgresStore {
    /// Two transactions: one for what was opened by its call, which is nearly everything, one for all the rest.
    package func settle(_ settlements: [Settlement]) async throws -> SettleReport {
        var report = SettleReport(outbox: [], lost: [])
        let opened = settlements.filter(\.isOpenedByCall)
        let others = settlements.filter { !$0.isOpenedByCall }
        for part in [opened, others] where !part.isEmpty {
            let one = try await settleInDoubt(part)
            report.outbox += one.outbox
            report.lost += one.lost
        }
        return report
    }

    package func keepLeases(_ leases: [LeaseRef], for lease: Duration) async throws {
        let epochs = Set(leases.map(\.epoch)).sorted()
        guard !epochs.isEmpty else { return }
        let parameters: [PGParameter] = [.int8s(epochs), .int8(lease.wholeMicroseconds)]
        _ = try await pool.run { link in try link.run(SQL.Jobs.keepLeases, parameters).count }
    }

    /// Remembers what ended without an answer, so that its results are found should they have been stored.
    private func settleInDoubt(_ settlements: [Settlement]) async throws(StoreError) -> SettleReport {
        let worker = try await workerID()
        let jobs = settlements.filter { $0.result != nil }.map(\.lease.jobID)
        do {
            let written = try await settleBatch(settlements, worker: worker)
            doubts.withLock { doubts in
                doubts.remove(jobs)
                doubts.add(written.doubted, at: .now)
            }
            leases.settled(settlements.map(\.lease).filter { !written.stillLeased.contains($0) })
            return written.report
        } catch {
            switch error {
            case .unavailable, .notNow: doubts.withLock { $0.add(jobs, at: .now) }
            case .positionMovedBack, .positionSetAhead, .unsealable, .refused: break
            }
            throw error
        }
    }

    /// One refused settlement costs itself, not the others of its batch: they are written one by one then.
    private func settleBatch(_ settlements: [Settlement], worker: Int64) async throws(StoreError) -> WrittenBatch {
        do {
            return try await write(settlements, worker: worker)
        } catch .refused(let sqlState, let message) where settlements.count > 1 {
            log.error(
                "a batch of outcomes was refused; they are written one by one",
                [.code: .text(sqlState), .error: .text(message), .batch: .init(settlements.count)]
            )
        }
        var batch = WrittenBatch()
        for settlement in settlements {
            do {
                batch.add(try await write([settlement], worker: worker))
            } catch .refused(let sqlState, let message) {
                log.error(
                    "an outcome was refused; its lease runs out and it is looked up",
                    [.record: .init(settlement.lease.jobID), .code: .text(sqlState), .error: .text(message)]
                )
                batch.leave(settlement.lease)
            }
        }
        return batch
    }

    private func write(_ settlements: [Settlement], worker: Int64) async throws(StoreError) -> WrittenBatch {
        var left = settlements
        var batch = WrittenBatch()
        // A row that was changed between the statement's snapshot and its lock is missed, though the lease stands.
        for _ in 0..<3 where !left.isEmpty {
            let written = try await writeOnce(left, worker: worker)
            if let row = written.outbox { batch.report.outbox.append(row) }
            left = written.missed
            if left.isEmpty { break }
            let isHeld = try await leasesStillHeld(left)
            let earlier = left.filter { isHeld[$0.lease.jobID] == false }
            batch.report.lost += left.filter { isHeld[$0.lease.jobID] == nil }.map(\.lease)
            try await findEarlier(earlier, worker: worker, &batch)
            left = left.filter { isHeld[$0.lease.jobID] == true }
        }
        for settlement in left {
            log.error(
                "an outcome does not fit its job's state; its lease runs out and it is looked up",
                [.record: .init(settlement.lease.jobID), .lease: .init(settlement.lease.epoch)]
            )
            batch.leave(settlement.lease)
        }
        return batch
    }

    private func writeOnce(_ settlements: [Settlement], worker: Int64) async throws(StoreError) -> WrittenOutcomes {
        let ending = leases.ending(with: settlements.lazy.map(\.lease))
        do throws(StoreError) {
            let written = try await writeOnce(settlements, ending: ending, worker: worker)
            leases.gone(ending)
            return written
        } catch {
            leases.stay(ending)
            throw error
        }
    }

    private func writeOnce(
        _ settlements: [Settlement],
        ending: [Int64],
        worker: Int64
    ) async throws(StoreError) -> WrittenOutcomes {
        if settlements.allSatisfy(\.isOpenedByCall) {
            let columns = OpenedColumns(settlements, keys: keys)
            let parameters = columns.parameters(ending: ending, worker: worker)
            return try await pool.run { link in try columns.outcome(link.run(SQL.Jobs.open, parameters)) }
        }
        let columns = SettleColumns(settlements, keys: keys)
        let parameters = columns.parameters(ending: ending, worker: worker)
        return try await pool.run { link in try columns.outcome(link.run(SQL.Jobs.settle, parameters)) }
    }

    /// Of leases that a settlement did not find: whether each is still held; absent when it was lost.
    private func leasesStillHeld(_ settlements: [Settlement]) async throws(StoreError) -> [Int64: Bool] {
        let parameters: [PGParameter] = [
            .int8s(settlements.map(\.lease.jobID)), .int8s(settlements.map(\.lease.epoch)),
        ]
        let rows = try await pool.run { link in
            try link.run(SQL.Jobs.settled, parameters).map { row in
                (try row.next(Int64.self), try row.next(Bool.self))
            }
        }
        return Dictionary(rows) { first, _ in first }
    }

    /// Finds the outbox rows that earlier runs of these settlements wrote and that wait to be published still. A row
    /// that holds more than these is left to the relay, which reads all of it: taken for the whole row, a part that is
    /// acknowledged would end the rest unpublished.
    private func findEarlier(
        _ settlements: [Settlement],
        worker: Int64,
        _ batch: inout WrittenBatch
    ) async throws(StoreError) {
        guard !settlements.isEmpty else { return }
        try await confirmDurability(worker: worker)
        let entries = Dictionary(settlements.compactMap { $0.entry.map { ($0.key, $0) } }) { first, _ in first }
        let parameters: [PGParameter] = [.int8(worker), .int8s(settlements.map(\.lease.jobID))]
        let rows = try await pool.run { link in
            try link.run(SQL.Outbox.find, parameters).map { row in
                (outboxID: try row.next(Int64.self), jobs: try row.nextList(of: Int64.self))
            }
        }
        for row in rows {
            let found = row.jobs.compactMap { entries[.job($0)] }
            if found.count == row.jobs.count {
                batch.report.outbox.append(OutboxRow(outboxID: row.outboxID, entries: found))
            } else {
                batch.doubted += row.jobs
            }
        }
    }
}

/// What became of a batch of settlements.
private struct WrittenBatch: Sendable {
    var report = SettleReport(outbox: [], lost: [])
    /// Of those lost, the ones whose leases are there still: the reaper finds them only as long as the lease's row is.
    var stillLeased: Set<LeaseRef> = []
    /// Jobs of outbox rows of this worker that it does not know as a whole.
    var doubted: [Int64] = []

    mutating func add(_ other: WrittenBatch) {
        report.outbox += other.report.outbox
        report.lost += other.report.lost
        stillLeased.formUnion(other.stillLeased)
        doubted += other.doubted
    }

    /// The outcome is not written; its lease runs out.
    mutating func leave(_ lease: LeaseRef) {
        report.lost.append(lease)
        stillLeased.insert(lease)
    }
}

/// What a settling statement wrote.
struct WrittenOutcomes: Sendable {
    /// nil when nothing is to be published.
    var outbox: OutboxRow?
    /// Not written: lost, changed meanwhile, or written by an earlier run.
    var missed: [Settlement]
}

extension Settlement {
    var result: EncodedResult? {
        if case .finish(_, let result, _) = step { result } else { nil }
    }

    /// What the outbox holds for it.
    var entry: OutboxEntry? {
        result.map { OutboxEntry(key: .job(lease.jobID), result: $0, traceparent: traceparent) }
    }

    /// Opened by the call that was made: what `jobs/open` writes.
    var isOpenedByCall: Bool {
        guard case .finish(.opened, _, .some) = step, let attempt else { return false }
        return attempt.kind == AttemptRecord.open
    }
}
