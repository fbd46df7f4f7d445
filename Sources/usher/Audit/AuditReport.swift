import PostgresStore
import SessionCore
import Terminal

/// A page of the audit as `usher audit` prints it. Pure.
struct AuditReport {
    let page: AuditPage

    /// Without the command for the next page. Nothing is cut: it is there to be quoted.
    var lines: [String] {
        var table = TextTable([.init("WHEN"), .init("ACTOR"), .init("ACTION"), .init("SUBJECT")])
        for line in page.lines { table.add([line.at.dayAndTime, line.actor, line.action, line.subject ?? ""]) }
        let rows = table.lines()
        var lines = Array(rows.prefix(1))
        for (row, line) in zip(rows.dropFirst(), page.lines) { lines += [row] + details(line) }
        return lines
    }

    private func details(_ line: AuditLine) -> [String] {
        var details: [String] = []
        if let reason = line.reason { details.append("  reason: \(printable(reason))") }
        if line.before != nil || line.after != nil {
            let change = "\(line.before ?? "nothing") -> \(line.after ?? "nothing")"
            details.append("  change: \(printable(change))")
        }
        return details
    }

    /// `next` is the command for the next page. Names stay: scripts read them.
    func json(next: String?) -> String {
        JSONWriter.object { writer in
            writer.member("lines", array: page.lines) { writer, line in
                writer.member("audit_id", line.auditID)
                writer.member("at", line.at)
                writer.member("actor", line.actor)
                writer.member("action", line.action)
                writer.member("subject", line.subject)
                writer.member("reason", line.reason)
                writer.member("before", line.before)
                writer.member("after", line.after)
            }
            writer.member("cursor", page.cursor.map(String.init))
            writer.member("next", next)
        }
    }
}
