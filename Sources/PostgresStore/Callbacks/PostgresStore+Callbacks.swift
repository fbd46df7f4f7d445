import Cryptography
import Logs
package import SessionCore

extension PostgresStore: CallbackStore {
    package func order(_ orderID: String, accounts: [String], withBody: Bool) async throws -> KnownOrder? {
        let parameters: [PGParameter] = [.texts(accounts), .text(orderID), .bool(withBody)]
        let found = try await pool.run { link in
            try link.run(SQL.Events.order, parameters).first { row in try SealedOrder(&row, orderID: orderID) }
        }
        guard let found else { return nil }
        var known = found.known
        if let (generation, sealed) = found.body {
            let associated = Seals.body(of: known.order, generation: generation)
            guard let body = try? keys.open(sealed, associated: associated) else {
                throw StoreError.unsealable("the body of order \(orderID)")
            }
            known.body = body
        }
        return known
    }

    package func record(
        _ events: [NewEvent],
        freshness: Duration,
        lease: Duration
    ) async throws -> [EventFate] {
        guard !events.isEmpty else { return [] }
        let parameters = EventColumns(events, keys: keys).parameters(freshness: freshness, lease: lease)
        let fence = EventColumns.fence(events, freshness: freshness)
        let ids = PGParameter.uuids(events.map(\.event.eventID))
        let (new, stored) = try await pool.run { link in
            try link.transaction { link in
                // Two processes that get a post and its altered copy must not both find the other's not there yet.
                _ = try link.run(SQL.Events.fence, fence).count
                let new = try link.run(SQL.Events.record, parameters).map { row in
                    (try row.next(ResultID.self), try row.next(Int64.self))
                }
                let stored = try link.run(SQL.Events.stored, [ids]).map { row in try StoredEvent(&row) }
                // Whoever is told that it is known does not tell it again: the commit has to prove that it is durable.
                if new.isEmpty { try link.run(SQL.Events.touch, [ids]) }
                return (new, stored)
            }
        }
        var outbox = Dictionary(new) { first, _ in first }
        let known = Dictionary(stored.map { ($0.eventID, $0) }) { first, _ in first }
        return events.map { new in
            let event = new.event
            if let outboxID = outbox.removeValue(forKey: event.eventID) {
                return .stored(
                    EventRecord(
                        outboxID: outboxID,
                        eventID: event.eventID,
                        orderID: event.order.orderID,
                        kind: event.kind,
                        value: new.value
                    )
                )
            }
            return known[event.eventID].map { .repeated(isSame: $0.isSame(as: event)) } ?? .altered
        }
    }

    package func acknowledgeEvents(_ outboxIDs: [Int64]) async throws {
        guard !outboxIDs.isEmpty else { return }
        _ = try await pool.run { link in try link.run(SQL.Events.acknowledge, [.int8s(outboxIDs.sorted())]).count }
    }

    package func renewEvents(_ outboxIDs: [Int64], lease: Duration) async throws {
        guard !outboxIDs.isEmpty else { return }
        let parameters: [PGParameter] = [.int8s(outboxIDs.sorted()), .int8(lease.wholeMicroseconds)]
        _ = try await pool.run { link in try link.run(SQL.Events.renew, parameters).count }
    }

    package func adoptEvents(limit: Int, lease: Duration) async throws -> [EventRecord] {
        let parameters: [PGParameter] = [.int4(Int32(clamping: limit)), .int8(lease.wholeMicroseconds)]
        let rows = try await pool.run { link in
            try link.run(SQL.Events.adopt, parameters).map { row in try SealedEvent(&row) }
        }
        var records: [EventRecord] = []
        var unopened: [SealedEvent] = []
        for row in rows {
            guard let value = row.open(keys) else {
                unopened.append(row)
                continue
            }
            records.append(
                EventRecord(
                    outboxID: row.outboxID,
                    eventID: row.eventID,
                    orderID: row.orderID,
                    kind: row.kind,
                    value: value
                )
            )
        }
        await setAside(unopened)
        return records
    }

    /// What does not open here stays in the outbox, where others who may have its key find it in five minutes.
    private func setAside(_ unopened: [SealedEvent]) async {
        guard let first = unopened.first else { return }
        // One line an adoption: where a key is missing these are many.
        log.error(
            "stored events do not open with the configured keys; they are not published for five minutes",
            [
                .count: .init(unopened.count), .keyID: .text(unopened.map(\.sealed).keyIDs),
                .order: .text(first.orderID), .eventID: .text(first.eventID.text),
            ]
        )
        // Where that fails they are found again sooner: when the lease of this adoption has run out.
        try? await renewEvents(unopened.map(\.outboxID), lease: .seconds(300))
    }

    package func wipeEvents(olderThan age: Duration, limit: Int) async throws -> Int {
        let parameters: [PGParameter] = [.int8(age.wholeMicroseconds), .int4(Int32(clamping: limit))]
        return try await pool.run { link in try link.run(SQL.Events.wipe, parameters).count }
    }
}

/// A row of `events/order`.
private struct SealedOrder: Sendable {
    var known: KnownOrder
    var body: (generation: Int32, sealed: SealedValue)?

    init(_ row: inout RowReader, orderID: String) throws {
        let jobID: Int64 = try row.next()
        let order = Order(account: try row.next(), orderID: orderID)
        let generation: Int32 = try row.next()
        let state = try JobState(stored: row.next())
        let expiresAt = try row.nextIfAny(Timestamp.self)
        let bodyGeneration = try row.nextIfAny(Int32.self)
        let keyID = try row.nextIfAny(String.self)
        let sealed = try row.nextIfAny([UInt8].self)
        known = KnownOrder(
            jobID: jobID,
            order: order,
            generation: generation,
            state: state,
            expiresAt: expiresAt?.finite,
            body: nil,
            now: try row.next()
        )
        if let bodyGeneration, let keyID, let sealed {
            body = (bodyGeneration, SealedValue(keyID: keyID, bytes: sealed))
        }
    }
}

/// A row of `events/stored`.
private struct StoredEvent: Sendable {
    var eventID: ResultID
    var currency: String?
    var amount: Int64?
    var processedAmount: Int64?

    init(_ row: inout RowReader) throws {
        eventID = try row.next()
        currency = try row.nextIfAny()
        amount = try row.nextIfAny()
        processedAmount = try row.nextIfAny()
    }

    func isSame(as event: TransactionEvent) -> Bool {
        let told = event.transaction
        return told?.currency == currency && told?.amount == amount && told?.processedAmount == processedAmount
    }
}

/// A row of `events/adopt`.
private struct SealedEvent: Sendable {
    var outboxID: Int64
    var eventID: ResultID
    var orderID: String
    var kind: TransactionEvent.Kind
    var sealed: SealedValue?

    init(_ row: inout RowReader) throws {
        outboxID = try row.next()
        eventID = try row.next()
        orderID = try row.next()
        kind = try TransactionEvent.Kind(stored: row.next())
        let keyID: String = try row.next()
        sealed = try row.nextIfAny([UInt8].self).map { SealedValue(keyID: keyID, bytes: $0) }
    }

    /// The event's value; nil where no key opens it.
    func open(_ keys: KeyRing) -> [UInt8]? {
        guard let sealed else { return nil }
        return try? keys.open(sealed, associated: Seals.event(eventID, orderID: orderID))
    }
}
