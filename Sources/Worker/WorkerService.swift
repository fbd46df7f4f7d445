import BlockingThreads
package import Logs
package import SessionCore

/// One worker: intake, dispatch, settlement, publishing and upkeep, run side by side until it is told to stop.
package struct WorkerService<
    Store: JobStore,
    Source: JobSource,
    Sink: ResultSink,
    Provider: Cashier
>: Sendable {
    /// How long the producer may take at shutdown to have everything acknowledged.
    private static var flushGrace: Duration { .seconds(5) }

    private let store: Store
    private let source: Source
    private let sink: Sink
    private let cashier: Provider
    private let settings: WorkerSettings
    private let log: Log
    private let clock: WorkerClock
    private let patience: Patience
    private let slots: CallSlots
    private let causes = Mailbox<DispatchCause>()
    private let rests = Mailbox<Duration>()
    private let decided = DecidedJobs()
    private let shares: LaneShares
    private let rightOfWay = RightOfWay()
    private let relayCauses = Mailbox<Void>()
    private let stopRequests = Mailbox<Void>()
    /// Finished when every acknowledgement is marked in the store.
    private let allMarked = Mailbox<Void>()
    private let unpublished = Unpublished()
    private let guards: AccountGuards
    private let pressure: BackPressure
    private let lifeSigns = LifeSigns()
    private let findings: FindingLog
    private let decider: IntakeDecider
    private let writer: SettlementWriter
    private let dispatcher: Dispatcher<Provider>
    /// What this worker has done so far.
    package let activity = Activity()

    package init(
        store: Store,
        source: Source,
        sink: Sink,
        cashier: Provider,
        decider: IntakeDecider,
        identity: ResultIdentity,
        settings: WorkerSettings,
        clock: WorkerClock,
        log: Log
    ) {
        self.store = store
        self.source = source
        self.sink = sink
        self.cashier = cashier
        self.settings = settings
        self.decider = decider
        self.clock = clock
        self.log = log
        findings = FindingLog(log: log)
        patience = Patience(log: log, clock: clock)
        slots = CallSlots(limit: settings.inFlightMax, reserve: settings.interactiveReserve)
        guards = AccountGuards(
            accounts: settings.accounts,
            agentsShare: Double(settings.interactiveReserve) / Double(settings.inFlightMax)
        )
        shares = LaneShares(weights: settings.laneWeights, reserve: settings.interactiveReserve)
        pressure = BackPressure(topics: settings.topics, unpublishedMax: settings.unpublishedMax)
        writer = SettlementWriter(identity: identity)
        dispatcher = Dispatcher(
            cashier: cashier,
            accounts: settings.accounts,
            guards: guards,
            slots: slots,
            decided: decided,
            clock: clock,
            activity: activity,
            lease: settings.lease,
            turnWaitMax: settings.turnWaitMax
        )
    }

    /// Asks the worker to stop; `run` returns when it has. May be called from any thread, more than once.
    package func stop() {
        stopRequests.send(())
    }

    /// Whether the database is being waited for.
    package var waitsForDatabase: Bool {
        patience.waitsForDatabase
    }

    /// Works until `stop`, then finishes what is in flight. Throws what no waiting mends: a refused statement, a value
    /// that cannot be unsealed, a Kafka error that needs a person.
    package func run() async throws {
        var failure: (any Error)?
        await withTaskGroup(of: Ending.self) { group in
            group.addTask { await signOn() }
            group.addTask {
                _ = await stopRequests.takeAll()
                return .told
            }
            var isAtWork = false
            var isStopping = false
            while let ending = await group.next() {
                switch ending {
                case .finished: break
                case .signedOn:
                    if isStopping { break }
                    isAtWork = true
                    startWork(in: &group)
                case .told:
                    isStopping = true
                    group.addTask { [isAtWork] in
                        if isAtWork { await shutDown() } else { await giveUp() }
                        return .stopped
                    }
                case .stopped: group.cancelAll()
                case .failed(let error):
                    log.error("the worker cannot go on", [.error: .text(String(describing: error))])
                    failure = failure ?? error
                    stop()
                }
            }
        }
        if let failure { throw failure }
    }

    private enum Ending: Sendable {
        /// The first life sign got through.
        case signedOn
        /// It is to stop.
        case told
        case finished
        case failed(any Error)
        case stopped
    }

    /// Waits for the database, and for as long as it takes: meanwhile a stop is heard.
    private func signOn() async -> Ending {
        await ending(as: .signedOn) {
            try await patience.untilDone { try await store.heartbeat(lifetime: LifeSigns.lifetime) }
            lifeSigns.given(at: clock.uptime)
        }
    }

    private func startWork(in group: inout TaskGroup<Ending>) {
        for service in services {
            group.addTask {
                await Urgency.$isUrgent.withValue(service.isUrgent) { await ending(of: service.run) }
            }
        }
        for loop in upkeepLoops { group.addTask { await ending(of: loop) } }
    }

    private func ending(as done: Ending = .finished, of body: @Sendable () async throws -> Void) async -> Ending {
        do {
            try await body()
            return done
        } catch is CancellationError {
            return .finished
        } catch StoreError.unavailable {
            // Only after shutdown gave up waiting for the database; what was not stored is said where it happened.
            return .finished
        } catch {
            return .failed(error)
        }
    }

    private struct Service: Sendable {
        /// Agents wait for it: it goes before a campaign's work in the line for a database connection.
        var isUrgent = false
        var run: @Sendable () async throws -> Void
    }

    /// Intake and settlement run twice: one batch is stored while the next is made.
    private var services: [Service] {
        let publishing = publishingService
        let agents = settlementService(decided.interactiveWait) { publishing.publish($0, areUrgent: true) }
        let others = settlementService(decided.othersWait) { publishing.publish($0) }
        let intake = intakeService
        let answers = answerService
        let twice =
            settings.topics.map { topic in
                Service(isUrgent: topic.lane == .interactive) { try await intake.run(topic) }
            } + [
                Service(isUrgent: true) { [decided] in try await agents.run(decided.interactive) },
                Service { [decided] in try await others.run(decided.others) },
            ]
        return twice + twice + [
            Service(run: dispatchService.run), Service(run: dispatchService.runRests), Service(run: answers.run),
            Service(run: acknowledging(publishing)), Service(run: publishing.runRelaying),
        ]
    }

    private func acknowledging(_ publishing: PublishingService<Store, Sink>) -> @Sendable () async throws -> Void {
        { [allMarked] in
            defer { allMarked.finish() }
            try await publishing.runAcknowledging()
        }
    }

    private var upkeepLoops: [@Sendable () async throws -> Void] {
        let upkeep = upkeepService
        return [
            upkeep.runTicks, upkeep.runAccounts, upkeep.runRelayTicks, upkeep.runHeartbeats, upkeep.runReaping,
            upkeep.runKeepingLeases, upkeep.runWiping, upkeep.runBackPressure, upkeep.runProgressLines,
            upkeep.runPositionChecks, upkeep.runMembership, expiryService.run,
        ]
    }

    /// Intake and claiming end first, then what is in flight, then the outcomes, then the results.
    private func shutDown() async {
        log.notice("stopping: finishing what is in flight", [.count: .init(slots.held)])
        slots.stop()
        causes.finish()
        rests.finish()
        dispatcher.giveBackQueued()
        await source.close()
        await cashier.close(timeout: settings.shutdownGrace)
        await waitForSettlements()
        decided.finish()
        relayCauses.finish()
        await sink.close(timeout: Self.flushGrace)
        await waitForMarks()
        patience.stopWaiting()
        do {
            try await store.heartbeat(lifetime: .zero)
        } catch {
            // Without it the other workers adopt this worker's rows after its lifetime instead of at once.
            log.warning("could not sign off", [.error: .text(String(describing: error))])
        }
        log.notice("stopped", [.count: .init(unpublished.count)])
    }

    /// It was told to stop before it had a database: nothing was begun.
    private func giveUp() async {
        log.notice("stopping before the database was there")
        await source.close()
        await cashier.close(timeout: .zero)
        await sink.close(timeout: .zero)
        log.notice("stopped")
    }

    /// Whoever takes over this worker's rows once it has signed off would publish again what is not marked yet.
    private func waitForMarks() async {
        let limit = Task { [clock, patience] in
            try await clock.wait(for: Self.flushGrace)
            patience.stopWaiting()
        }
        _ = await allMarked.takeAll()
        limit.cancel()
    }

    /// Until every claimed job is settled; without a database at most for a moment, then leases run out instead.
    private func waitForSettlements() async {
        let deadline = clock.uptime + Self.flushGrace
        while !slots.isIdle {
            if clock.uptime > deadline { patience.stopWaiting() }
            if clock.uptime > deadline + Self.flushGrace { return }
            do { try await clock.wait(for: .milliseconds(5)) } catch { return }
        }
    }
}

