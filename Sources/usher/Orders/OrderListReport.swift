import PostgresStore
import SessionCore
import Terminal

/// A page of orders as `usher list` prints it. Pure.
struct OrderListReport {
    let page: OrderPage
    let isFirst: Bool
    let now: Timestamp
    /// Whether only orders that wait for an operator were asked for.
    var onlyParked = false
    /// Whether more than that was asked for.
    var isNarrowed = false

    /// Without the command for the next page.
    func lines(width: Int?) -> [String] {
        var lines = isFirst ? [counts] : []
        guard !page.orders.isEmpty else { return isFirst ? lines : ["no more orders"] }
        if isFirst { lines.append("") }
        return lines + table.lines(width: width)
    }

    /// How many orders match; of the first page.
    var total: Int {
        page.counts.values.reduce(0, +)
    }

    /// `7 orders: 1 ready, 4 opened, 2 declined`, in the order of the way through the states.
    private var counts: String {
        if onlyParked {
            guard total > 0 else { return "no orders \(isNarrowed ? "that match " : "")wait for an operator" }
            return "\(grouped(total)) \(total == 1 ? "order waits" : "orders wait") for an operator"
        }
        guard total > 0 else { return "no orders match" }
        let parts = page.counts.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { state, count in "\(grouped(count)) \(state.name)" }
        return "\(grouped(total)) order\(total == 1 ? "" : "s"): \(parts.joined(separator: ", "))"
    }

    private var table: TextTable {
        let hasCampaigns = page.orders.contains { $0.campaign != nil }
        var columns: [TextTable.Column] = [
            .init("ACCEPTED"), .init("ORDER"), .init("ACCOUNT"), .init("LANE"), .init("STATE"),
            .init("ATTEMPTS", .right), .init("THEN"), .init("CODE"), .init("MESSAGE", isFlexible: true),
        ]
        if hasCampaigns { columns.insert(.init("CAMPAIGN", isFlexible: true), at: 4) }
        var table = TextTable(columns)
        for order in page.orders {
            var row = [
                order.acceptedAt.time(on: now), order.order.orderID, order.order.account, order.lane.name,
                order.state.name, "\(order.attempts)", then(order), order.lastCode ?? "", order.lastMessage ?? "",
            ]
            if hasCampaigns { row.insert(order.campaign ?? "", at: 4) }
            table.add(row)
        }
        return table
    }

    /// How long it took, or when it goes on.
    private func then(_ order: OrderSummary) -> String {
        if let finishedAt = order.finishedAt { return "took \(order.acceptedAt.duration(to: finishedAt).inWords)" }
        if order.state == .sending { return "in flight" }
        guard let dueAt = order.dueAt else { return "an operator decides" }
        let wait = now.duration(to: dueAt)
        return wait > .zero ? "due in \(wait.inWords)" : "due for \((.zero - wait).inWords)"
    }

    /// `next` is the command for the next page.
    func json(next: String?) -> String {
        JSONWriter.object { writer in
            if isFirst {
                let counts = page.counts.map { ($0.key.name, $0.value) }
                writer.member("counts", counts: Dictionary(uniqueKeysWithValues: counts))
            }
            writer.member("orders", array: page.orders) { writer, order in writer.members(of: order) }
            writer.member("cursor", page.cursor?.text)
            writer.member("next", next)
        }
    }

    /// An object an order, each with the cursor that a list goes on after when it ended there.
    var jsonLines: [String] {
        page.orders.indices.map { index in
            JSONWriter.object { writer in
                writer.members(of: page.orders[index])
                writer.member("cursor", page.cursor(at: index).text)
            }
        }
    }
}
