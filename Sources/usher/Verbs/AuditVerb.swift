import PostgresStore
import SessionCore
import Terminal

/// `usher audit`.
enum AuditVerb {
    static let command = Command(
        "audit",
        "list what operators did, when and why",
        discussion: """
            Prints what operators did, newest first: when, who, what, to what, why, and what it changed; then the
            command for the next page. Without options it lists all; options narrow it, and a line must match every one.

            Who is the person who logged in, which sudo and su do not change, or else whoever called sudo: `anna@host`,
            or `anna as usher@host` where the program ran as another user. Where neither is known, as in a container,
            --as NAME or USHER_OPERATOR says who acts, and the line has `says anna, uid-10001@pod`: nobody checked that.

            --all prints every page. With --json that is an object a line; to go on after one, its audit_id is the
            cursor. When it ends early, standard error has the command that goes on.

            Each line was written in the transaction that had the effect, before it where links or quarantined values
            were revealed, and the database refuses to change or delete one. Times are UTC, by the database's clock.

            Actions are `account hold` and `account release`, whose subject is the account; `error_rule_set` and
            `error_rule_reverted`, the account and the rule (`main set-417`); `decide`, the account and the order
            (`main/order-17`); `position set`, the topic and the partition (`vt.session.jobs[3]`); `results reveal`, the
            order or the topic; `show reveal`, the account and the order; `quarantine reveal`, the record
            (`vt.session.jobs[3]@41`).
            """,
        options: [
            .value("since", "WHEN", "written since: 10m, 2h, 7d ago, or 2026-11-21T09:00:00Z."),
            .value("action", "TEXT", "this action, or all that begin with these words, such as account."),
            .value("subject", "TEXT", "about this subject, in full."),
            .value("actor", "TEXT", "done by this person, such as anna, or by this actor, in full."),
            .flag("all", "print all pages, not one."),
            .value("limit", "COUNT", fallback: String(AuditQuestion.usualLimit), "how many a page has, at most 10000."),
            .value("after", "CURSOR", "go on where a page ended; that page prints the command."),
            CommandTree.json,
        ],
        examples: [
            CommandExample("usher audit --since 7d", "what was done during the last week"),
            CommandExample("usher audit --action account --subject main", "who held or released an account"),
            CommandExample("usher audit --all --json | jq -r '.actor'", "for a script"),
        ],
        exitCodes: [.success, .unavailable, .ioError, .tryAgain, .noPermission, .configuration, .interrupted]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let question = try AuditQuestion(context.invocation, now: .systemNow)
        if question.isWhole { return try await printAll(question, context) }
        let page = try await StoreAccess.with(context) { store, _ in
            try await store.auditLines(question.filter, after: question.cursor, limit: question.limit)
        }
        let report = AuditReport(page: page)
        let next = page.cursor.map { question.command(after: String($0)) }
        if context.invocation.flag("json") {
            try context.print(report.json(next: next))
        } else if page.lines.isEmpty {
            context.note(ending(isFirst: question.cursor == nil))
        } else {
            let more = next.map { ["", "Next page: \($0)"] } ?? []
            try context.print((report.lines + more).joined(separator: "\n"))
        }
        let isOnTerminal = StandardStream.output.isTerminal
        let hint = context.invocation.hint(
            shown: page.lines.count,
            of: nil,
            isCut: next != nil,
            onTerminal: isOnTerminal
        )
        if let hint { context.note(hint) }
        return .success
    }

    private static func ending(isFirst: Bool) -> String {
        isFirst ? "no audit lines" : "no more audit lines"
    }

    private static func printAll(_ question: AuditQuestion, _ context: VerbContext) async throws -> ExitCode {
        let isJSON = context.invocation.flag("json")
        var pages = AuditPages(question.filter, after: question.cursor, limit: question.limit, isJSON: isJSON)
        let start = question.cursor.map { String($0) }
        let code = try await context.printAll("lines", after: start, command: question.command) { store in
            try await pages.next(store)
        }
        if code == .success, pages.areEmpty, !isJSON { context.note(ending(isFirst: start == nil)) }
        return code
    }
}
