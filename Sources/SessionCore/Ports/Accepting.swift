/// An accepted record, ready to be stored as a job.
package struct AcceptedJob: Equatable, Sendable {
    /// A reference, because a batch's jobs are copied from step to step, and each text in them would be counted.
    private final class Content: Equatable, Sendable {
        let partition: Int32
        let offset: Int64
        let order: Order
        let lane: Lane
        let campaign: String?
        let notBefore: Timestamp?
        let notAfter: Timestamp
        let contentDigest: [UInt8]
        let body: [UInt8]
        let request: SharedRequest?
        let traceparent: String?

        init(
            _ place: (partition: Int32, offset: Int64),
            _ order: Order,
            _ lane: Lane,
            campaign: String?,
            times: (notBefore: Timestamp?, notAfter: Timestamp),
            contentDigest: [UInt8],
            _ body: [UInt8],
            _ request: SharedRequest?,
            traceparent: String?
        ) {
            (partition, offset) = place
            self.order = order
            self.lane = lane
            self.campaign = campaign
            (notBefore, notAfter) = times
            self.contentDigest = contentDigest
            self.body = body
            self.request = request
            self.traceparent = traceparent
        }

        static func == (one: Content, other: Content) -> Bool {
            one.partition == other.partition && one.offset == other.offset && one.order == other.order
                && one.lane == other.lane && one.campaign == other.campaign && one.notBefore == other.notBefore
                && one.notAfter == other.notAfter && one.contentDigest == other.contentDigest
                && one.body == other.body && one.traceparent == other.traceparent
        }
    }

    private let content: Content
    /// There is a call slot for it: it may be stored claimed, if nothing older of its lane and account is due.
    package var mayStart = false

    /// - Parameter request: the body as a request, if it is known already.
    package init(
        partition: Int32,
        offset: Int64,
        order: Order,
        lane: Lane,
        campaign: String?,
        notBefore: Timestamp?,
        notAfter: Timestamp,
        contentDigest: [UInt8],
        body: [UInt8],
        request: SharedRequest? = nil,
        traceparent: String?
    ) {
        content = Content(
            (partition, offset),
            order,
            lane,
            campaign: campaign,
            times: (notBefore, notAfter),
            contentDigest: contentDigest,
            body,
            request,
            traceparent: traceparent
        )
    }

    @inline(__always)
    package var partition: Int32 { content.partition }
    @inline(__always)
    package var offset: Int64 { content.offset }
    @inline(__always)
    package var order: Order { content.order }
    @inline(__always)
    package var lane: Lane { content.lane }
    @inline(__always)
    package var campaign: String? { content.campaign }
    @inline(__always)
    package var notBefore: Timestamp? { content.notBefore }
    @inline(__always)
    package var notAfter: Timestamp { content.notAfter }
    /// SHA-256 (keyed) of the canonical content: equal for equal jobs, whatever their spelling as JSON.
    @inline(__always)
    package var contentDigest: [UInt8] { content.contentDigest }
    /// The canonical job as JSON; sealed before it is stored.
    @inline(__always)
    package var body: [UInt8] { content.body }
    /// What the body asks for; nil if it is no canonical body of the job's order.
    package var request: SharedRequest? { content.request ?? SharedRequest(in: content.body, of: content.order) }
    @inline(__always)
    package var traceparent: String? { content.traceparent }

    /// Whether its account and order come before the other's, as bytes; nil for the same order.
    package func isBefore(_ other: AcceptedJob) -> Bool? {
        if content.order.account != other.content.order.account {
            return content.order.account < other.content.order.account
        }
        if content.order.orderID == other.content.order.orderID { return nil }
        return content.order.orderID < other.content.order.orderID
    }
}

