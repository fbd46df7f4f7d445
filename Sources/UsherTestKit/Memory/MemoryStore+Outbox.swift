package import SessionCore

// What is to be published, and by which worker.
extension MemoryStore {
    /// Which of the workers that share the store asks.
    @TaskLocal package static var worker = 0

    struct Queued: Sendable {
        var entry: OutboxEntry
        /// nil: whoever comes first.
        var owner: Int?
        var since = ContinuousClock.now
    }

    package func acknowledge(_ outboxIDs: [Int64]) async throws {
        await acknowledgements.pass()
        try transact { state in
            for id in outboxIDs { state.outbox[id] = nil }
        }
    }

    /// Its rows have one result each: there is no part of one.
    package func acknowledge(_ parts: [PartlyPublished]) async throws {}

    package func adoptOutbox(limit: Int, ofTheDead: Bool) async throws -> [OutboxRow] {
        let worker = Self.worker
        return try transact { state in
            state.takeOvers.append(ofTheDead)
            let ids = state.outbox.filter { $0.value.owner == nil }.keys.sorted().prefix(limit)
            for id in ids { state.outbox[id]?.owner = worker }
            return ids.compactMap { id in
                state.outbox[id].map { OutboxRow(outboxID: id, entries: [$0.entry]) }
            }
        }
    }

    package func offerOutbox(_ outboxIDs: [Int64], waitingMax: Duration) async throws -> OutboxOffer {
        let worker = Self.worker
        return try transact { state in
            let areAllTaken = outboxIDs.allSatisfy { state.outbox[$0]?.owner != nil }
            if areAllTaken, state.isAnyAble(besides: worker, waitingMax) {
                for id in outboxIDs where state.outbox[id]?.owner == worker { state.outbox[id]?.owner = nil }
            }
            return OutboxOffer(
                left: outboxIDs.filter { state.outbox[$0]?.owner != worker },
                isAnyPublished: outboxIDs.contains { state.outbox[$0] == nil }
            )
        }
    }

    package func giveBackOutbox(waitingMax: Duration) async throws -> Bool {
        let worker = Self.worker
        return try transact { state in
            guard state.isAnyAble(besides: worker, waitingMax) else { return false }
            for (id, row) in state.outbox where row.owner == worker { state.outbox[id]?.owner = nil }
            return true
        }
    }

    package func heartbeat(lifetime: Duration) async throws {
        let worker = Self.worker
        try transact { state in
            state.lifeSigns += 1
            if lifetime > .zero {
                state.alive.insert(worker)
            } else {
                state.alive.remove(worker)
                state.leftAtEnd = state.outbox.count
            }
        }
    }

    package func backlog(leavingOut accounts: [String]) async throws -> Backlog {
        try transact(onlyReads: true) { state in
            state.leftOut = accounts
            let oldest = state.outbox.values.map(\.since).min()
            return Backlog(jobsByTopic: [:], oldestUnpublished: oldest.map { $0.duration(to: .now) })
        }
    }
}

extension MemoryStore.State {
    /// Whether another worker lives that seems to publish.
    fileprivate func isAnyAble(besides worker: Int, _ waitingMax: Duration) -> Bool {
        let late = outbox.values.filter { $0.since.duration(to: .now) > waitingMax }
        return !alive.subtracting(late.compactMap(\.owner)).subtracting([worker]).isEmpty
    }
}
