/// What the store knows of an order that the provider speaks of.
package struct KnownOrder: Equatable, Sendable {
    /// The store's number of the order.
    package var jobID: Int64
    package var order: Order
    package var generation: Int32
    package var state: JobState
    /// Until when the session's URL may be used; nil before one was opened.
    package var expiresAt: Timestamp?
    /// The canonical body, where it was asked for and is still kept.
    package var body: [UInt8]?
    /// Database time of this answer.
    package var now: Timestamp

    package init(
        jobID: Int64,
        order: Order,
        generation: Int32,
        state: JobState,
        expiresAt: Timestamp?,
        body: [UInt8]?,
        now: Timestamp
    ) {
        self.jobID = jobID
        self.order = order
        self.generation = generation
        self.state = state
        self.expiresAt = expiresAt
        self.body = body
        self.now = now
    }
}

/// An event to be stored and published.
package struct NewEvent: Equatable, Sendable {
    package var jobID: Int64
    package var event: TransactionEvent
    /// The bytes that every copy on the topic has.
    package var value: [UInt8]
    /// SHA-256 of the post's signature, 32 bytes: a post that was changed and sent again has the same.
    package var signatureDigest: [UInt8]

    package init(jobID: Int64, event: TransactionEvent, value: [UInt8], signatureDigest: [UInt8]) {
        self.jobID = jobID
        self.event = event
        self.value = value
        self.signatureDigest = signatureDigest
    }
}

/// A row of the events' outbox with its event: to be published, then acknowledged.
package struct EventRecord: Equatable, Sendable {
    package var outboxID: Int64
    package var eventID: ResultID
    package var orderID: String
    package var kind: TransactionEvent.Kind
    package var value: [UInt8]

    package init(outboxID: Int64, eventID: ResultID, orderID: String, kind: TransactionEvent.Kind, value: [UInt8]) {
        self.outboxID = outboxID
        self.eventID = eventID
        self.orderID = orderID
        self.kind = kind
        self.value = value
    }
}

/// What became of an event that was to be stored.
package enum EventFate: Equatable, Sendable {
    /// It is stored; the caller publishes this record.
    case stored(EventRecord)
    /// It was stored before. `isSame`: with the same currency and amounts.
    case repeated(isSame: Bool)
    /// Its signature belongs to another stored event and is no longer fresh: somebody changed an old post, or it comes
    /// too late to be told from such a one.
    case altered
}

/// The durable state of callbacks, one method per transaction. Every method may throw `StoreError`, and may be run
/// again.
package protocol CallbackStore: Sendable {
    /// The order in the first of the accounts that has it. `StoreError.unsealable` for a body that does not open.
    func order(_ orderID: String, accounts: [String], withBody: Bool) async throws -> KnownOrder?
    /// Stores events with their outbox rows in one transaction. `freshness`: how long after its making a signature may
    /// carry several events. Fates are in the order of the events.
    func record(_ events: [NewEvent], freshness: Duration, lease: Duration) async throws -> [EventFate]
    /// Deletes outbox rows whose publication was acknowledged.
    func acknowledgeEvents(_ outboxIDs: [Int64]) async throws
    /// Keeps outbox rows from being taken over for another `lease`.
    func renewEvents(_ outboxIDs: [Int64], lease: Duration) async throws
    /// Takes over outbox rows whose lease ran out, at most `limit`.
    func adoptEvents(limit: Int, lease: Duration) async throws -> [EventRecord]
    /// Deletes the values of published events that were received longer than `age` ago, at most `limit`. Returns how
    /// many. Workers do it, too; nobody waits for another.
    func wipeEvents(olderThan age: Duration, limit: Int) async throws -> Int
}

/// Where events go. A record handed in is acknowledged exactly once through `acks`, unless the process ends.
package protocol EventSink: Sendable {
    /// Hands records to the producer. Does not wait for the broker.
    func publish(_ records: [EventRecord])
    /// Waits for acknowledgements and returns all that have gathered; nil once the sink was closed.
    func acks() async -> [PublishAck]?
    /// Waits until everything handed in is acknowledged, at most `timeout`, then closes.
    func close(timeout: Duration) async
}