/// A record that cannot become a job.
package struct QuarantinedRecord: Equatable, Sendable {
    package var partition: Int32
    package var offset: Int64
    /// A word of the closed list in `docs/contracts` (`dup_key`, `utf8`, `size`, `amount`, …).
    package var reason: String
    /// The field at fault, where there is one.
    package var field: String?
    /// For a person; holds no value of the record.
    package var detail: String
    /// The record's order, where it could be read: it then gets a `rejected` answer.
    package var order: Order?
    /// The raw value, to be sealed; nil where it must not be kept (`pan`) or was too large.
    package var raw: [UInt8]?
    package var rawSHA256: [UInt8]
    /// The encoded `rejected` answer, where one is due.
    package var answer: EncodedResult?
    /// The record's, passed on with its answer.
    package var traceparent: String?

    package init(
        partition: Int32,
        offset: Int64,
        reason: String,
        field: String?,
        detail: String,
        rawSHA256: [UInt8]
    ) {
        self.partition = partition
        self.offset = offset
        self.reason = reason
        self.field = field
        self.detail = detail
        self.rawSHA256 = rawSHA256
    }
}

/// A part of a partition without a gap: from `start` up to, not including, `next`.
package struct PartitionRange: Equatable, Sendable {
    package var partition: Int32
    package var start: Int64
    package var next: Int64

    package init(partition: Int32, start: Int64, next: Int64) {
        self.partition = partition
        self.start = start
        self.next = next
    }
}

/// Records of one topic, decided, for one transaction.
package struct IngestBatch: Sendable {
    /// More jobs do not go into one transaction.
    package static let jobsMax = 1_000

    package var topic: String
    /// The partitions that the records came from; each once.
    package var ranges: [PartitionRange]
    /// At most `jobsMax`, each partition's in the order of their offsets.
    package var jobs: [AcceptedJob]
    package var quarantined: [QuarantinedRecord]
    /// How long a job that starts at once is this worker's alone.
    package var lease: Duration

    package init(
        topic: String,
        ranges: [PartitionRange],
        jobs: [AcceptedJob],
        quarantined: [QuarantinedRecord],
        lease: Duration
    ) {
        self.topic = topic
        self.ranges = ranges
        self.jobs = jobs
        self.quarantined = quarantined
        self.lease = lease
    }
}

/// What a batch became. Each record is counted once.
package struct IngestReport: Sendable {
    /// New orders, those that started included.
    package var accepted = 0
    /// Same order, same content: its stored result is published again, if there is one yet.
    package var duplicates = 0
    /// Same order, other content: answered with a `conflict`.
    package var conflicts = 0
    package var quarantined = 0
    /// Records that were already accounted for by an earlier run of this batch.
    package var repeated = 0
    /// The jobs that were stored claimed, their attempt counted.
    package var started: [ClaimedJob] = []
    /// Database time of the transaction; nil when nothing was to be stored.
    package var now: Timestamp?
    /// Why the batch is not accounted for, though jobs of it were stored that started; nil: it is.
    package var failure: StoreError?
    /// Whether rows were added to the outbox.
    package var answered: Bool { duplicates + conflicts + quarantined > 0 }
    /// Whether jobs were stored that wait to be claimed.
    package var hasWaiting: Bool { accepted > started.count }

    package init() {}
}

/// The stored order that a record collided with, for the answer to it.
package struct Collision: Sendable {
    package var record: RecordPosition
    package var order: Order
    package var generation: Int32
    package var state: JobState
    /// The first job's canonical body; nil once it was wiped.
    package var storedBody: [UInt8]?
    package var body: [UInt8]
    package var now: Timestamp

    package init(
        record: RecordPosition,
        order: Order,
        generation: Int32,
        state: JobState,
        storedBody: [UInt8]?,
        body: [UInt8],
        now: Timestamp
    ) {
        self.record = record
        self.order = order
        self.generation = generation
        self.state = state
        self.storedBody = storedBody
        self.body = body
        self.now = now
    }
}

/// Writes the answers to records that collided with a stored order. Pure.
package protocol CollisionAnswers: Sendable {
    /// Other content: names the fields that differ.
    func conflict(_ collision: Collision) -> EncodedResult
    /// Same content, but the stored result was wiped: says what became of the order, without the URL.
    func duplicateOfWiped(_ collision: Collision) -> EncodedResult
}
