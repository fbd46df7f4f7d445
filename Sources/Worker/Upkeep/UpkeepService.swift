import BlockingThreads
import Logs
import SessionCore
import Synchronization

/// What must happen every so often: leases that ran out, life signs, back-pressure, accounts without a worker, wiping,
/// a line of progress.
struct UpkeepService<Store: JobStore, Source: JobSource, Provider: Cashier>: Sendable {
    let store: Store
    let source: Source
    let settings: WorkerSettings
    let causes: Mailbox<DispatchCause>
    let relayCauses: Mailbox<Void>
    let slots: CallSlots
    let guards: AccountGuards
    let dispatcher: Dispatcher<Provider>
    let changes: ChangeLog
    let pressure: BackPressure
    let lifeSigns: LifeSigns
    let steadiness: Steadiness
    let decided: DecidedJobs
    let unpublished: Unpublished
    let patience: Patience
    let clock: WorkerClock
    let activity: Activity
    let log: Log

    func runTicks() async throws {
        while true {
            try await clock.wait(for: min(.milliseconds(50), settings.pollInterval))
            causes.send(.tick)
            slots.nudge()
        }
    }

    func runRelayTicks() async throws {
        while true {
            try await clock.wait(for: .seconds(1))
            relayCauses.send(())
        }
    }

    func runHeartbeats() async throws {
        while true {
            try await clock.wait(for: LifeSigns.interval)
            try await patience.untilDone { try await store.heartbeat(lifetime: LifeSigns.lifetime) }
            lifeSigns.given(at: clock.uptime)
        }
    }

    /// A look that finds no database is not made up for: on its return what waited for it goes first.
    func runReaping() async throws {
        while true {
            try await clock.wait(for: min(.seconds(2), settings.lease / 4))
            while try await steadiness.isGiven(by: store, patience),
                let reaped = try await patience.once({ try await store.reap(limit: 50) }),
                reaped > 0
            {
                log.warning("leases of lost workers ended: their outcomes are looked up", [.count: .init(reaped)])
                causes.send(.workStored)
            }
        }
    }

    /// Keeps the leases of outcomes that wait to be written, and says when nothing is claimed because of them. Goes
    /// before what waits in the line for a connection: those that have one may be what waits.
    func runKeepingLeases() async throws {
        var isStuck = false
        while true {
            try await clock.wait(for: .seconds(1))
            let stuck = decided.stuck(at: clock.uptime)
            if (stuck != nil) != isStuck { tell(stuckFor: stuck) }
            isStuck = stuck != nil
            let leases = decided.leasesToKeep(at: clock.uptime)
            guard !leases.isEmpty else { continue }
            try await Urgency.$isUrgent.withValue(true) {
                // Where none ends soon nothing is written.
                _ = try await patience.once(onlyReads: true) {
                    try await store.keepLeases(leases, for: settings.lease)
                }
            }
        }
    }

    private func tell(stuckFor stuck: Duration?) {
        guard let stuck else {
            log.notice("outcomes are written again: jobs are claimed", [.waitingFor: "postgres"])
            causes.send(.workStored)
            return
        }
        log.warning(
            "no jobs are claimed: outcomes cannot be written",
            [.waitingFor: "postgres", .elapsedMs: .init(stuck.wholeMilliseconds)]
        )
    }

    /// Finds out whether the database still knows what was stored: after a failover to a standby that lagged it does
    /// not, and where no further record comes nothing else would tell. And whether an operator moved the position of a
    /// stopped partition, or that of another ahead.
    func runPositionChecks() async throws {
        while true {
            try await clock.wait(for: .seconds(5))
            let check = PositionCheck(accounted: source.accounted, stopped: source.stopped)
            guard !check.partitions.isEmpty else { continue }
            let stored = try await patience.untilDone(onlyReads: true) {
                try await store.positions(of: check.partitions)
            }
            for partition in check.moved(stored) { source.takeUp(partition) }
            for (partition, expected) in check.ahead(stored) {
                log.setAhead(partition, expected: expected, stored: stored[partition]?.next ?? 0)
                source.rewind(partition)
            }
            for (partition, expected) in check.lost(stored) {
                log.lostCommits(partition, expected: expected, stored: stored[partition]?.next)
                source.rewind(partition)
            }
        }
    }

