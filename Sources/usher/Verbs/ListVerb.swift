import PostgresStore
import SessionCore
import Terminal

/// `usher list`.
enum ListVerb {
    static let command = Command(
        "list",
        "list orders, or records that were refused",
        discussion: """
            Counts first what the filter matches, by state, then tells a page, newest first, and the command for the next
            page. With --quarantine it tells the records that could not become jobs, counted by reason; of the filters,
            --since and --error (the reason) apply to them.
            """,
        options: [
            .value("state", "STATE,…", "Only these: \(JobState.allCases.map(\.name).joined(separator: ", "))."),
            .value("since", "WHEN", "Accepted since: a span (10m, 2h, 7d) or a moment (RFC 3339)."),
            .value("until", "WHEN", "Accepted before; as --since."),
            .value("error", "CODE", "Only those whose last attempt had this code; with --quarantine, this reason."),
            .value("campaign", "NAME", "Only this campaign."),
            .value("account", "NAME", "Only this account."),
            .value("lane", "LANE", choices: Lane.allCases.map(\.name), "Only this lane."),
            .value("limit", "N", fallback: "\(ListQuery.defaultLimit)", "How many a page, up to 1000."),
            .value("after", "CURSOR", "Goes on where a page ended."),
            .flag("quarantine", "Lists quarantined records instead."),
            CommandTree.json,
        ],
        examples: [
            CommandExample("usher list --state verify,failed --since 1h", "what went wrong in the last hour"),
            CommandExample("usher list --campaign autumn --json", "a campaign, for a program"),
            CommandExample("usher list --quarantine", "records that could not become jobs"),
        ],
        exitCodes: [.success, .unavailable, .ioError, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let now = Timestamp.systemNow
        let limit = try context.invocation.integer("limit", in: 1...1_000) ?? ListQuery.defaultLimit
        if context.invocation.flag("quarantine") {
            try await quarantine(context, limit: limit, now: now)
        } else {
            try await orders(context, limit: limit, now: now)
        }
        return .success
    }

    private static func orders(_ context: VerbContext, limit: Int, now: Timestamp) async throws {
        let filter = try ListQuery.filter(context.invocation, now: now)
        let cursor = try ListQuery.orderCursor(context.invocation)
        let page = try await StoreAccess.with(context) { store, _ in
            try await store.list(filter, after: cursor, limit: limit)
        }
        if context.invocation.flag("json") {
            let json = JSONWriter.object { writer in
                if cursor == nil {
                    let counts = page.counts.map { ($0.key.name, $0.value) }
                    writer.member("counts", counts: Dictionary(counts) { first, _ in first })
                }
                writer.member("orders", array: page.orders) { writer, order in OrderJSON.write(order, to: &writer) }
                writer.member("after", page.cursor.map { String($0) })
            }
            return try context.print(json)
        }
        var lines = cursor == nil ? [ListText.counts(page.counts)] : []
        lines += ListText.orders(page.orders, now: now, width: StandardStream.output.terminalWidth)
        if let next = page.cursor {
            lines.append("next page: " + (try ListQuery.nextPage(context.invocation, after: "\(next)", now: now)))
        }
        try print(lines, context)
    }

    private static func quarantine(_ context: VerbContext, limit: Int, now: Timestamp) async throws {
        let invocation = context.invocation
        for name in ["state", "until", "campaign", "account", "lane"] where invocation.value(name) != nil {
            throw UsageError(path: invocation.path, message: "--\(name) does not go with --quarantine")
        }
        let since = try invocation.moment("since", now: now)
        let cursor = try ListQuery.quarantineCursor(invocation)
        let page = try await StoreAccess.with(context) { store, _ in
            try await store.quarantine(since: since, reason: invocation.value("error"), after: cursor, limit: limit)
        }
        let last = page.entries.count == limit ? page.entries.last.map(ListQuery.cursor(after:)) : nil
        if invocation.flag("json") {
            let json = JSONWriter.object { writer in
                if cursor == nil { writer.member("counts", counts: page.counts) }
                writer.member("quarantined", array: page.entries) { writer, entry in
                    OrderJSON.write(entry, to: &writer)
                }
                writer.member("after", last)
            }
            return try context.print(json)
        }
        var lines = cursor == nil ? [ListText.counts(quarantined: page.counts)] : []
        lines += ListText.quarantine(page.entries, now: now, width: StandardStream.output.terminalWidth)
        if let last { lines.append("next page: " + (try ListQuery.nextPage(invocation, after: last, now: now))) }
        try print(lines, context)
    }

    private static func print(_ lines: [String], _ context: VerbContext) throws {
        try context.print(lines.isEmpty ? "nothing more" : lines.joined(separator: "\n"))
    }
}
