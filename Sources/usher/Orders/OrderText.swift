import PostgresStore
import SessionCore
import Terminal

/// An order as `usher show` prints it. Pure.
enum OrderText {
    static func lines(_ order: OrderDetail, width: Int?) -> [String] {
        var lines = ["\(order.summary.order.orderID) (account \(order.summary.order.account))"]
        for (name, value) in facts(order) {
            let label = name + String(repeating: " ", count: max(0, 12 - name.utf8.count))
            lines.append(printable("  \(label)\(value)"))
        }
        lines += section("Attempts and look-ups", attempts(order, width))
        lines += section("Results", results(order))
        return lines + ["", "Next: " + printable(OrderWords.next(order))]
    }

    private static func facts(_ order: OrderDetail) -> [(String, String)] {
        let summary = order.summary
        let now = order.now
        let state = summary.state
        var facts: [(String, String?)] = [
            ("state", "\(state.name): \(OrderWords.state(order))"),
            ("generation", String(summary.generation)),
            ("lane", summary.lane.name),
            ("campaign", summary.campaign),
            ("accepted", summary.acceptedAt.timeAndDistance(from: now)),
        ]
        if !state.isTerminal { facts.append(("not after", order.notAfter.timeAndDistance(from: now))) }
        facts += [
            ("last sent", order.lastSend?.timeAndDistance(from: now)),
            ("finished", summary.finishedAt?.timeAndDistance(from: now)),
            ("record", "\(order.source.topic)[\(order.source.partition)] offset \(order.source.offset)"),
            ("repeated", repeated(order)),
            ("content", order.hasBody ? nil : "wiped: the job's body is no longer stored"),
        ]
        return facts.compactMap { name, value in value.map { (name, $0) } }
    }

    private static func repeated(_ order: OrderDetail) -> String? {
        guard order.duplicates + order.conflicts > 0 else { return nil }
        return "\(order.duplicates) more records with the same content, \(order.conflicts) with other content"
    }

    private static func attempts(_ order: OrderDetail, _ width: Int?) -> [String] {
        guard !order.attempts.isEmpty else { return ["none yet"] }
        var table = TextTable([
            .init("ENDED"), .init("GEN", .right), .init("WHAT"), .init("OUTCOME"), .init("CODE"), .init("HTTP"),
            .init("TOOK", .right), .init("MESSAGE", isFlexible: true),
        ])
        for attempt in order.attempts {
            let record = attempt.record
            table.add([
                attempt.endedAt.time(on: order.now), String(attempt.generation),
                "\(record.kind == "look_up" ? "look-up" : "attempt") \(attempt.number)", record.outcome,
                record.code ?? "", record.httpStatus.map { String($0) } ?? "", record.elapsed.inWords,
                record.message ?? "",
            ])
        }
        return table.lines(width: width.map { $0 - 2 })
    }

    private static func results(_ order: OrderDetail) -> [String] {
        order.results.isEmpty
            ? ["none yet"]
            : order.results.map { result in
                let published = result.isPending ? "not published yet" : "published"
                let wiped = result.isWiped ? ", value wiped" : ""
                let about = result.generation > 0 ? "generation \(result.generation)" : "answer to a record"
                return "\(result.createdAt.time(on: order.now))  \(result.outcome.rawValue)  \(about)  "
                    + "\(published)\(wiped)  \(result.resultID.text)"
            }
    }

    private static func section(_ title: String, _ lines: [String]) -> [String] {
        ["", "\(title):"] + lines.map { "  " + $0 }
    }
}
