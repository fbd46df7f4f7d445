import PostgresStore
import SessionCore
import Terminal

/// `usher list`.
enum ListVerb {
    static let command = Command(
        "list",
        "count and list orders, or what was quarantined",
        discussion: """
            Prints how many orders match, by state, then a page of them, newest first, then the command for the next
            page. Without options it lists all; options narrow it, and an order must match every one.

            --all prints every page. With --json that is an object a line, without the counts; each has the cursor to go
            on after. Progress goes to standard error, and so does the command that goes on when it ends early: by
            Ctrl-C (130), because nobody reads on (74), or because the database is away (69).

            --parked lists what waits for an operator, and for `usher decide`: it is found at once, whatever else there
            is. In JSON such orders have `parked`.

            --quarantine lists the records that never became a job instead, with their reasons first. Their values
            are sealed and not shown.

            Counting millions takes long, and postgres.statement_timeout bounds it: 75 tells of that, and --since
            narrows it. --all --json without a filter counts nothing. With a filter, millions are counted first: take
            slices by --since and --until.
            """,
        options: [
            .value("state", "STATES", "states, separated by commas: \(states)."),
            .flag("parked", "only orders that wait for an operator."),
            .value("since", "WHEN", "accepted (or quarantined) since: 10m, 2h, 7d ago, or 2026-11-21T09:00:00Z."),
            .value("until", "WHEN", "accepted (or quarantined) before, in the same words."),
            .value("error", "CODE", "whose last attempt ended with this code, such as 400 or worker_lost."),
            .value("campaign", "NAME", "of this campaign."),
            .value("account", "NAME", "of this account."),
            .value("lane", "LANE", choices: Lane.allCases.map(\.name), "of this lane."),
            .flag("quarantine", "list quarantined records instead of orders."),
            .value("reason", "WORD", "with --quarantine: of this reason only."),
            .value("order", "ORDER", "with --quarantine: that carried this order's id."),
            .flag("all", "print all pages, not one."),
            .value("limit", "COUNT", fallback: String(ListQuestion.usualLimit), "how many a page has, at most 10000."),
            .value("after", "CURSOR", "go on where a page ended; that page prints the command."),
            CommandTree.json,
        ],
        examples: [
            CommandExample("usher list --since 1h", "what came in during the last hour"),
            CommandExample("usher list --state failed,declined --since 1d", "what needs somebody"),
            CommandExample("usher list --parked", "what waits for a decision"),
            CommandExample("usher list --error 400 --all --json | jq -r '.order_id'", "order ids for a script"),
            CommandExample("usher list --quarantine", "what never became a job, and why"),
        ],
        exitCodes: [.success, .unavailable, .ioError, .tryAgain, .noPermission, .configuration, .interrupted]
    )

    private static var states: String {
        JobState.allCases.map(\.name).joined(separator: ", ")
    }

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let now = Timestamp.systemNow
        let question = try ListQuestion(context.invocation, now: now)
        if question.isWhole { return try await printAll(question, context, now) }
        switch question.subject {
        case .orders(let filter, let cursor):
            let page = try await StoreAccess.with(context) { store, _ in
                try await store.list(filter, after: cursor, limit: question.limit)
            }
            let report = OrderListReport(
                page: page,
                isFirst: cursor == nil,
                now: now,
                onlyParked: filter.onlyParked,
                isNarrowed: filter.isNarrowed
            )
            let next = page.cursor.map { question.command(after: $0.text) }
            try print(context, next, json: report.json) { report.lines(width: $0) }
            hint(context, shown: page.orders.count, of: report.total)
        case .quarantine(let filter, let place):
            let page = try await StoreAccess.with(context) { store, _ in
                try await store.quarantine(filter, after: place, limit: question.limit)
            }
            let report = QuarantineReport(
                page: page,
                isFirst: place == nil,
                limit: question.limit,
                reason: filter.reason,
                now: now,
                isNarrowed: filter.isNarrowed
            )
            let next = report.cursor.map { question.command(after: $0) }
            try print(context, next, json: report.json) { report.lines(width: $0) }
            hint(context, shown: page.entries.count, of: report.total)
        }
        return .success
    }

    private static func printAll(
        _ question: ListQuestion,
        _ context: VerbContext,
        _ now: Timestamp
    ) async throws -> ExitCode {
        let isJSON = context.invocation.flag("json")
        let width = StandardStream.output.terminalWidth
        let limit = question.limit
        switch question.subject {
        case .orders(let filter, let start):
            var pages = OrderPages(filter, after: start, limit: limit, isJSON: isJSON, width: width, now: now)
            return try await context.printAll("orders", after: start?.text, command: question.command) { store in
                try await pages.next(store)
            }
        case .quarantine(let filter, let start):
            var pages = QuarantinePages(filter, after: start, limit: limit, isJSON: isJSON, width: width, now: now)
            return try await context.printAll("records", after: start?.cursor, command: question.command) { store in
                try await pages.next(store)
            }
        }
    }

    /// Says that a page is not the whole list, where that could be missed.
    private static func hint(_ context: VerbContext, shown: Int, of total: Int) {
        let isOnTerminal = StandardStream.output.isTerminal
        let hint = context.invocation.hint(shown: shown, of: total, isCut: total > shown, onTerminal: isOnTerminal)
        if let hint { context.note(hint) }
    }

    private static func print(
        _ context: VerbContext,
        _ next: String?,
        json: (String?) -> String,
        lines: (Int?) -> [String]
    ) throws {
        if context.invocation.flag("json") {
            try context.print(json(next))
            return
        }
        var lines = lines(StandardStream.output.terminalWidth)
        if let next { lines += ["", "Next page: \(next)"] }
        try context.print(lines.joined(separator: "\n"))
    }
}
