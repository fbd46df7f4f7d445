import Cryptography
import SessionCore

/// A batch of settlements as the columns that `jobs/settle` takes, in the order of their jobs: two workers that settle
/// at the same time cannot wait for each other in a circle.
struct SettleColumns: Sendable {
    private var rows: [Row] = []

    private struct Row: Sendable {
        var settlement: Settlement
        var step: Int16
        var fromStates: Int32
        var target: Int16?
        var delay: Int64?
        var expiresAt: Timestamp?
        var sealed: SealedValue?

        var lease: LeaseRef { settlement.lease }
        var attempt: AttemptRecord? { settlement.attempt }
    }

    init(_ settlements: [Settlement], keys: KeyRing) {
        rows = settlements.sorted { $0.lease.jobID < $1.lease.jobID }.map { settlement in
            var row = Row(
                settlement: settlement,
                step: settlement.step.stored,
                fromStates: settlement.step.fromStates.reduce(0) { $0 | 1 << Int32($1.rawValue) }
            )
            switch settlement.step {
            case .release(let delay), .retry(let delay), .verify(let delay):
                row.delay = delay.wholeMicroseconds
            case .park: break
            case .finish(let state, let result, let expiresAt):
                row.target = state.rawValue
                row.expiresAt = expiresAt
                row.sealed = keys.seal(
                    result.value,
                    associated: Seals.result(result.resultID, orderID: result.orderID, generation: result.generation)
                )
            }
            return row
        }
    }

    /// - Parameter worker: nil where no worker did it: whoever comes first publishes the results then.
    func parameters(ending leases: [Int64], worker: Int64?) -> [PGParameter] {
        [
            .int8s(rows.map(\.lease.jobID)), .int8s(rows.map(\.lease.epoch)), .int2s(rows.map(\.step)),
            .int4s(rows.map(\.fromStates)), .int2s(rows.map(\.target)), .int8s(rows.map(\.delay)),
            .times(rows.map(\.expiresAt)), .uuids(rows.map(\.settlement.result?.resultID)),
            .texts(rows.map(\.sealed?.keyID)), .byteLists(rows.map(\.sealed?.bytes)),
            .texts(rows.map(\.settlement.traceparent)),
            .texts(rows.map { $0.attempt?.kind.cut(to: 32) }), .texts(rows.map { $0.attempt?.outcome.cut(to: 32) }),
            .texts(rows.map { $0.attempt?.code?.cut(to: 64) }),
            .int2s(rows.map { row in row.attempt?.httpStatus.map { Int16(clamping: $0) } }),
            .texts(rows.map { $0.attempt?.message?.cut(to: 256) }),
            .int4s(rows.map { row in row.attempt.map { Int32(clamping: max(0, $0.elapsed.wholeMilliseconds)) } }),
            .int8s(leases), .optional(worker) { .int8($0) },
        ]
    }

    func outcome(_ rows: PGRows) throws -> WrittenOutcomes {
        let row = try rows.first { row in
            (
                outboxID: try row.nextIfAny(Int64.self), written: try row.nextList(of: Int64.self),
                ended: try row.nextList(of: Int64.self)
            )
        }
        guard let row else { throw PostgresFailure.shape("jobs/settle returned no row") }
        let settlements = Dictionary(self.rows.map { ($0.lease.jobID, $0.settlement) }) { first, _ in first }
        let written = Set(row.written)
        return WrittenOutcomes(
            outbox: row.outboxID.map { outboxID in
                OutboxRow(outboxID: outboxID, entries: row.ended.compactMap { settlements[$0]?.entry })
            },
            missed: self.rows.map(\.settlement).filter { !written.contains($0.lease.jobID) }
        )
    }
}

extension SettledStep {
    /// The step's number in `jobs/settle`.
    var stored: Int16 {
        switch self {
        case .release: 0
        case .retry: 1
        case .verify: 2
        case .park: 3
        case .finish: 4
        }
    }

    /// The states that a lease may be on for this step: the state machine's, and staying in place.
    var fromStates: Set<JobState> {
        let all = Set(JobState.allCases.filter { !$0.isTerminal })
        switch self {
        case .release: return all
        case .retry: return all.filter { $0.successors.contains(.ready) }
        case .verify, .park: return all.filter { $0 == .verify || $0.successors.contains(.verify) }
        case .finish(let state, _, _): return state.isTerminal ? all.filter { $0.successors.contains(state) } : []
        }
    }
}
