import CashierClient
import SessionCore

/// What the replies of a probe show. Pure; nil where nothing was asked or nothing can be told.
struct ProbeFacts: Equatable, Sendable {
    /// What a second call for an order with a session does.
    enum Again: Equatable, Sendable {
        /// The same session.
        case same
        /// Another session each time.
        case fresh
        /// Refused as not unique.
        case refused
        /// Neither always one nor always the other: how many sessions there were.
        case mixed(sessions: Int)
    }

    enum LookUps: Equatable, Sendable {
        /// An open session is found, at the latest so long after it was opened.
        case findOpen(after: Duration)
        /// An open session is not found: only orders that somebody tried to pay are.
        case findTriedOnly
        /// Refused, as for an account without the Agent API.
        case refused(String)
    }

    enum LongOrder: Equatable, Sendable {
        case refused
        /// Cut to so many characters.
        case cut(Int)
        case taken
    }

    var inTurn: Again?
    var atOnce: Again?
    /// The same order once its session has expired.
    var afterExpiry: Again?
    /// What look-ups called the session after its life.
    var expiredStatus: String?
    var replay: Again?
    /// Signed so many seconds ago and taken, or refused, by age.
    var isTakenAtAge: [Int64: Bool] = [:]
    var isFutureTaken: Bool?
    /// The provider's clock minus this machine's.
    var clockDifference: Duration?
    /// Whether a request was carried out whose connection was dropped; nil too where look-ups cannot tell.
    var isCarriedOutWhenDropped: Bool?
    var lookUps: LookUps?
    var doLookUpsShowURL = false
    var longOrder: LongOrder?
    var areLengthsBytes: Bool?
    /// Whether one signature opened both orders.
    var isAmbiguous: Bool?
    var successSigning: Set<ProbeReply.Signing> = []
    var errorSigning: Set<ProbeReply.Signing> = []
    /// Pairs of the body's status and the HTTP status.
    var errorStatuses: [ErrorStatus] = []
    var isLimitSeen = false
    /// The first session's reply as a worker reads it: nil where it would be reported.
    var disbelief: String?
    var redirectHosts: [String] = []

    struct ErrorStatus: Equatable, Hashable, Sendable {
        var status: Int64
        var http: Int
    }

    init(_ record: ProbeRecord) {
        inTurn = Self.again(record.replies(.twice))
        atOnce = Self.again(record.replies(.atOnce))
        replay = Self.again(record.replies(.replay))
        afterExpiry = Self.again(record.replies(.expiring) + record.replies(.afterExpiry))
        expiredStatus = record.replies(.expired).last?.sessionStatus
        takeClock(record)
        takeLookUps(record)
        takeLengths(record)
        takeErrors(record)
        takeSuccesses(record)
    }

    /// Nil unless the first call opened a session and every other was answered.
    private static func again(_ replies: [ProbeReply]) -> Again? {
        guard replies.count > 1 else { return nil }
        let opened = replies.filter(\.hasSession)
        let sessions = Set(opened.compactMap(\.session)).count
        guard sessions > 0, replies.allSatisfy({ $0.hasSession || $0.isNotUnique }) else { return nil }
        if opened.count == replies.count, sessions == 1 { return .same }
        if sessions == replies.count { return .fresh }
        return opened.count == 1 ? .refused : .mixed(sessions: sessions)
    }

    // MARK: Clock

    private mutating func takeClock(_ record: ProbeRecord) {
        for (step, entries) in record.entries {
            guard case .shifted(let shift) = step, let reply = entries.last?.reply,
                let isTaken = Self.isTimestampTaken(reply)
            else { continue }
            if shift > 0 { isFutureTaken = isTaken } else { isTakenAtAge[-shift] = isTaken }
        }
        let exact = record.all.filter(\.hasTimestamp)
        clockDifference = Self.median((exact.isEmpty ? record.all : exact).compactMap(\.clockDifference))
    }

    /// Nil for a reply that says nothing about the timestamp.
    private static func isTimestampTaken(_ reply: ProbeReply) -> Bool? {
        if reply.code == AnswerCode.timestamp { return false }
        let isAnswered = reply.status == 0 || reply.isNotFound || reply.isLookUpRefused
        return isAnswered ? true : nil
    }

