import BlockingThreads
import Logs
import SessionCore

/// Sends results, marks what was acknowledged, re-sends what stayed, and leaves to others what it cannot publish.
struct PublishingService<Store: JobStore, Sink: ResultSink>: Sendable {
    let store: Store
    let sink: Sink
    let unpublished: Unpublished
    let unpublishedMax: Duration
    /// Something for the relay to look for.
    let relayCauses: Mailbox<Void>
    let pressure: BackPressure
    let lifeSigns: LifeSigns
    let steadiness: Steadiness
    let patience: Patience
    let clock: WorkerClock
    let activity: Activity
    let log: Log

    /// Rows that one adoption takes.
    private let adoptMax = 50

    /// Hands committed results to the producer.
    func publish(_ rows: [OutboxRow], areUrgent: Bool = false) {
        let records = unpublished.add(rows, at: clock.uptime)
        if !records.isEmpty { sink.publish(records, areUrgent: areUrgent) }
    }

    /// Marks acknowledgements until the sink is closed, at a pace of its own: nobody waits for it.
    func runAcknowledging() async throws {
        while let acks = await sink.acks() {
            let batch = StepPace.Batch(began: clock.uptime, count: acks.count)
            let bad = acks.filter { $0.failure != nil }
            if !bad.isEmpty {
                log.warning(
                    "results not acknowledged: they will be sent again",
                    [.count: .init(bad.count), .reason: .text(bad[0].failure ?? "")]
                )
                unpublished.failed(bad.map(\.token))
            }
            // Told before they are taken off: whoever is about to go aside must not find nothing that waits.
            if acks.count > bad.count, pressure.acknowledged(at: clock.uptime) { relayCauses.send(()) }
            activity.update {
                $0.published += acks.count - bad.count
                $0.publishFailures += bad.count
            }
            try await forget(unpublished.acknowledged(acks.lazy.filter { $0.failure == nil }.map(\.token)))
            await clock.rest(for: StepPace.acknowledgement.rest(after: batch, now: clock.uptime))
        }
        try await keepTheRest()
    }

    private func forget(_ rows: [Int64]) async throws {
        guard !rows.isEmpty else { return }
        do {
            try await patience.untilDone { try await store.acknowledge(rows) }
        } catch StoreError.unavailable(let reason) {
            // Published but not marked: another worker publishes the same bytes again under the same result_id.
            log.error("acknowledgements not stored", [.count: .init(rows.count), .reason: .text(reason)])
        }
    }

    /// At the end: what was acknowledged is taken out of rows that others will publish.
    private func keepTheRest() async throws {
        let parts = unpublished.partlyAcknowledged
        guard !parts.isEmpty else { return }
        do {
            try await patience.untilDone { try await store.acknowledge(parts) }
        } catch StoreError.unavailable(let reason) {
            log.error("acknowledgements not stored", [.count: .init(parts.count), .reason: .text(reason)])
        }
    }

    /// Adopts rows that nobody alive owns, and re-sends failed ones, whenever there is cause; or gives back what does
    /// not get through, and tries from time to time whether that is over.
    func runRelaying() async throws {
        // Looking for rows of silent workers passes over what living ones have published while an old snapshot stands.
        var searchedAt: Duration?
        while await relayCauses.takeAll() != nil {
            do {
                try await giveBack()
                let failed = unpublished.takeFailed()
                if !failed.isEmpty { sink.publish(failed) }
                if pressure.isAside { tryAgain() } else { try await adopt(&searchedAt) }
            } catch StoreError.unavailable {
                // Shutting down without a database.
                return
            }
        }
    }

    /// Others of whom something waits for half as long have met the same outage, it seems, a little later.
    private var waitingMax: Duration {
        unpublishedMax / 2
    }

    /// Leaves to others what this worker cannot publish, if there are any who can. Where nobody can, its own producer
    /// delivers it once Kafka is back, and no other worker a copy. What the producer delivers of what others have now
    /// is a copy, of the same bytes. Where the database was away until now, acknowledgements wait to be read: Kafka has
    /// been heard.
    private func giveBack() async throws {
        guard pressure.isAside || !lifeSigns.wasAway(at: clock.uptime) else { return }
        guard let silence = pressure.silence(of: unpublished.oldest, at: clock.uptime) else { return }
        let owned = unpublished.owned
        if !owned.parts.isEmpty {
            try await patience.untilDone { try await store.acknowledge(owned.parts) }
            unpublished.tookOut(owned.parts)
        }
        switch silence.share {
        case .oldest(let others): try await offer(owned.first, beside: others, silence)
        case .nothing: break
        case .all:
            let isGiven = try await patience.untilDone { try await store.giveBackOutbox(waitingMax: waitingMax) }
            if isGiven { unpublished.gaveBack(owned) }
        }
    }

    /// Leaves its first row to whoever takes it over, beside those that were left before, and looks what came of those.
    private func offer(_ first: Unpublished.Owned, beside others: [Int64], _ silence: WayOut.Silence) async throws {
        let rows = others + first.outboxIDs
        guard !rows.isEmpty else { return }
        let count = unpublished.count
        let offer = try await patience.untilDone { try await store.offerOutbox(rows, waitingMax: waitingMax) }
        if let id = first.outboxIDs.first, offer.left.contains(id) { unpublished.gaveBack(first) }
        guard pressure.goAside(after: offer, silence, at: clock.uptime) else { return }
        log.warning(
            "Kafka acknowledges nothing of this worker's: its results are left to other workers, the oldest first",
            [.count: .init(count), .waitingFor: "kafka results topic"]
        )
    }

    /// Others may have published all there was, so that nothing is left to be tried but a copy of what they have.
    private func tryAgain() {
        guard pressure.isTrialDue(at: clock.uptime), let copy = unpublished.takeCopy() else { return }
        sink.publish([copy])
    }

    /// Where the database was away, others' acknowledgements waited for it as their life signs did: they come first, or
    /// what is on the topic already would be published again.
    private func adopt(_ searchedAt: inout Duration?) async throws {
        let uptime = clock.uptime
        let isDue = searchedAt.map { uptime - $0 >= LifeSigns.lifetime / 3 } ?? true
        let ofTheDead = isDue ? try await steadiness.isGiven(by: store, patience) : false
        while unpublished.count < Unpublished.adoptBelow {
            let isSending = unpublished.count > 0
            let limit = pressure.rowsToTakeOver(adoptMax, isSending: isSending, at: clock.uptime)
            guard limit > 0 else { return }
            // Asked again each time: it may run after a time without a database.
            let adopted = try await patience.untilDone { [store, steadiness] in
                try await store.adoptOutbox(limit: limit, ofTheDead: ofTheDead && steadiness.isGiven)
            }
            if ofTheDead, limit == adoptMax { searchedAt = uptime }
            publish(adopted)
            if adopted.count < limit { return }
        }
    }
}
