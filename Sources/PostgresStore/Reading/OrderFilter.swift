package import SessionCore

/// Which orders a list shows; a part that is nil allows all.
package struct OrderFilter: Equatable, Sendable {
    package var states: Set<JobState>?
    /// Accepted at or after.
    package var since: Timestamp?
    /// Accepted before.
    package var until: Timestamp?
    /// The last attempt's code.
    package var code: String?
    package var campaign: String?
    package var account: String?
    package var lane: Lane?
    /// Only orders that wait for an operator.
    package var onlyParked = false

    package init() {}

    /// Whether it leaves anything out, besides orders that wait for nobody.
    package var isNarrowed: Bool {
        var other = self
        other.onlyParked = false
        return other != OrderFilter()
    }

    var parameters: [PGParameter] {
        [
            .optional(states) { states in .int2s(states.map(\.rawValue).sorted()) },
            .optional(since) { .time($0) }, .optional(until) { .time($0) }, .optional(code) { .text($0) },
            .optional(campaign) { .text($0) }, .optional(account) { .text($0) },
            .optional(lane) { .int2($0.rawValue) },
        ]
    }
}

/// Where a page of a list of orders ended: what the next one begins after.
package struct OrderCursor: Equatable, Sendable {
    /// The store's number of the page's last order.
    package var jobID: Int64
    /// How many orders came after it when they were counted; nil when they were not. A list never ends by it alone:
    /// before it would, they are counted anew.
    package var left: Int?

    package init(jobID: Int64, left: Int? = nil) {
        self.jobID = jobID
        self.left = left
    }
}

/// A page of a list of orders, newest first.
package struct OrderPage: Equatable, Sendable {
    /// How many orders the filter matches, by state; on the first page only.
    package var counts: [JobState: Int]
    package var orders: [OrderSummary]
    /// What the next page begins after; nil when this is the last.
    package var cursor: OrderCursor?

    /// How many orders come after this page; nil when they were not counted.
    package var left: Int? {
        guard let cursor else { return 0 }
        return cursor.left
    }

    /// What a list goes on after when it ended at one of this page's orders, by its place in `orders`.
    package func cursor(at index: Int) -> OrderCursor {
        OrderCursor(jobID: orders[index].jobID, left: left.map { $0 + orders.count - 1 - index })
    }
}

/// Which quarantined records a list shows; a part that is nil allows all.
package struct QuarantineFilter: Equatable, Sendable {
    /// Received at or after.
    package var since: Timestamp?
    /// Received before.
    package var until: Timestamp?
    /// The account and the order that the record named, as far as they could be read.
    package var account: String?
    package var orderID: String?
    /// The word for what was wrong with it.
    package var reason: String?

    package init() {}

    /// Whether it leaves anything out, besides records of other reasons.
    package var isNarrowed: Bool {
        var other = self
        other.reason = nil
        return other != QuarantineFilter()
    }

    /// Without the reason.
    var parameters: [PGParameter] {
        [
            .optional(since) { .time($0) }, .optional(until) { .time($0) }, .optional(account) { .text($0) },
            .optional(orderID) { .text($0) },
        ]
    }
}

/// A quarantined record, without its value.
package struct QuarantineEntry: Equatable, Sendable {
    package var record: RecordPosition
    package var receivedAt: Timestamp
    package var reason: String
    package var field: String?
    package var detail: String
    package var account: String?
    package var orderID: String?
    package var rawSHA256: [UInt8]
    /// Whether the raw value is still stored, sealed.
    package var hasRaw: Bool

    package var place: QuarantinePlace {
        QuarantinePlace(record: record, receivedAt: receivedAt)
    }
}

/// Where an entry stands in the list of the quarantine: what a page continues from.
package struct QuarantinePlace: Equatable, Sendable {
    package var record: RecordPosition
    package var receivedAt: Timestamp

    package init(record: RecordPosition, receivedAt: Timestamp) {
        self.record = record
        self.receivedAt = receivedAt
    }
}

/// A page of the quarantine, newest first.
package struct QuarantinePage: Equatable, Sendable {
    /// How many records were quarantined, by reason; on the first page only.
    package var counts: [String: Int]
    package var entries: [QuarantineEntry]
}
