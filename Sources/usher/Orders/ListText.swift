import PostgresStore
import SessionCore
import Terminal

/// Lists as `usher list` prints them. Pure.
enum ListText {
    /// `3 orders: ready 1, opened 2`.
    static func counts(_ counts: [JobState: Int]) -> String {
        let total = counts.values.reduce(0, +)
        guard total > 0 else { return "no orders match" }
        let parts = JobState.allCases.compactMap { state in counts[state].map { "\(state.name) \(grouped($0))" } }
        return "\(grouped(total)) order\(total == 1 ? "" : "s"): " + parts.joined(separator: ", ")
    }

    /// `3 quarantined records: amount 1, syntax 2`.
    static func counts(quarantined counts: [String: Int]) -> String {
        let total = counts.values.reduce(0, +)
        guard total > 0 else { return "no quarantined records" }
        let parts = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \(grouped($0.value))" }
        return "\(grouped(total)) quarantined record\(total == 1 ? "" : "s"): " + parts.joined(separator: ", ")
    }

    static func orders(_ orders: [OrderSummary], now: Timestamp, width: Int?) -> [String] {
        guard !orders.isEmpty else { return [] }
        var table = TextTable([
            .init("ACCEPTED"), .init("ACCOUNT"), .init("ORDER"), .init("STATE"), .init("GEN", .right), .init("LANE"),
            .init("CAMPAIGN"), .init("TRIES", .right), .init("DUE OR FINISHED"), .init("LAST", isFlexible: true),
        ])
        for order in orders {
            let last = [order.lastCode, order.lastMessage].compactMap { $0 }.joined(separator: ": ")
            let moment = order.state.isTerminal ? order.finishedAt : order.dueAt
            table.add([
                order.acceptedAt.time(on: now), order.order.account, order.order.orderID, order.state.name,
                String(order.generation), order.lane.name, order.campaign ?? "", String(order.attempts),
                moment?.time(on: now) ?? (order.state.isTerminal ? "" : "a person decides"), last,
            ])
        }
        return table.lines(width: width)
    }

    static func quarantine(_ entries: [QuarantineEntry], now: Timestamp, width: Int?) -> [String] {
        guard !entries.isEmpty else { return [] }
        var table = TextTable([
            .init("RECEIVED"), .init("RECORD"), .init("ORDER"), .init("REASON"), .init("FIELD"),
            .init("DETAIL", isFlexible: true),
        ])
        for entry in entries {
            table.add([
                entry.receivedAt.time(on: now),
                "\(entry.record.topic)[\(entry.record.partition)]@\(entry.record.offset)",
                entry.orderID ?? "", entry.reason, entry.field ?? "", entry.detail,
            ])
        }
        return table.lines(width: width)
    }
}
