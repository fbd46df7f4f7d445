import BlockingThreads
import SessionCore

/// Decided jobs on their way to be stored. Those of agents have a way of their own: they do not wait for a campaign's
/// batch to be written.
struct DecidedJobs: Sendable {
    let interactive = Mailbox<DecidedJob>()
    let others = Mailbox<DecidedJob>()

    func send(_ jobs: [DecidedJob]) {
        guard let lane = jobs.first?.job.lane else { return }
        // Nearly always all are of one lane: nothing is copied then.
        if jobs.allSatisfy({ $0.job.lane == lane }) {
            (lane == .interactive ? interactive : others).send(contentsOf: jobs)
        } else {
            interactive.send(contentsOf: jobs.filter { $0.job.lane == .interactive })
            others.send(contentsOf: jobs.filter { $0.job.lane != .interactive })
        }
    }

    /// No more will come.
    func finish() {
        interactive.finish()
        others.finish()
    }
}
