import SessionCore
import Synchronization

/// The outcomes that were taken to be written and are not, on one of the ways to the store.
///
/// Life signs may get through where outcomes do not, as when somebody has locked the results' table. This worker's
/// leases would run out then, and be taken for a lost one's, while it knows links that nobody else does. So it keeps
/// them, and where nothing gets through it claims nothing. A worker that dies keeps none.
final class OutcomeWait: Sendable {
    /// Until then they are about to be written. The longest call of the shortest lease leaves five times as long.
    static let keepsAfter = Duration.seconds(1)
    /// A link lives no longer. Where only this worker's outcomes are stuck, others may look them up from then on.
    static let keepsUntil = Duration.seconds(900)
    /// No batch takes as long to be written.
    static let stuckAfter = Duration.seconds(5)
    /// So many settlements write on each way. While fewer are stuck, the rest gets through beside them.
    static let batchesMax = 2

    private struct Batch {
        var jobs: [DecidedJob]
        /// The uptime since which nothing of it was written.
        var since: Duration
    }

    private struct State {
        var batches: [Int: Batch] = [:]
        var begun = 0
    }

    private let state = Mutex(State())

    /// A batch is about to be written. Returns its number.
    func began(_ jobs: [DecidedJob], at uptime: Duration) -> Int {
        state.withLock { state in
            state.begun += 1
            state.batches[state.begun] = Batch(jobs: jobs, since: uptime)
            return state.begun
        }
    }

    /// A part of it was written.
    func wentOn(_ number: Int, at uptime: Duration) {
        state.withLock { state in
            guard var batch = state.batches[number] else { return }
            batch.since = uptime
            state.batches[number] = batch
        }
    }

    /// All of it was written, or given up.
    func ended(_ number: Int) {
        state.withLock { $0.batches[number] = nil }
    }

    /// For how long nothing has got through: as many batches as may be written at once have waited too long. nil
    /// otherwise.
    func stuck(at uptime: Duration) -> Duration? {
        state.withLock { state -> Duration? in
            guard state.batches.count >= Self.batchesMax, let last = state.batches.values.map(\.since).max(),
                uptime - last >= Self.stuckAfter
            else { return nil }
            return uptime - last
        }
    }

    /// The leases of outcomes that have waited for longer than usual.
    ///
    /// - Parameter gathered: those on the same way that nobody has taken yet.
    func leasesToKeep(with gathered: [DecidedJob], at uptime: Duration) -> [LeaseRef] {
        let kept = state.withLock { $0.batches.values.filter { uptime - $0.since < Self.keepsUntil } }
        guard kept.contains(where: { uptime - $0.since >= Self.keepsAfter }) else { return [] }
        return kept.flatMap { $0.jobs.map(\.job.lease) } + gathered.map(\.job.lease)
    }
}
