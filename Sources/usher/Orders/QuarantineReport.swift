import PostgresStore
import SessionCore
import Terminal

/// A page of the quarantine as `usher list --quarantine` prints it. Pure.
struct QuarantineReport {
    let page: QuarantinePage
    let isFirst: Bool
    /// The most that a page has: one with fewer is the last.
    let limit: Int
    let reason: String?
    let now: Timestamp
    /// Whether more than a reason was asked for.
    var isNarrowed = false

    var cursor: String? {
        page.entries.count < limit ? nil : page.entries.last?.place.cursor
    }

    /// Without the command for the next page.
    func lines(width: Int?) -> [String] {
        var lines = isFirst ? [counts] : []
        guard !page.entries.isEmpty else { return isFirst ? lines : ["no more records"] }
        if isFirst { lines.append("") }
        return lines + table.lines(width: width)
    }

    /// `9 records quarantined: 6 syntax, 3 amount`, the commonest reason first; of one reason, if it is asked about.
    private var counts: String {
        if isNarrowed, total == 0 { return "no quarantined records match" }
        if let reason {
            return "\(OrderWords.counted(shown[reason] ?? 0, "record")) quarantined for \(reason)"
        }
        guard total > 0 else { return "no records were quarantined" }
        let parts = shown.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { reason, count in "\(grouped(count)) \(reason)" }
        return "\(grouped(total)) record\(total == 1 ? "" : "s") quarantined: \(parts.joined(separator: ", "))"
    }

    /// How many records match; of the first page.
    var total: Int {
        shown.values.reduce(0, +)
    }

    private var shown: [String: Int] {
        page.counts.filter { reason == nil || $0.key == reason }
    }

    private var table: TextTable {
        var table = TextTable([
            .init("RECEIVED"), .init("RECORD"), .init("ACCOUNT"), .init("ORDER"), .init("REASON"), .init("FIELD"),
            .init("BYTES"), .init("WHAT TO DO", isFlexible: true),
        ])
        for entry in page.entries {
            table.add([
                entry.receivedAt.time(on: now), OrderWords.source(entry.record), entry.account ?? "",
                entry.orderID ?? "", entry.reason, entry.field ?? "", entry.hasRaw ? "sealed" : "not kept",
                entry.detail,
            ])
        }
        return table
    }

    /// `next` is the command for the next page.
    func json(next: String?) -> String {
        JSONWriter.object { writer in
            if isFirst { writer.member("counts", counts: shown) }
            writer.member("records", array: page.entries) { writer, entry in writer.members(of: entry) }
            writer.member("cursor", cursor)
            writer.member("next", next)
        }
    }

    /// An object a record, each with the cursor that a list goes on after when it ended there.
    var jsonLines: [String] {
        page.entries.map { entry in
            JSONWriter.object { writer in
                writer.members(of: entry)
                writer.member("cursor", entry.place.cursor)
            }
        }
    }
}
