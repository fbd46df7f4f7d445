import SessionCore
import Synchronization

/// Which jobs of this worker's leases are not settled yet: the row of a lease goes with the last of them. What is lost
/// track of is ended by the reaper when its time is over.
///
/// Jobs are kept by name, not counted: a settlement that is run again would be counted twice, and a lease whose row is
/// gone before its last job is settled can never be ended should the worker die.
final class LeaseBook: Sendable {
    private struct State {
        var open: [Int64: Set<Int64>] = [:]
        /// Leases without a job left whose rows are there still: their last jobs were settled by two transactions at
        /// the same time, neither of which was the last.
        var over: Set<Int64> = []
    }

    private let state = Mutex(State())

    func began(_ epoch: Int64, jobs: some Sequence<Int64>) {
        let jobs = Set(jobs)
        guard !jobs.isEmpty else { return }
        state.withLock { $0.open[epoch] = jobs }
    }

    /// The leases that have no other open jobs than these.
    func ending(with leases: some Sequence<LeaseRef>) -> [Int64] {
        state.withLock { state in
            var jobs: [Int64: Set<Int64>] = [:]
            for lease in leases { jobs[lease.epoch, default: []].insert(lease.jobID) }
            let ending = jobs.filter { epoch, jobs in state.open[epoch]?.isSubset(of: jobs) == true }.map(\.key)
            return (ending + state.over.prefix(100)).sorted()
        }
    }

    /// The rows of these leases were deleted.
    func gone(_ epochs: [Int64]) {
        state.withLock { state in
            for epoch in epochs {
                state.open[epoch] = nil
                state.over.remove(epoch)
            }
        }
    }

    /// These jobs are settled or lost.
    func settled(_ leases: some Sequence<LeaseRef>) {
        state.withLock { state in
            for lease in leases {
                guard state.open[lease.epoch]?.remove(lease.jobID) != nil else { continue }
                guard state.open[lease.epoch]?.isEmpty == true else { continue }
                state.open[lease.epoch] = nil
                state.over.insert(lease.epoch)
            }
        }
    }
}
