/// Whether this worker's results reach Kafka, and what it may do while they do not, or while nobody knows. Pure: time
/// comes from outside.
///
/// A worker may reach the database and not Kafka. It goes aside then: it leaves its results to workers that publish,
/// claims nothing and takes nothing over, until Kafka acknowledges something of what it has sent.
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
        fileprivate var acknowledgements: Int
    }

    /// A worker that is aside, and whose producer has nothing left, tries again so often.
    static let trialInterval = Duration.seconds(5)

    private let unpublishedMax: Duration
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
        return wasHindered
    }

    /// Whether results of this worker are to be left to others: the oldest has waited for too long, and nothing was
    /// acknowledged for half as long. A producer that has much to send is not silent. While it is aside always: calls
    /// that were under way bring more.
    ///
    /// - Parameter oldest: since when the oldest of its results has waited.
    func silence(of oldest: Duration?, at uptime: Duration) -> Silence? {
        if isAside { return Silence(acknowledgements: acknowledgements) }
        guard let oldest, uptime - oldest > unpublishedMax, !hasPublished(since: uptime - unpublishedMax / 2)
        else { return nil }
        return Silence(acknowledgements: acknowledgements)
    }

    /// Others have its results. Returns whether it goes aside by that: not where it is already, or where something was
    /// acknowledged since the silence was found.
    mutating func goAside(_ silence: Silence, at uptime: Duration) -> Bool {
        guard !isAside, silence.acknowledgements == acknowledgements else { return false }
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
        guard isAside, uptime - triedAt >= min(Self.trialInterval, unpublishedMax) else { return false }
        triedAt = uptime
        return true
    }
}
