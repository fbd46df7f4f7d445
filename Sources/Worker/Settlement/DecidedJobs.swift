import SessionCore

/// Decided jobs on their way to be stored. Those of agents have a way of their own: they do not wait for a campaign's
/// batch to be written. Unless their account's hold begins or ends with one of them: what is given back because of it
/// is free to be claimed once it is stored, so the hold must not come after it.
struct DecidedJobs: Sendable {
    let interactive = PacedMailbox<DecidedJob>(pace: .settlement)
    let others = PacedMailbox<DecidedJob>(pace: .settlement)
    /// What was taken out of each, and is not written yet.
    let interactiveWait = OutcomeWait()
    let othersWait = OutcomeWait()

    func send(_ jobs: [DecidedJob]) {
        guard let lane = jobs.first?.job.lane else { return }
        let held = Set(jobs.lazy.filter { $0.hold != nil || $0.endsHold }.map(\.job.order.account))
        guard held.isEmpty else {
            others.send(contentsOf: jobs.filter { held.contains($0.job.order.account) })
            return send(jobs.filter { !held.contains($0.job.order.account) })
        }
        // Nearly always all are of one lane: nothing is copied then.
        if jobs.allSatisfy({ $0.job.lane == lane }) {
            (lane == .interactive ? interactive : others).send(contentsOf: jobs)
        } else {
            interactive.send(contentsOf: jobs.filter { $0.job.lane == .interactive })
            others.send(contentsOf: jobs.filter { $0.job.lane != .interactive })
        }
    }

    /// For how long nothing has got through, on one of the ways at least; nil where all go on.
    func stuck(at uptime: Duration) -> Duration? {
        [interactiveWait, othersWait].compactMap { $0.stuck(at: uptime) }.max()
    }

    /// The leases of outcomes that have waited for longer than usual.
    func leasesToKeep(at uptime: Duration) -> [LeaseRef] {
        interactiveWait.leasesToKeep(with: interactive.gathered, at: uptime)
            + othersWait.leasesToKeep(with: others.gathered, at: uptime)
    }

    /// No more will come.
    func finish() {
        interactive.finish()
        others.finish()
    }
}
