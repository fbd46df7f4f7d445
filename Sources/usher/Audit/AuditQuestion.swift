import PostgresStore
import SessionCore
import Terminal

/// What a command line of `usher audit` asks for. Pure, but for what its moment is counted from.
struct AuditQuestion {
    /// How many lines a page has where nobody says.
    static let usualLimit = 100

    let filter: AuditFilter
    let cursor: Int64?
    let limit: Int
    private let invocation: Invocation

    /// Throws `UsageError` that names the option.
    init(_ invocation: Invocation, now: Timestamp) throws(UsageError) {
        self.invocation = invocation
        limit = try invocation.integer("limit", in: 1...10_000) ?? Self.usualLimit
        cursor = try invocation.cursor { Int64($0).flatMap { $0 > 0 ? $0 : nil } }
        var filter = AuditFilter()
        filter.since = try invocation.moment("since", now: now)
        filter.action = invocation.value("action")
        filter.subject = invocation.value("subject")
        filter.actor = invocation.value("actor")
        self.filter = filter
    }

    /// The command that prints the page after this one. The moment is spelt out: a span would have moved on.
    func command(after cursor: Int64) -> String {
        var words = invocation.usher("audit")
        for name in ["action", "subject", "actor"] {
            if let value = invocation.value(name) { words += ["--\(name)", value] }
        }
        if let since = filter.since { words += ["--since", since.rfc3339] }
        if limit != Self.usualLimit { words += ["--limit", String(limit)] }
        if invocation.flag("json") { words.append("--json") }
        return ShellWord.line(words + ["--after", String(cursor)])
    }
}
