import SessionCore
import Synchronization

/// Counts the jobs of each of this worker's leases that are not settled yet: the row of a lease goes with the last of
/// them. What is lost track of is ended by the reaper when its time is over.
final class LeaseBook: Sendable {
    private let open = Mutex<[Int64: Int]>([:])

    func began(_ epoch: Int64, jobs: Int) {
        guard jobs > 0 else { return }
        open.withLock { $0[epoch] = jobs }
    }

    /// The leases that have no other jobs than these.
    func ending(with leases: some Sequence<LeaseRef>) -> [Int64] {
        open.withLock { open in
            var counts: [Int64: Int] = [:]
            for lease in leases { counts[lease.epoch, default: 0] += 1 }
            return counts.filter { open[$0.key] == $0.value }.map(\.key).sorted()
        }
    }

    /// These jobs are settled or lost.
    func settled(_ leases: some Sequence<LeaseRef>) {
        open.withLock { open in
            for lease in leases {
                guard let count = open[lease.epoch] else { continue }
                open[lease.epoch] = count > 1 ? count - 1 : nil
            }
        }
    }
}
