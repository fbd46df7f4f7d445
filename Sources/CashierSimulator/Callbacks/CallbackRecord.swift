/// A callback from its request to its answer.
struct CallbackRecord: Equatable, Sendable {
    /// Counted from 1.
    var id: Int
    var spec: CallbackSpec
    /// The order's number in the ledger; nil for a replay.
    var order: Int?
    var tid: Int64?
    /// The attempt that it tells of.
    var transaction: ProviderTransaction?
    /// How often it was sent, and when last, in microseconds.
    var attempts = 0
    var sentAt: Int64 = 0
    /// What was sent last.
    var post: CallbackPost?
    var verdict: CallbackVerdict?
    /// Whether it will be sent, or sent again.
    var isWaiting = true
}

/// The bytes of a callback and where they go.
struct CallbackPost: Equatable, Sendable {
    var url: String
    var body: [UInt8]
    /// The value of Gt-Authentication; nil leaves the header out.
    var signature: String?
    var timeout: Duration
}

/// What the sender is told: which callback, and when.
struct CallbackTicket: Equatable, Sendable {
    enum Subject: Equatable, Sendable {
        case record(Int)
        /// The end of this session of the order, if nobody has paid by then.
        case expiry(order: Int, serial: UInt32)
    }

    var subject: Subject
    var delay: Duration
    /// Callbacks of one lane are sent one after the other, in order.
    var lane: Int
    /// The list's incarnation: a reset ends what was queued before it.
    var epoch: Int
}

/// The callbacks since the last reset.
struct CallbackList {
    /// tids start here, so that they are not taken for order numbers.
    static let firstTID = 756_850

    private(set) var records: [CallbackRecord] = []
    private(set) var epoch = 0
    /// What the sender has not been given yet.
    private var outbox: [CallbackTicket] = []

    mutating func forgetAll() {
        records = []
        outbox = []
        epoch += 1
    }

    /// Keeps a callback; it is sent once its ticket is taken.
    mutating func add(_ spec: CallbackSpec, order: Int?, _ transaction: ProviderTransaction?) -> Int {
        let id = records.count + 1
        records.append(
            CallbackRecord(id: id, spec: spec, order: order, tid: transaction?.tid, transaction: transaction)
        )
        return id
    }

    mutating func queue(_ subject: CallbackTicket.Subject, after delay: Duration, lane: Int) {
        outbox.append(CallbackTicket(subject: subject, delay: delay, lane: lane, epoch: epoch))
    }

    mutating func takeTickets() -> [CallbackTicket] {
        guard !outbox.isEmpty else { return [] }
        defer { outbox = [] }
        return outbox
    }

    subscript(id: Int) -> CallbackRecord {
        get { records[id - 1] }
        set { records[id - 1] = newValue }
    }

    func holds(_ id: Int) -> Bool {
        (1...max(1, records.count)).contains(id) && !records.isEmpty
    }
}