extension WorkerService {
    private var publishingService: PublishingService<Store, Sink> {
        PublishingService(
            store: store,
            sink: sink,
            unpublished: unpublished,
            unpublishedMax: settings.unpublishedMax,
            relayCauses: relayCauses,
            pressure: pressure,
            lifeSigns: lifeSigns,
            steadiness: steadiness,
            patience: patience,
            clock: clock,
            activity: activity,
            log: log
        )
    }

    private var steadiness: Steadiness {
        Steadiness(lifeSigns: lifeSigns, clock: clock, lease: settings.lease)
    }

    private var mayMint: @Sendable () -> Bool {
        { [pressure, unpublished, decided, clock] in
            pressure.mayMint && unpublished.count < Unpublished.adoptBelow && decided.stuck(at: clock.uptime) == nil
        }
    }

    private var intakeService: IntakeService<Store, Source, Provider> {
        IntakeService(
            store: store,
            source: source,
            decider: decider,
            admission: Admission(slots: slots, shares: shares, guards: guards, clock: clock, mayMint: mayMint),
            rightOfWay: rightOfWay,
            dispatcher: dispatcher,
            slots: slots,
            lease: settings.lease,
            patience: patience,
            clock: clock,
            activity: activity,
            log: log,
            onStored: { [causes, relayCauses] report in
                if report.hasWaiting { causes.send(.workStored) }
                if report.answered { relayCauses.send(()) }
            }
        )
    }

