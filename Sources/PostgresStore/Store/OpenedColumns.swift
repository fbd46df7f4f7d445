import Cryptography
import SessionCore

/// A batch of jobs that were opened by their calls, as the columns that `jobs/open` takes, in the order of their jobs:
/// two workers that settle at the same time cannot wait for each other in a circle.
struct OpenedColumns: Sendable {
    private let settlements: [Settlement]
    private let results: [EncodedResult]
    private let pack: SealedPack
    private let keyID: String

    /// - Precondition: each was opened by its call.
    init(_ settlements: [Settlement], keys: KeyRing) {
        let sorted = settlements.sorted { $0.lease.jobID < $1.lease.jobID }
        let results = sorted.compactMap(\.result)
        precondition(results.count == sorted.count, "an outcome without a result")
        pack = SealedPack(results, keys: keys, plain: \.value) { result in
            Seals.result(result.resultID, orderID: result.orderID, generation: result.generation)
        }
        self.settlements = sorted
        self.results = results
        keyID = keys.activeID
    }

    func parameters(ending leases: [Int64], worker: Int64) -> [PGParameter] {
        let hasTraces = settlements.contains { $0.traceparent != nil }
        return [
            .int8s(settlements.map { $0.lease.jobID }), .int8s(settlements.map { $0.lease.epoch }),
            .uuids(results.map { $0.resultID }), .times(settlements.map(\.expiresAt)),
            .int4s(settlements.map { Int32(clamping: max(0, $0.attempt?.elapsed.wholeMilliseconds ?? 0)) }),
            .bytes(pack.bytes), .int4s(all: pack.starts), .int4s(all: pack.lengths), .text(keyID),
            hasTraces ? .texts(settlements.map(\.traceparent)) : .texts([]), .int8s(leases), .int8(worker),
        ]
    }

    func outcome(_ rows: PGRows) throws -> WrittenOutcomes {
        let row = try rows.first { row in
            (outboxID: try row.nextIfAny(Int64.self), places: try row.nextList(of: Int64.self))
        }
        guard let row else { throw PostgresFailure.shape("jobs/open returned no row") }
        let written = row.places.map { settlements[Int($0) - 1] }
        let outbox = row.outboxID.map { OutboxRow(outboxID: $0, entries: written.compactMap(\.entry)) }
        guard written.count < settlements.count else { return WrittenOutcomes(outbox: outbox, missed: []) }
        let places = Set(row.places)
        let missed = settlements.indices.filter { !places.contains(Int64($0 + 1)) }.map { settlements[$0] }
        return WrittenOutcomes(outbox: outbox, missed: missed)
    }
}

extension Settlement {
    var expiresAt: Timestamp? {
        if case .finish(_, _, let expiresAt) = step { expiresAt } else { nil }
    }
}
