import PostgresStore
import SessionCore
import Terminal

/// What a command line of `usher list` asks for. Pure, but for what its moments are counted from.
struct ListQuestion {
    enum Subject {
        case orders(OrderFilter, after: OrderCursor?)
        case quarantine(QuarantineFilter, after: QuarantinePlace?)
    }

    /// How many a page has where nobody says.
    static let usualLimit = 50

    let subject: Subject
    /// How many a page has.
    let limit: Int
    /// Whether all pages are printed.
    let isWhole: Bool
    private let invocation: Invocation

    /// Throws `UsageError` that names the option.
    init(_ invocation: Invocation, now: Timestamp) throws(UsageError) {
        self.invocation = invocation
        limit = try invocation.pageLimit(usual: Self.usualLimit)
        isWhole = invocation.flag("all")
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
        filter.onlyParked = invocation.flag("parked")
        subject = .orders(filter, after: try invocation.cursor { OrderCursor(text: $0) })
    }

    private static let onlyOrders = ["state", "error", "campaign", "lane"]
    private static let onlyQuarantine = ["reason", "order"]

    private static func refuseMixture(_ invocation: Invocation, isQuarantine: Bool) throws(UsageError) {
        var odd = (isQuarantine ? onlyOrders : onlyQuarantine).filter { invocation.value($0) != nil }
        if isQuarantine, invocation.flag("parked") { odd.append("parked") }
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

    /// The command that prints the page after this one, or the rest of the list. Moments are spelt out: a span would
    /// have moved on.
    func command(after cursor: String) -> String {
        var words = invocation.usher("list")
        let since: Timestamp?
        let until: Timestamp?
        switch subject {
        case .orders(let filter, _):
            if filter.onlyParked { words.append("--parked") }
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
        if isWhole {
            words.append("--all")
        } else if limit != Self.usualLimit {
            words += ["--limit", String(limit)]
        }
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
}
