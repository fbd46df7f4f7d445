package import SessionCore

/// All that is known of an order, for `usher show`. Holds nothing secret or personal.
package struct OrderDetail: Equatable, Sendable {
    package var summary: OrderSummary
    /// Look-ups since the last attempt.
    package var lookUps: Int
    package var notAfter: Timestamp
    package var lastSend: Timestamp?
    /// Until when the session's URL may be used.
    package var expiresAt: Timestamp?
    package var source: RecordPosition
    /// Records that asked for the same order with the same content, and with other content.
    package var duplicates: Int
    package var conflicts: Int
    /// Whether the job's body is still stored, so that the order can be run again.
    package var hasBody: Bool
    package var next: NextStep
    /// Who is there to do it.
    package var attendance = Attendance.served
    /// The newest, oldest first; so are results and events.
    package var attempts: [AttemptDetail]
    package var results: [StoredResult]
    /// What the provider told of it.
    package var events: [StoredEventDetail] = []
    /// Whether there are older ones than these, of each.
    package var hasOlderAttempts = false
    package var hasOlderResults = false
    package var hasOlderEvents = false
    /// Database time of this answer.
    package var now: Timestamp
}

/// What happens to an order next.
package enum NextStep: Equatable, Sendable {
    /// It has ended; only a replay changes it.
    case nothing
    /// A worker has it until the lease ends.
    case leased(worker: String?, until: Timestamp)
    /// It waits for its time; `now` or earlier means: for a free slot.
    case due(at: Timestamp)
    /// Its account is held; nil: until a trial goes well or a person releases it.
    case held(until: Timestamp?, reason: String)
    /// Its outcome is unknown and an operator has to decide.
    case operatorDecides
}

/// Who is there to do what an order needs next.
package enum Attendance: Equatable, Sendable {
    /// No worker lives.
    case nobody
    /// Workers live, and none of them tells of the order's account.
    case withoutAccount
    case served
}

/// One line of a list of orders.
package struct OrderSummary: Equatable, Sendable {
    /// The store's number of the order: what a page of a list continues from.
    package var jobID: Int64
    package var order: Order
    package var generation: Int32
    package var state: JobState
    package var lane: Lane
    package var campaign: String?
    package var attempts: Int
    /// nil for a job that is due never.
    package var dueAt: Timestamp?
    package var acceptedAt: Timestamp
    package var finishedAt: Timestamp?
    package var lastCode: String?
    package var lastMessage: String?

    /// Whether an operator has to decide what becomes of it.
    package var isParked: Bool {
        state == .verify && dueAt == nil
    }
}

/// An attempt or look-up as it was noted.
package struct AttemptDetail: Equatable, Sendable {
    package var generation: Int32
    /// Counts attempts of the order, or look-ups since its last attempt.
    package var number: Int
    package var record: AttemptRecord
    package var sentAt: Timestamp?
    package var endedAt: Timestamp
    package var worker: String?
}

/// A stored result, without its value.
package struct StoredResult: Equatable, Sendable {
    package var resultID: ResultID
    package var generation: Int32
    package var outcome: ResultOutcome
    package var createdAt: Timestamp
    /// Not acknowledged by Kafka yet.
    package var isPending: Bool
    package var isWiped: Bool
}

/// Something that the provider told of an order, without what is sealed.
package struct StoredEventDetail: Equatable, Sendable {
    package var eventID: ResultID
    package var kind: TransactionEvent.Kind
    package var generation: Int32
    /// Nil for what was told of a session.
    package var tid: Int64?
    /// The provider's word.
    package var status: String
    package var currency: String?
    /// In minor units.
    package var amount: Int64?
    package var toldAt: Timestamp
    package var receivedAt: Timestamp
    /// Not acknowledged by Kafka yet.
    package var isPending: Bool

    package init(
        eventID: ResultID,
        kind: TransactionEvent.Kind,
        generation: Int32,
        tid: Int64?,
        status: String,
        currency: String?,
        amount: Int64?,
        toldAt: Timestamp,
        receivedAt: Timestamp,
        isPending: Bool
    ) {
        self.eventID = eventID
        self.kind = kind
        self.generation = generation
        self.tid = tid
        self.status = status
        self.currency = currency
        self.amount = amount
        self.toldAt = toldAt
        self.receivedAt = receivedAt
        self.isPending = isPending
    }
}

/// A stored result with its value, which may log a customer in: only for a reveal that is audited.
package struct RevealedResult: Sendable {
    package var stored: StoredResult
    /// nil once wiped.
    package var value: [UInt8]?
}
