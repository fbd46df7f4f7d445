/// What happened in one attempt or look-up, for the operator. A reference: a settlement is copied often on its way, and
/// the texts in here would be counted each time.
package final class AttemptRecord: Equatable, Sendable {
    /// The kind of a call that asks for a session.
    package static let open = "open"
    /// The kind of a call that asks what became of one.
    package static let lookUp = "look_up"

    /// `open` or `lookUp`.
    package let kind: String
    /// `opened`, `declined`, `not_sent`, `retry`, `unknown`, `found`, `not_found`, ….
    package let outcome: String
    /// The provider's status number or a name of Usher's.
    package let code: String?
    package let httpStatus: Int?
    /// Redacted; at most 256 bytes.
    package let message: String?
    package let elapsed: Duration

    package init(
        kind: String,
        outcome: String,
        code: String? = nil,
        httpStatus: Int? = nil,
        message: String? = nil,
        elapsed: Duration
    ) {
        self.kind = kind
        self.outcome = outcome
        self.code = code
        self.httpStatus = httpStatus
        self.message = message
        self.elapsed = elapsed
    }

    package static func == (one: AttemptRecord, other: AttemptRecord) -> Bool {
        one.kind == other.kind && one.outcome == other.outcome && one.code == other.code
            && one.httpStatus == other.httpStatus && one.message == other.message && one.elapsed == other.elapsed
    }
}

/// Where a settled job goes.
package enum SettledStep: Equatable, Sendable {
    /// Never sent: give the attempt back and wait.
    case release(after: Duration)
    /// Definitely not opened: try again.
    case retry(after: Duration)
    /// Outcome unknown: look it up.
    case verify(after: Duration)
    /// Outcome unknown and to be decided by an operator: stays in `verify`, due never.
    case park
    /// Ended.
    case finish(JobState, result: EncodedResult, expiresAt: Timestamp?)
}

/// An outcome to be written, fenced by its lease.
package struct Settlement: Equatable, Sendable {
    package var lease: LeaseRef
    package var step: SettledStep
    /// nil when nothing was done with the provider (release, expiry).
    package var attempt: AttemptRecord?
    package var traceparent: String?

    package init(lease: LeaseRef, step: SettledStep, attempt: AttemptRecord?, traceparent: String? = nil) {
        self.lease = lease
        self.step = step
        self.attempt = attempt
        self.traceparent = traceparent
    }
}

/// A stored result that is to be published.
package struct OutboxEntry: Equatable, Sendable {
    /// What the row of the outbox knows it by.
    package enum Key: Hashable, Sendable {
        case job(Int64)
        case answer(Int64)
    }

    package var key: Key
    package var result: EncodedResult
    package var traceparent: String?

    package init(key: Key, result: EncodedResult, traceparent: String?) {
        self.key = key
        self.result = result
        self.traceparent = traceparent
    }
}

/// A row of the outbox: what one transaction has to publish.
package struct OutboxRow: Equatable, Sendable {
    package var outboxID: Int64
    package var entries: [OutboxEntry]

    package init(outboxID: Int64, entries: [OutboxEntry]) {
        self.outboxID = outboxID
        self.entries = entries
    }
}

/// A row of the outbox of which only a part was acknowledged.
package struct PartlyPublished: Equatable, Sendable {
    package var outboxID: Int64
    package var acknowledged: [OutboxEntry.Key]

    package init(outboxID: Int64, acknowledged: [OutboxEntry.Key]) {
        self.outboxID = outboxID
        self.acknowledged = acknowledged
    }
}

/// What became of outbox rows that a worker leaves to others one after the other.
package struct OutboxOffer: Equatable, Sendable {
    /// The rows that the worker does not have any more.
    package var left: [Int64]
    /// Whether any of those is gone: whoever had it has published it.
    package var isAnyPublished: Bool

    package init(left: [Int64] = [], isAnyPublished: Bool = false) {
        self.left = left
        self.isAnyPublished = isAnyPublished
    }
}

/// What settling wrote.
package struct SettleReport: Equatable, Sendable {
    /// The outbox rows of this batch, owned by this worker.
    package var outbox: [OutboxRow]
    /// Leases that were lost: nothing was written for them, nothing may be published.
    package var lost: [LeaseRef]

    package init(outbox: [OutboxRow], lost: [LeaseRef]) {
        self.outbox = outbox
        self.lost = lost
    }
}
