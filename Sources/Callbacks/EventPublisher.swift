import Logs
import SessionCore
import Synchronization

/// Gets stored events out: hands them to the sink, deletes their outbox rows when Kafka has them, and takes over what
/// other processes left behind.
final class EventPublisher<Store: CallbackStore, Sink: EventSink>: Sendable {
    private struct State {
        /// Handed to the sink, or acknowledged and still to be deleted.
        var inFlight: Set<Int64> = []
        var acknowledged: [Int64] = []
        var isStopping = false
        /// Of the last acknowledgements; nil where none of them failed.
        var failure: String?
    }

    private let store: Store
    private let sink: Sink
    private let settings: CallbackSettings
    private let log: Log
    private let now: @Sendable () -> ContinuousClock.Instant
    private let reasons = QuietCount(interval: .seconds(60))
    private let state = Mutex(State())
    private static var adoptMax: Int { 500 }
    /// Values wiped in one transaction.
    private static var wipeMax: Int { 5_000 }

    /// - Parameter now: by which failures are told again.
    init(
        store: Store,
        sink: Sink,
        settings: CallbackSettings,
        log: Log,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.store = store
        self.sink = sink
        self.settings = settings
        self.log = log
        self.now = now
    }

    /// What finds no room stays in the database and is taken over when its lease has run out.
    func publish(_ records: [EventRecord]) {
        let taken = state.withLock { state in
            let room = max(0, settings.inFlightMax - state.inFlight.count)
            let taken = records.filter { !state.inFlight.contains($0.outboxID) }.prefix(room)
            state.inFlight.formUnion(taken.map(\.outboxID))
            return taken
        }
        if !taken.isEmpty { sink.publish(Array(taken)) }
    }

    /// Takes acknowledgements until the sink is closed.
    func takeAcknowledgements() async {
        while let acks = await sink.acks() {
            let failures = acks.compactMap(\.failure)
            state.withLock { state in
                for ack in acks {
                    // Published again once its lease has run out.
                    if ack.failure != nil { state.inFlight.remove(ack.token) }
                }
                state.acknowledged += acks.filter { $0.failure == nil }.map(\.token)
            }
            tell(failures)
            await deleteAcknowledged()
        }
    }

    /// Each reason at once, and again once a minute for as long as it lasts.
    private func tell(_ failures: [String]) {
        let failure = failures.first
        state.withLock { $0.failure = failure }
        guard let failure, reasons.happened(failure, now: now()) != nil else { return }
        log.warning("events are not published; they are kept and tried again", [.reason: .text(failure)])
    }

    private func deleteAcknowledged() async {
        let acknowledged = state.withLock { $0.acknowledged }
        guard !acknowledged.isEmpty, (try? await store.acknowledgeEvents(acknowledged)) != nil else { return }
        let deleted = Set(acknowledged)
        state.withLock { state in
            state.acknowledged.removeAll { deleted.contains($0) }
            state.inFlight.subtract(deleted)
        }
    }

    /// Every third of a lease: keeps this process's rows, takes over those of others; and every four leases wipes old
    /// values, all there are. One after the other: a connection is left for posts that are only read for. Runs until
    /// `stop`.
    func relay() async {
        let clock = ContinuousClock()
        var wipesFrom = clock.now
        while !isStopping {
            let next = clock.now + settings.lease / 3
            let isMore = await turn(until: next)
            if clock.now >= wipesFrom, await wipe(until: next) { wipesFrom = clock.now + settings.lease * 4 }
            await rest(until: next, isMore: isMore)
        }
    }

    /// Returns whether nothing old is left.
    private func wipe(until end: ContinuousClock.Instant) async -> Bool {
        do {
            while !isStopping, .now < end {
                let wiped = try await store.wipeEvents(olderThan: settings.retention, limit: Self.wipeMax)
                if wiped < Self.wipeMax { return true }
            }
        } catch {
            log.debug("the wiping of events waits for the database")
        }
        return false
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    /// In short naps, so that a stop need not wait for a long one. What there was no room for is taken over as soon as
    /// there is.
    private func rest(until end: ContinuousClock.Instant, isMore: Bool) async {
        var isMore = isMore
        while !isStopping, .now < end {
            guard (try? await ContinuousClock().sleep(for: settings.lease / 30)) != nil else { return }
            if isMore { isMore = await adopt(until: end) }
        }
    }

    func stop() {
        state.withLock { $0.isStopping = true }
    }

    /// Returns whether more is to be taken over than there was room for.
    private func turn(until end: ContinuousClock.Instant) async -> Bool {
        do {
            await deleteAcknowledged()
            let inFlight = state.withLock { $0.inFlight }
            try await store.renewEvents(Array(inFlight), lease: settings.lease)
        } catch {
            log.debug("the events' relay waits for the database")
            return false
        }
        return await adopt(until: end)
    }

    /// Takes over what was left unpublished, all there is: while Kafka was away that may have become very much. Half
    /// the room is left to what is posted now, which would have to wait behind all of it. Where nothing gets through,
    /// one batch finds out whether it does again. Returns whether there may be more than there was room for.
    private func adopt(until end: ContinuousClock.Instant) async -> Bool {
        var count = 0
        defer {
            if count > 0 { log.notice("took over events that were left unpublished", [.count: .init(count)]) }
        }
        while !isStopping, .now < end {
            let room = state.withLock { (settings.inFlightMax + 1) / 2 - $0.inFlight.count }
            guard room > 0 else { return true }
            let limit = min(room, Self.adoptMax)
            guard let adopted = try? await store.adoptEvents(limit: limit, lease: settings.lease) else {
                log.debug("the events' relay waits for the database")
                return false
            }
            guard !adopted.isEmpty else { return false }
            count += adopted.count
            publish(adopted)
            if state.withLock({ $0.failure != nil }) { return false }
            // What room comes back meanwhile is waited for, else each round would be for a few.
            if limit < Self.adoptMax { return true }
        }
        return false
    }
}