    private var dispatchService: DispatchService<Store, Provider> {
        DispatchService(
            store: store,
            dispatcher: dispatcher,
            settings: settings,
            guards: guards,
            slots: slots,
            shares: shares,
            rightOfWay: rightOfWay,
            causes: causes,
            rests: rests,
            patience: patience,
            clock: clock,
            activity: activity,
            mayMint: mayMint
        )
    }

    private var expiryService: ExpiryService<Store, Provider> {
        ExpiryService(
            store: store,
            dispatcher: dispatcher,
            guards: guards,
            slots: slots,
            lease: settings.lease,
            patience: patience,
            clock: clock,
            mayMint: mayMint
        )
    }

    private var answerService: AnswerService<Provider> {
        AnswerService(
            cashier: cashier,
            dispatcher: dispatcher,
            guards: guards,
            slots: slots,
            causes: causes,
            decided: decided,
            clock: clock,
            changes: ChangeLog(log: log)
        )
    }

    private func settlementService(
        _ wait: OutcomeWait,
        publish: @escaping @Sendable ([OutboxRow]) -> Void
    ) -> SettlementService<Store> {
        SettlementService(
            store: store,
            writer: writer,
            holds: holdWriter,
            wait: wait,
            slots: slots,
            patience: patience,
            clock: clock,
            activity: activity,
            findings: findings,
            log: log,
            publish: publish
        )
    }

    private var holdWriter: HoldWriter<Store> {
        HoldWriter(
            store: store,
            accounts: settings.accounts,
            guards: guards,
            causes: causes,
            patience: patience,
            clock: clock,
            changes: ChangeLog(log: log)
        )
    }

    private var upkeepService: UpkeepService<Store, Source, Provider> {
        UpkeepService(
            store: store,
            source: source,
            settings: settings,
            causes: causes,
            relayCauses: relayCauses,
            slots: slots,
            guards: guards,
            dispatcher: dispatcher,
            changes: ChangeLog(log: log),
            pressure: pressure,
            lifeSigns: lifeSigns,
            steadiness: steadiness,
            decided: decided,
            unpublished: unpublished,
            patience: patience,
            clock: clock,
            activity: activity,
            log: log
        )
    }
}
