import PostgresStore
import SessionCore
import Terminal

/// What a command line of `usher list` asks for. Pure, but for what its moments are counted from.
struct ListQuestion {
    enum Subject {
        case orders(OrderFilter, after: Int64?)
        case quarantine(QuarantineFilter, after: QuarantinePlace?)
    }

    let subject: Subject
    let limit: Int
    private let invocation: Invocation

    /// Throws `UsageError` that names the option.
    init(_ invocation: Invocation, now: Timestamp) throws(UsageError) {
        self.invocation = invocation
        limit = try invocation.integer("limit", in: 1...10_000) ?? 50
        let isQuarantine = invocation.flag("quarantine")
        try Self.refuseMixture(invocation, isQuarantine: isQuarantine)
        let since = try invocation.moment("since", now: now)
        let until = try invocation.moment("until", now: now)
        if let since, let until, since >= until {
            throw UsageError(path: invocation.path, message: "--since must be before --until")
        }
        if isQuarantine {
            var filter = QuarantineFilter()
            filter.since = since
            filter.until = until
            filter.account = invocation.value("account")
            filter.orderID = invocation.value("order")
            filter.reason = try Self.reason(invocation)
            subject = .quarantine(filter, after: try invocation.cursor { QuarantinePlace(cursor: $0) })
            return
        }
        var filter = OrderFilter()
        let states = try invocation.words("state", of: JobState.allCases.map(\.name)) { JobState(name: $0) }
        filter.states = states.map { Set($0) }
        filter.since = since
        filter.until = until
        filter.code = invocation.value("error")
        filter.campaign = invocation.value("campaign")
        filter.account = invocation.value("account")
        filter.lane = invocation.value("lane").flatMap { name in Lane.allCases.first { $0.name == name } }
        subject = .orders(filter, after: try invocation.numberedCursor())
    }

    private static let onlyOrders = ["state", "error", "campaign", "lane"]
    private static let onlyQuarantine = ["reason", "order"]

    private static func refuseMixture(_ invocation: Invocation, isQuarantine: Bool) throws(UsageError) {
        let odd = (isQuarantine ? onlyOrders : onlyQuarantine).filter { invocation.value($0) != nil }
        guard let name = odd.first else { return }
        let fault = isQuarantine ? "is about orders; leave it out or leave out --quarantine" : "needs --quarantine"
        throw UsageError(path: invocation.path, message: "--\(name) \(fault)")
    }

    private static func reason(_ invocation: Invocation) throws(UsageError) -> String? {
        guard let word = invocation.value("reason") else { return nil }
        guard RefusalReason(rawValue: word) == nil else { return word }
        let known = RefusalReason.allCases.map(\.rawValue).joined(separator: ", ")
        throw UsageError(path: invocation.path, message: "--reason must be one of \(known)")
    }

    /// The command that prints the page after this one. Moments are spelt out: a span would have moved on.
    func command(after cursor: String) -> String {
        var words = invocation.usher("list")
        let since: Timestamp?
        let until: Timestamp?
        switch subject {
        case .orders(let filter, _):
            words += options(["state", "error", "campaign", "account", "lane"])
            since = filter.since
            until = filter.until
        case .quarantine(let filter, _):
            words.append("--quarantine")
            words += options(["reason", "order", "account"])
            since = filter.since
            until = filter.until
        }
        if let since { words += ["--since", since.rfc3339] }
        if let until { words += ["--until", until.rfc3339] }
        if limit != 50 { words += ["--limit", String(limit)] }
        if invocation.flag("json") { words.append("--json") }
        return ShellWord.line(words + ["--after", cursor])
    }

    /// Options as they were given.
    private func options(_ names: [String]) -> [String] {
        names.flatMap { name in invocation.value(name).map { ["--\(name)", $0] } ?? [] }
    }
}

extension Invocation {
    /// The words that run a verb with the settings of this command line.
    func usher(_ verb: String) -> [String] {
        let file = value("config").map { ["-c", $0] } ?? []
        return ["usher", verb] + file + values("set").flatMap { ["--set", $0] }
    }

    /// Where the page before ended, as `--after` says it; nil for the first page. Throws `UsageError`.
    func cursor<Cursor>(_ read: (String) -> Cursor?) throws(UsageError) -> Cursor? {
        guard let text = value("after") else { return nil }
        guard let cursor = read(text) else {
            let message = "--after must be the cursor that the page before ended with, of the same kind of list"
            throw UsageError(path: path, message: message)
        }
        return cursor
    }

    /// The same in a list that goes by the store's numbers.
    func numberedCursor() throws(UsageError) -> Int64? {
        try cursor { Int64($0).flatMap { $0 > 0 ? $0 : nil } }
    }
}

extension QuarantinePlace {
    /// `MICROSECONDS:PARTITION:OFFSET:TOPIC`; a topic's name has no colon.
    var cursor: String {
        "\(receivedAt.microseconds):\(record.partition):\(record.offset):\(record.topic)"
    }

    init?(cursor: String) {
        let parts = cursor.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, let time = Int64(parts[0]), let partition = Int32(parts[1]),
            let offset = Int64(parts[2]), !parts[3].isEmpty
        else { return nil }
        self.init(
            record: RecordPosition(topic: String(parts[3]), partition: partition, offset: offset),
            receivedAt: Timestamp(microseconds: time)
        )
    }
}