    private static func median(_ differences: [Duration]) -> Duration? {
        differences.isEmpty ? nil : differences.sorted()[differences.count / 2]
    }

    /// Requests signed so many seconds ago are refused; nil when unknown, `.max` when none was refused.
    var validitySeconds: Int64? {
        guard let youngest = isTakenAtAge.filter({ !$0.value }).keys.min() else {
            return isTakenAtAge.isEmpty ? nil : .max
        }
        // One that is refused although an older one was taken was refused for something else.
        guard isTakenAtAge.allSatisfy({ $0.value == ($0.key < youngest) }) else { return nil }
        return youngest == 61 ? 60 : youngest
    }

    // MARK: Look-ups

    private mutating func takeLookUps(_ record: ProbeRecord) {
        let open = record.entries[.openOrder] ?? []
        let lost = record.entries[.lostLookUp] ?? []
        doLookUpsShowURL = (open + lost).contains { $0.reply.sight != nil && $0.reply.hasURL }
        lookUps = Self.lookUps(open) ?? Self.lookUps(lost.filter { $0.reply.isLookUpRefused || $0.reply.sight != nil })
        if !record.canLookUp { lookUps = .refused("the account has no find_order_endpoint") }
        guard record.isHungUp == true, !lost.isEmpty else { return }
        if lost.contains(where: { $0.reply.sight != nil }) {
            isCarriedOutWhenDropped = true
        } else if case .findOpen = lookUps, lost.last?.reply.isNotFound == true {
            isCarriedOutWhenDropped = false
        }
    }

    private static func lookUps(_ entries: [ProbeEntry]) -> LookUps? {
        if let found = entries.first(where: { $0.reply.sight != nil }) { return .findOpen(after: found.after) }
        guard let last = entries.last?.reply else { return nil }
        if last.isLookUpRefused { return .refused(last.words) }
        return last.isNotFound ? .findTriedOnly : nil
    }

    // MARK: Lengths

    private mutating func takeLengths(_ record: ProbeRecord) {
        if let reply = record.replies(.longOrder).last {
            if reply.status == 0 {
                let count = reply.orderID?.utf8.count
                longOrder = count.map { $0 < ProbeRequests.longOrderLength ? .cut($0) : .taken }
            } else if reply.refusal == .declined {
                longOrder = .refused
            }
        }
        if let reply = record.replies(.wideAgent).last {
            if reply.status == 0 {
                areLengthsBytes = false
            } else if reply.refusal == .declined {
                areLengthsBytes = true
            }
        }
    }

    // MARK: Errors and signatures

    private mutating func takeErrors(_ record: ProbeRecord) {
        var statuses: Set<ErrorStatus> = []
        for reply in record.all {
            if reply.httpStatus == 429 || reply.refusal == .limited { isLimitSeen = true }
            guard let status = reply.status, status != 0, let http = reply.httpStatus else { continue }
            statuses.insert(ErrorStatus(status: status, http: http))
            errorSigning.insert(reply.signing)
        }
        errorStatuses = statuses.sorted { ($0.status, $0.http) < ($1.status, $1.http) }
        let replies = record.replies(.ambiguous)
        guard replies.count == 2, replies[0].status == 0 else { return }
        if replies[1].status == 0 {
            isAmbiguous = true
        } else if replies[1].refusal == .configFault {
            isAmbiguous = false
        }
    }

    private mutating func takeSuccesses(_ record: ProbeRecord) {
        // A cut order_id is its question's own finding.
        let opened = record.entries.filter { $0.key != .longOrder }.flatMap { $0.value.map(\.reply) }
            .filter { (reply: ProbeReply) in reply.status == 0 && reply.sight == nil && !reply.isLookUp }
        successSigning = Set(opened.map(\.signing))
        redirectHosts = Set(opened.compactMap(\.redirectHost)).sorted()
        guard !opened.isEmpty, !opened.contains(where: \.isOpened), let first = opened.first else { return }
        disbelief = "\(first.message) (\(first.code))"
    }
}
