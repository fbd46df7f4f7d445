import PostgresStore
import SessionCore
import Terminal

/// An order as `usher show` prints it. Pure.
struct OrderReport {
    private let order: OrderDetail
    private let now: Timestamp

    init(_ order: OrderDetail) {
        self.order = order
        now = order.now
    }

    func lines(width: Int?) -> [String] {
        let summary = order.summary
        var lines = [printable("\(summary.order.orderID): \(summary.state.name), \(OrderWords.state(summary))"), ""]
        lines += facts.map { name, value in
            "  " + name + String(repeating: " ", count: max(1, 13 - name.count)) + printable(value)
        }
        let attempts = order.attempts.isEmpty ? nil : self.attempts
        lines += section(shown("Attempts and look-ups", order.attempts.count, order.hasOlderAttempts), attempts, width)
        if order.attempts.isEmpty { lines += ["", "No attempt has been made."] }
        let results = order.results.isEmpty ? nil : self.results
        lines += section(shown("Results", order.results.count, order.hasOlderResults), results, width)
        let events = order.events.isEmpty ? nil : self.events
        lines += section(shown("Told by the provider", order.events.count, order.hasOlderEvents), events, width)
        return lines + ["", "Next: " + printable(Outlook(order).text)]
    }

    /// A title that says when older rows are left out.
    private func shown(_ title: String, _ count: Int, _ hasOlder: Bool) -> String {
        hasOlder ? "\(title): the newest \(grouped(count)); older ones are not shown" : title
    }

    private func section(_ title: String, _ table: TextTable?, _ width: Int?) -> [String] {
        guard let table else { return [] }
        return ["", title] + table.lines(width: width.map { $0 - 2 }).map { "  " + $0 }
    }

    private var facts: [(String, String)] {
        let summary = order.summary
        var facts = [
            ("account", summary.order.account),
            ("generation", "\(summary.generation)"),
            ("lane", summary.lane.name),
        ]
        if let campaign = summary.campaign { facts.append(("campaign", campaign)) }
        facts.append(("accepted", summary.acceptedAt.timeAndDistance(from: now)))
        facts.append(("not after", order.notAfter.timeAndDistance(from: now)))
        if let finishedAt = summary.finishedAt { facts.append(("finished", finishedAt.timeAndDistance(from: now))) }
        if let expiresAt = order.expiresAt {
            facts.append(("link until", expiresAt.timeAndDistance(from: now)))
        }
        if let ending = order.events.last(where: { $0.kind == .session }) {
            facts.append(("session", "\(ending.status), told \(ending.toldAt.timeAndDistance(from: now))"))
        }
        facts.append(("record", OrderWords.source(order.source)))
        facts.append(("repeated", repeated))
        facts.append(("job's data", order.hasBody ? "kept, sealed" : "wiped"))
        if let last { facts.append(("last fault", last)) }
        return facts
    }

    private var repeated: String {
        if order.duplicates + order.conflicts == 0 { return "never" }
        return "\(OrderWords.counted(order.duplicates, "duplicate")) with the same content, "
            + "\(OrderWords.counted(order.conflicts, "conflict")) with other content"
    }

    /// What the list of attempts does not say already.
    private var last: String? {
        guard let code = order.summary.lastCode, code != order.attempts.last?.record.code else { return nil }
        return order.summary.lastMessage.map { "\(code): \($0)" } ?? code
    }

    private var attempts: TextTable {
        let hasGenerations = order.attempts.contains { $0.generation > 1 }
        var columns: [TextTable.Column] = [
            .init("ENDED"), .init("WHAT"), .init("OUTCOME"), .init("CODE"), .init("HTTP", .right),
            .init("TOOK", .right), .init("MESSAGE", isFlexible: true),
        ]
        if hasGenerations { columns.insert(.init("GEN", .right), at: 0) }
        var table = TextTable(columns)
        for attempt in order.attempts {
            let record = attempt.record
            let cells = [
                attempt.endedAt.time(on: now), "\(OrderWords.kind(record)) \(attempt.number)",
                OrderWords.outcome(record), record.code ?? "", record.httpStatus.map(String.init) ?? "",
                record.elapsed.inWords, record.message ?? "",
            ]
            table.add(hasGenerations ? [String(attempt.generation)] + cells : cells)
        }
        return table
    }

    private var events: TextTable {
        var table = TextTable([
            .init("TOLD"), .init("WHAT"), .init("STATUS"), .init("TID", .right), .init("AMOUNT", .right),
            .init("EVENT ID"), .init("KAFKA"),
        ])
        for event in order.events {
            let amount = event.amount.map { "\($0) \(event.currency ?? "")" } ?? ""
            table.add([
                event.toldAt.time(on: now), event.kind.rawValue, printable(event.status),
                event.tid.map { String($0) } ?? "", printable(amount), event.eventID.text,
                event.isPending ? "waiting to be published" : "published",
            ])
        }
        return table
    }

    private var results: TextTable {
        var table = TextTable([
            .init("CREATED"), .init("GEN", .right), .init("OUTCOME"), .init("RESULT ID"), .init("KAFKA"),
            .init("VALUE"),
        ])
        for result in order.results {
            table.add([
                result.createdAt.time(on: now), "\(result.generation)", result.outcome.rawValue, result.resultID.text,
                OrderWords.delivery(result), OrderWords.value(result),
            ])
        }
        return table
    }
}
