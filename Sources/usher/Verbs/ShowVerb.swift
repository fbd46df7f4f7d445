import PostgresStore
import SessionCore
import Terminal

/// `usher show`.
enum ShowVerb {
    static let command = Command(
        "show",
        "say what became of an order, and what happens to it next",
        discussion: """
            Tells the state in words, every attempt and look-up, the results, and what happens next and when. Where several
            accounts have an order of that id, all of them are shown. It holds nothing secret or personal.
            """,
        options: [
            .value("account", "NAME", "Only the order of this account."),
            CommandTree.json,
        ],
        arguments: [CommandArgument("ORDER", "The order_id.")],
        examples: [
            CommandExample("usher show order-20261121-0001", "what an agent on the phone asks for"),
            CommandExample("usher show order-20261121-0001 --account main --json", "for a program"),
        ],
        exitCodes: [.success, .failure, .unavailable, .configuration]
    )

    /// Quarantined records that are looked at for an order that is not there.
    private static let quarantinedMax = 1_000

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let orderID = context.invocation.argument("ORDER")
        let account = context.invocation.value("account")
        let (orders, quarantined) = try await StoreAccess.with(context) { store, _ in
            let orders = try await store.show(orderID, account: account)
            guard orders.isEmpty else { return (orders, [QuarantineEntry]()) }
            let page = try await store.quarantine(limit: quarantinedMax)
            return (orders, page.entries.filter { $0.orderID == orderID })
        }
        if context.invocation.flag("json") {
            try context.print(json(orders, quarantined))
        } else if !orders.isEmpty {
            let texts = orders.map { OrderText.lines($0, width: StandardStream.output.terminalWidth) }
            try context.print(texts.map { $0.joined(separator: "\n") }.joined(separator: "\n\n"))
        }
        guard orders.isEmpty else { return .success }
        for line in missing(orderID, account, quarantined) { context.note(printable(line)) }
        return .failure
    }

    /// What to tell about an order that is not there. Pure.
    static func missing(_ orderID: String, _ account: String?, _ quarantined: [QuarantineEntry]) -> [String] {
        let place = account.map { " in the account \($0)" } ?? ""
        guard !quarantined.isEmpty else {
            return [
                "usher show: there is no order \(orderID)\(place)",
                "It may not have been read from Kafka yet, or its record named no order_id that can be read: "
                    + "`usher list` shows what came last, `usher list --quarantine` what was refused.",
            ]
        }
        let records = quarantined.map { entry in
            let field = entry.field.map { "\($0): " } ?? ""
            return "  \(entry.receivedAt.dayAndTime)  \(entry.record.topic)[\(entry.record.partition)] offset "
                + "\(entry.record.offset)  \(entry.reason)  \(field)\(entry.detail)"
        }
        return ["usher show: there is no order \(orderID)\(place), but records with that id were refused:"] + records
            + ["Correct the job as the line says and send it again."]
    }

    private static func json(_ orders: [OrderDetail], _ quarantined: [QuarantineEntry]) -> String {
        JSONWriter.object { writer in
            writer.member("orders", array: orders) { writer, order in OrderJSON.write(order, to: &writer) }
            writer.member("quarantined", array: quarantined) { writer, entry in OrderJSON.write(entry, to: &writer) }
        }
    }
}
