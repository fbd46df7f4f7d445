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
            writer.member("lines", array: page.lines) { writer, line in writer.members(of: line) }
            writer.member("cursor", page.cursor.map(String.init))
            writer.member("next", next)
        }
    }

    /// An object a line of the audit. Its number is what a list goes on after when it ended there.
    var jsonLines: [String] {
        page.lines.map { line in JSONWriter.object { writer in writer.members(of: line) } }
    }
}

extension JSONWriter {
    fileprivate mutating func members(of line: AuditLine) {
        member("audit_id", line.auditID)
        member("at", line.at)
        member("actor", line.actor)
        member("action", line.action)
        member("subject", line.subject)
        member("reason", line.reason)
        member("before", line.before)
        member("after", line.after)
    }
}