    /// Gives the partitions to other workers after a while without a database: they may have one.
    func runMembership() async throws {
        var membership = Membership(leaveAfter: settings.leaveAfter)
        while true {
            try await clock.wait(for: min(.seconds(1), settings.leaveAfter / 4))
            switch membership.turn(silence: patience.silence(at: clock.uptime)) {
            case .leave:
                log.warning(
                    "no transaction that writes gets through: the partitions go to other workers until one does",
                    [.waitingFor: "postgres"]
                )
                source.leave()
            case .join:
                log.notice("transactions get through again: taking partitions", [.waitingFor: "postgres"])
                source.join()
            case nil: break
            }
        }
    }

    /// Follows the holds that others place and end, and tells what this worker sees of its accounts.
    func runAccounts() async throws {
        var told: [AccountReport] = []
        var toldAt = Duration.zero
        while true {
            let versions = guards.holdVersions()
            let holds = try await patience.untilDone(onlyReads: true) { try await store.holds() }
            let turn = guards.read(holds, versions: versions)
            dispatcher.carryOn(turn, at: clock.uptime)
            changes.tell(turn.changes, at: clock.uptime)
            if turn.changes.contains(where: \.isRelease) { causes.send(.workStored) }
            let reports = guards.reports()
            if reports != told || clock.uptime > toldAt + .seconds(10) {
                try await patience.untilDone { try await store.report(reports) }
                (told, toldAt) = (reports, clock.uptime)
            }
            try await clock.wait(for: .seconds(1))
        }
    }

    func runWiping() async throws {
        while true {
            try await clock.wait(for: settings.wipeInterval)
            // Nothing in here waits where all goes well: what is old could keep a worker that stops for many rounds.
            while !Task.isCancelled,
                try await patience.untilDone({ try await store.wipe(settings.retention, limit: 1_000) }) >= 1_000
            {}
        }
    }

    /// Jobs that no worker will send are told of, and pause no topic.
    func runBackPressure() async throws {
        let accounts = settings.accounts.keys.sorted()
        var watch = UnservedWatch(log: log, from: clock.uptime)
        while true {
            try await clock.wait(for: .seconds(1))
            if watch.isDue(at: clock.uptime) {
                let unserved = try await patience.untilDone(onlyReads: true) {
                    try await store.unserved(besides: accounts)
                }
                watch.found(unserved, at: clock.uptime)
            }
            let leftOut = watch.names
            let backlog = try await patience.untilDone(onlyReads: true) {
                try await store.backlog(leavingOut: leftOut)
            }
            let uptime = clock.uptime
            let sent = BackPressure.Sent(
                oldest: unpublished.oldest.map { uptime - $0 },
                isWaiting: unpublished.count > 0
            )
            for change in pressure.measured(backlog, sent: sent, at: uptime) { apply(change) }
        }
    }

    private func apply(_ change: BackPressure.Change) {
        switch change {
        case .stopClaiming(.ownWait(let age)), .stopClaiming(.aside(let age)):
            log.warning(
                "no jobs are claimed: results cannot be published",
                [.waitingFor: "kafka results topic", .elapsedMs: .init(age.wholeMilliseconds)]
            )
        case .stopClaiming(.doubt(let age)):
            log.warning(
                "no jobs are claimed: results wait, and nothing of this worker's was acknowledged since",
                [.waitingFor: "kafka results topic", .elapsedMs: .init(age.wholeMilliseconds)]
            )
        case .claimAgain:
            log.notice("results are published again: jobs are claimed", [.waitingFor: "kafka results topic"])
            causes.send(.workStored)
        case .pause(let topic, let waiting):
            log.warning("topic paused: its backlog is at its cap", [.topic: .text(topic), .jobs: .init(waiting)])
            source.pause(topic: topic)
        case .resume(let topic):
            log.notice("topic resumed", [.topic: .text(topic)])
            source.resume(topic: topic)
        case .cannotCount(let failure):
            log.warning(
                "the jobs that wait cannot be counted: by the last count topics stay paused or are read on",
                [.waitingFor: "postgres", .reason: .text(failure.passingReason ?? "\(failure)")]
            )
        case .countsAgain:
            log.notice("the jobs that wait are counted again", [.waitingFor: "postgres"])
        }
    }

    func runProgressLines() async throws {
        var progress = ProgressLog(log: log, from: activity.snapshot)
        while true {
            try await clock.wait(for: .seconds(10))
            progress.tell(activity.snapshot)
        }
    }
}
