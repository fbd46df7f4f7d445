import SessionCore
import Terminal

/// What became of each line of the samples, as the results topic and the database tell it. Pure.
struct DevReport {
    struct Row: Equatable {
        var line: Int
        var order: String
        var asked: String
        var became: String
        var attempts: String
        var note: String
    }

    let rows: [Row]

    init(samples: SampleJobs, results: [SessionResult]) {
        var first: [String: Int] = [:]
        rows = samples.lines.map { line in
            guard let job = line.job else { return Self.refused(line, results) }
            let orderID = job.order.orderID
            guard let earlier = first[orderID] else {
                first[orderID] = line.number
                return Self.ended(line, job, results)
            }
            return Self.repeated(line, job, of: earlier, samples, results)
        }
    }

    func table(width: Int?) -> [String] {
        var table = TextTable([
            .init("LINE", .right), .init("ORDER"), .init("ASKED FOR"), .init("BECAME"), .init("ATTEMPTS", .right),
            .init("WHAT HAPPENED", isFlexible: true),
        ])
        for row in rows {
            table.add([String(row.line), row.order, row.asked, row.became, row.attempts, row.note])
        }
        return table.lines(width: width)
    }

    /// One JSON array with an object a line of the samples.
    var json: String {
        var writer = JSONWriter()
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            writer.member("line", Int64(row.line))
            writer.member("order_id", row.order)
            writer.member("became", row.became)
            writer.member("attempts", Int64(row.attempts))
            writer.member("note", row.note)
            writer.endObject()
        }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func ended(_ line: SampleJobs.Line, _ job: Job, _ results: [SessionResult]) -> Row {
        let result = results.first { $0.order.orderID == job.order.orderID && $0.generation > 0 }
        var note = "no result yet"
        if let result {
            note = result.error.map { "\($0.code): \($0.message)" } ?? ""
            if let expiresAt = result.expiresAt {
                let clock = expiresAt.rfc3339.dropFirst(11).prefix(8)
                note = "verified link on the results topic, good until \(clock) UTC"
            }
            if result.outcome == .opened, result.attempts > 1 {
                note = "first answer told nothing; looked up, sent again; " + note
            }
        }
        return Row(
            line: line.number,
            order: job.order.orderID,
            asked: asked(job),
            became: result?.outcome.rawValue ?? "unfinished",
            attempts: result.map { String($0.attempts) } ?? "",
            note: note
        )
    }

    private static func repeated(
        _ line: SampleJobs.Line,
        _ job: Job,
        of earlier: Int,
        _ samples: SampleJobs,
        _ results: [SessionResult]
    ) -> Row {
        let original = samples.lines.first { $0.number == earlier }?.job
        let isSame = original.map { JobCodec.canonicalBody($0) == JobCodec.canonicalBody(job) } ?? false
        var row = Row(
            line: line.number,
            order: job.order.orderID,
            asked: asked(job),
            became: "duplicate",
            attempts: "",
            note: "same content as line \(earlier): no second session, that line's result stands"
        )
        guard !isSame else { return row }
        let conflict = results.first { $0.order.orderID == job.order.orderID && $0.outcome == .conflict }
        row.became = conflict?.outcome.rawValue ?? "unfinished"
        let fields = conflict?.error?.fields.joined(separator: ", ") ?? ""
        row.note = "other content than line \(earlier) (\(fields)): answered, line \(earlier) stands"
        return row
    }

    private static func refused(_ line: SampleJobs.Line, _ results: [SessionResult]) -> Row {
        let orderID = line.refusal?.order?.orderID
        let isAnswered = results.contains { $0.outcome == .rejected && $0.order.orderID == orderID }
        return Row(
            line: line.number,
            order: orderID ?? "?",
            asked: "",
            became: isAnswered ? "rejected" : "quarantined",
            attempts: "",
            note: line.refusal.map { "\($0.reason.rawValue): \($0.detail)" } ?? ""
        )
    }

    private static func asked(_ job: Job) -> String {
        let amount = job.request.amount.map { " \($0)" } ?? ""
        return "\(job.request.intent.rawValue)\(amount) \(job.request.currency)"
    }
}
