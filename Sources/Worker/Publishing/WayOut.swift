import SessionCore

/// Whether this worker's results reach Kafka, and what it may do while they do not, or while nobody knows. Pure: time
/// comes from outside.
///
/// A worker may reach the database and not Kafka. It goes aside then: it leaves its results to workers that publish,
/// claims nothing and takes nothing over, until Kafka acknowledges something of what it has sent.
///
/// Where all workers have lost Kafka, those that had nothing to send look as if they published. The producers of the
/// others are to deliver what they have when it is back, and nobody copies of it. So a worker leaves its oldest rows
/// first, one after the other as they are taken over, and all once one of them was published. That may have been by the
/// end of the outage, so it waits for a moment whether its own producer is heard of.
struct WayOut: Equatable, Sendable {
    /// Why no links are made.
    enum Hindrance: Equatable, Sendable {
        /// A result of this worker's has waited for so long.
        case ownWait(Duration)
        /// A result, whosever it is, has waited for so long, and nothing of this worker's was acknowledged since it
        /// came: results of this one may not get through either.
        case doubt(Duration)
        /// This worker's results were left to others so long ago.
        case aside(Duration)
    }

    /// Nothing was acknowledged for too long, as was found at a moment.
    struct Silence: Equatable, Sendable {
        /// What is to be left to others.
        enum Share: Equatable, Sendable {
            /// The oldest row, by which they are tried as they are by these, which were left to them before.
            case oldest(beside: [Int64])
            /// Nothing more for now.
            case nothing
            case all
        }

        var share: Share
        fileprivate var acknowledgements: Int
    }

    /// A worker that is aside, and whose producer has nothing left, tries again so often. And so long it waits, once
    /// others publish, for its own producer to be heard of: that tries to connect every two seconds.
    static let trialInterval = Duration.seconds(5)

    private let unpublishedMax: Duration
    /// The rows that were left to others, one after the other, since something was acknowledged.
    private var offered: [Int64] = []
    /// Since when it has been known that others publish.
    private var othersPublishSince: Duration?
    private var acknowledgements = 0
    private var lastAcknowledgement: Duration?
    private var doubtSince: Duration?
    private var asideSince: Duration?
    private var triedAt = Duration.zero

    init(unpublishedMax: Duration) {
        self.unpublishedMax = unpublishedMax
    }

    var isAside: Bool {
        asideSince != nil
    }

    /// Kafka acknowledged something. Returns whether more may be taken over than before.
    mutating func acknowledged(at uptime: Duration) -> Bool {
        let wasHindered = asideSince != nil || doubtSince != nil || !hasPublished(since: uptime - unpublishedMax)
        lastAcknowledgement = uptime
        acknowledgements += 1
        asideSince = nil
        doubtSince = nil
        offered = []
        othersPublishSince = nil
        return wasHindered
    }

    /// Whether results of this worker are to be left to others: the oldest has waited for too long, and nothing was
    /// acknowledged for half as long. A producer that has much to send is not silent. While it is aside always: calls
    /// that were under way bring more.
    ///
    /// - Parameter oldest: since when the oldest of its results has waited.
    func silence(of oldest: Duration?, at uptime: Duration) -> Silence? {
        if !isAside {
            guard let oldest, uptime - oldest > unpublishedMax, !hasPublished(since: uptime - unpublishedMax / 2)
            else { return nil }
        }
        return Silence(share: share(at: uptime), acknowledgements: acknowledgements)
    }

    private func share(at uptime: Duration) -> Silence.Share {
        guard let othersPublishSince else { return .oldest(beside: offered) }
        return uptime - othersPublishSince >= trialTime ? .all : .nothing
    }

    private var trialTime: Duration {
        min(Self.trialInterval, unpublishedMax)
    }

    /// Others were offered rows. Returns whether it goes aside by that: not where it is already, where there was nobody
    /// to have them, or where something was acknowledged since the silence was found.
    mutating func goAside(after offer: OutboxOffer, _ silence: Silence, at uptime: Duration) -> Bool {
        guard silence.acknowledgements == acknowledgements else { return false }
        offered = offer.left
        if offer.isAnyPublished { othersPublishSince = othersPublishSince ?? uptime }
        guard !isAside, !offered.isEmpty else { return false }
        asideSince = uptime
        triedAt = uptime
        doubtSince = nil
        return true
    }

    /// Why no links may be made now.
    ///
    /// - Parameters:
    ///   - own: how long the oldest result that this worker has sent waits.
    ///   - all: how long the oldest of all results waits.
    ///   - isSending: whether something of this worker's waits to be acknowledged.
    mutating func hindrance(own: Duration?, all: Duration?, isSending: Bool, at uptime: Duration) -> Hindrance? {
        if let asideSince { return .aside(uptime - asideSince) }
        if let own, own > unpublishedMax { return .ownWait(own) }
        guard let all, all > unpublishedMax, !hasPublished(since: uptime - all) else {
            doubtSince = nil
            return nil
        }
        let since = doubtSince ?? uptime
        doubtSince = since
        // By then whoever cannot publish a result has left it to others. One that nobody may take over says nothing of
        // this worker's way, and is no reason to stand still for ever.
        let isOver = !isSending && uptime - since > unpublishedMax * 2
        return isOver ? nil : .doubt(all)
    }

    private func hasPublished(since moment: Duration) -> Bool {
        lastAcknowledgement.map { $0 > moment } ?? false
    }

    /// How many rows may be taken over at a time, `limit` at most: none while it is aside, and one where it is in
    /// doubt, or has published nothing for long, which shows whether the rest would get through.
    func rowsToTakeOver(_ limit: Int, isSending: Bool, at uptime: Duration) -> Int {
        if isAside { return 0 }
        guard doubtSince != nil || !hasPublished(since: uptime - unpublishedMax) else { return limit }
        return isSending ? 0 : 1
    }

    /// Whether it is time, where this worker is aside, to send something again that tells whether results get through.
    /// It counts as sent.
    mutating func isTrialDue(at uptime: Duration) -> Bool {
        guard isAside, uptime - triedAt >= trialTime else { return false }
        triedAt = uptime
        return true
    }
}
