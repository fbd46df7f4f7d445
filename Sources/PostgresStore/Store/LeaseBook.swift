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
        /// Those of them that a settlement is about to end.
        var ending: Set<Int64> = []

        mutating func putBack(_ jobs: Set<Int64>, of epoch: Int64) {
            if jobs.isEmpty { over.insert(epoch) } else { open[epoch] = jobs }
        }
    }

    private let state = Mutex(State())

    func began(_ epoch: Int64, jobs: some Sequence<Int64>) {
        let jobs = Set(jobs)
        guard !jobs.isEmpty else { return }
        state.withLock { $0.open[epoch] = jobs }
    }

    /// The leases that have no other open jobs than these, and of those that are over some that no other settlement has
    /// been told to end: two that delete the same rows wait for each other. `gone` or `stay` must follow.
    func ending(with leases: some Sequence<LeaseRef>) -> [Int64] {
        state.withLock { state in
            var jobs: [Int64: Set<Int64>] = [:]
            for lease in leases { jobs[lease.epoch, default: []].insert(lease.jobID) }
            let ending = jobs.filter { epoch, jobs in state.open[epoch]?.isSubset(of: jobs) == true }.map(\.key)
            let over = Array(state.over.prefix(100))
            state.over.subtract(over)
            state.ending.formUnion(over)
            return (ending + over).sorted()
        }
    }

    /// The rows of these leases are there still.
    func stay(_ epochs: [Int64]) {
        state.withLock { state in
            for epoch in epochs where state.ending.remove(epoch) != nil { state.over.insert(epoch) }
        }
    }

    /// The rows of these leases were deleted.
    func gone(_ epochs: [Int64]) {
        state.withLock { state in
            for epoch in epochs {
                state.open[epoch] = nil
                state.over.remove(epoch)
                state.ending.remove(epoch)
            }
        }
    }

    /// These jobs are settled or lost.
    func settled(_ leases: some Sequence<LeaseRef>) {
        state.withLock { state in
            // One lease's jobs follow one another nearly always, so its set is taken out for as long as they do: to
            // change it in its place costs an allocation a job.
            var held: (epoch: Int64, jobs: Set<Int64>)?
            for lease in leases {
                if held?.epoch != lease.epoch {
                    if let held { state.putBack(held.jobs, of: held.epoch) }
                    held = state.open.removeValue(forKey: lease.epoch).map { (lease.epoch, $0) }
                }
                held?.jobs.remove(lease.jobID)
            }
            if let held { state.putBack(held.jobs, of: held.epoch) }
        }
    }
}
