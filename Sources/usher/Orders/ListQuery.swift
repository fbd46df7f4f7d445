import PostgresStore
import SessionCore
import Terminal

/// What `usher list` was asked for. Pure.
enum ListQuery {
    /// The filter of a command line. Throws `UsageError`.
    static func filter(_ invocation: Invocation, now: Timestamp) throws(UsageError) -> OrderFilter {
        var filter = OrderFilter()
        let states = try invocation.words("state", of: JobState.allCases.map(\.name)) { JobState(name: $0) }
        filter.states = states.map { Set($0) }
        filter.since = try invocation.moment("since", now: now)
        filter.until = try invocation.moment("until", now: now)
        filter.code = invocation.value("error")
        filter.campaign = invocation.value("campaign")
        filter.account = invocation.value("account")
        filter.lane = invocation.value("lane").flatMap { name in Lane.allCases.first { $0.name == name } }
        return filter
    }

    /// The cursor of a list of orders. Throws `UsageError`.
    static func orderCursor(_ invocation: Invocation) throws(UsageError) -> Int64? {
        guard let text = invocation.value("after") else { return nil }
        guard let cursor = Int64(text), cursor > 0 else { throw unknownCursor(invocation) }
        return cursor
    }

    /// The cursor of a list of the quarantine: the place and moment of the last entry, as far as the store asks for them.
    /// Throws `UsageError`.
    static func quarantineCursor(_ invocation: Invocation) throws(UsageError) -> QuarantineEntry? {
        guard let text = invocation.value("after") else { return nil }
        // Topics hold no colon.
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, let moment = Int64(parts[0]), let partition = Int32(parts[2]),
            let offset = Int64(parts[3])
        else { throw unknownCursor(invocation) }
        let record = RecordPosition(topic: String(parts[1]), partition: partition, offset: offset)
        return QuarantineEntry(cursorAt: record, receivedAt: Timestamp(microseconds: moment))
    }

    static func cursor(after entry: QuarantineEntry) -> String {
        let record = entry.record
        return "\(entry.receivedAt.microseconds):\(record.topic):\(record.partition):\(record.offset)"
    }

    /// The command line of the next page: the one typed, with another cursor.
    ///
    /// Spans in --since and --until are written as the moments that they meant, so that pages fit together.
    static func nextPage(_ invocation: Invocation, after cursor: String, now: Timestamp) throws(UsageError) -> String {
        var words = ["usher", "list"]
        if invocation.flag("quarantine") { words.append("--quarantine") }
        for name in ["state", "error", "campaign", "account", "lane", "limit", "config", "log-level", "log-format"] {
            guard let value = invocation.value(name), name != "limit" || value != "\(defaultLimit)" else { continue }
            words += ["--\(name)", value]
        }
        for name in ["since", "until"] {
            if let moment = try invocation.moment(name, now: now) { words += ["--\(name)", moment.rfc3339] }
        }
        for setting in invocation.values("set") { words += ["--set", setting] }
        if invocation.flag("json") { words.append("--json") }
        return ShellWord.line(words + ["--after", cursor])
    }

    static let defaultLimit = 50

    private static func unknownCursor(_ invocation: Invocation) -> UsageError {
        UsageError(path: invocation.path, message: "--after must be what the last page said; leave it out to begin anew")
    }
}
