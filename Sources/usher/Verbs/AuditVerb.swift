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

            Each line was written in the transaction that had the effect, before it where links were revealed, and the
            database refuses to change or delete one. Times are UTC, by the database's clock.

            Actions are `account hold` and `account release`, whose subject is the account; `error_rule_set` and
            `error_rule_reverted`, the account and the rule (`main set-417`); `decide`, the account and the order
            (`main/order-17`); `position set`, the topic and the partition (`vt.session.jobs[3]`); `results reveal`, the
            order or the topic; `show reveal`, the account and the order.
            """,
        options: [
            .value("since", "WHEN", "written since: 10m, 2h, 7d ago, or 2026-11-21T09:00:00Z."),
            .value("action", "TEXT", "this action, or all that begin with these words, such as account."),
            .value("subject", "TEXT", "about this subject, in full."),
            .value("actor", "TEXT", "done by this person, such as anna, or by this actor, in full."),
            .value("limit", "COUNT", fallback: String(AuditQuestion.usualLimit), "how many a page has, at most 10000."),
            .value("after", "CURSOR", "go on where a page ended; that page prints the command."),
            CommandTree.json,
        ],
        examples: [
            CommandExample("usher audit --since 7d", "what was done during the last week"),
            CommandExample("usher audit --action account --subject main", "who held or released an account"),
            CommandExample("usher audit --json | jq -r '.lines[].actor'", "for a script"),
        ],
        exitCodes: [.success, .unavailable, .tryAgain, .noPermission, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let question = try AuditQuestion(context.invocation, now: .systemNow)
        let page = try await StoreAccess.with(context) { store, _ in
            try await store.auditLines(question.filter, after: question.cursor, limit: question.limit)
        }
        let report = AuditReport(page: page)
        let next = page.cursor.map { question.command(after: $0) }
        if context.invocation.flag("json") {
            try context.print(report.json(next: next))
        } else if page.lines.isEmpty {
            context.note(question.cursor == nil ? "no audit lines" : "no more audit lines")
        } else {
            let ending = next.map { ["", "Next page: \($0)"] } ?? []
            try context.print((report.lines + ending).joined(separator: "\n"))
        }
        return .success
    }
}
