import PostgresStore
import SessionCore
import Terminal

/// What a command line of `usher audit` asks for. Pure, but for what its moment is counted from.
struct AuditQuestion {
    /// How many lines a page has where nobody says.
    static let usualLimit = 100

    let filter: AuditFilter
    let cursor: Int64?
    /// How many lines a page has.
    let limit: Int
    /// Whether all pages are printed.
    let isWhole: Bool
    private let invocation: Invocation

    /// Throws `UsageError` that names the option.
    init(_ invocation: Invocation, now: Timestamp) throws(UsageError) {
        self.invocation = invocation
        limit = try invocation.pageLimit(usual: Self.usualLimit)
        isWhole = invocation.flag("all")
        cursor = try invocation.cursor { Int64($0).flatMap { $0 > 0 ? $0 : nil } }
        var filter = AuditFilter()
        filter.since = try invocation.moment("since", now: now)
        filter.action = invocation.value("action")
        filter.subject = invocation.value("subject")
        filter.actor = invocation.value("actor")
        self.filter = filter
    }

    /// The command that prints the page after this one, or the rest of the list. The moment is spelt out: a span would
    /// have moved on.
    func command(after cursor: String) -> String {
        var words = invocation.usher("audit")
        for name in ["action", "subject", "actor"] {
            if let value = invocation.value(name) { words += ["--\(name)", value] }
        }
        if let since = filter.since { words += ["--since", since.rfc3339] }
        if isWhole {
            words.append("--all")
        } else if limit != Self.usualLimit {
            words += ["--limit", String(limit)]
        }
        if invocation.flag("json") { words.append("--json") }
        return ShellWord.line(words + ["--after", cursor])
    }
}

/// The pages of the audit, one after another, as `--all` prints them.
struct AuditPages {
    let filter: AuditFilter
    let limit: Int
    /// An object a line, otherwise tables.
    let isJSON: Bool
    private var cursor: Int64?
    /// Whether none has had a line.
    private(set) var areEmpty = true

    init(_ filter: AuditFilter, after cursor: Int64?, limit: Int, isJSON: Bool) {
        self.filter = filter
        self.limit = limit
        self.isJSON = isJSON
        self.cursor = cursor
    }

    /// Throws `StoreError`.
    mutating func next(_ store: PostgresStore) async throws -> WholeList.Page {
        let page = try await store.auditLines(filter, after: cursor, limit: limit)
        cursor = page.cursor ?? cursor
        if !page.lines.isEmpty { areEmpty = false }
        let report = AuditReport(page: page)
        return WholeList.Page(
            lines: isJSON ? report.jsonLines : page.lines.isEmpty ? [] : report.lines,
            rows: page.lines.count,
            cursor: page.cursor.map { String($0) },
            left: page.cursor == nil ? 0 : nil
        )
    }
}
