import CLinux
import PostgresStore
import SessionCore
import Terminal

/// `usher show`.
enum ShowVerb {
    static let command = Command(
        "show",
        "print all that is known of an order, and what happens to it next",
        discussion: """
            Shows the order in every account that has it: where it stands, every attempt and look-up, its results, and
            what happens next and when. Times are UTC, by the database's clock. Of attempts, results and what the
            provider told, the newest \(grouped(PostgresStore.shownMax)) are shown.

            An order id that no account has ends with 1 and names the quarantined records that carried it, the newest
            \(quarantinedMax) in JSON.

            Links log a customer in, so they are shown with --reveal only, from the store: Kafka is not needed, and its
            results topic not read. Who asks, and why, is in the audit before, and nothing is shown where that cannot be
            written. It shows links of one account's order (--account where several have it), and none that has expired
            or was wiped; it ends with 1 where none is left. They are as secret as passwords: keep them out of files and
            tickets.
            """,
        options: [
            .value("account", "NAME", "look in this account only."),
            .flag("reveal", "shows the order's links, which are secrets. Needs --reason."), Operator.reason,
            Operator.person, CommandTree.json,
        ],
        arguments: [CommandArgument("ORDER", "the order's id, as in the job")],
        examples: [
            CommandExample("usher show order-17", "what became of it, in words"),
            CommandExample("usher show order-17 --account main", "in one account only"),
            CommandExample("usher show order-17 --reveal --reason 'mail was lost'", "its link, to be told again"),
            CommandExample("usher show order-17 --json | jq -r '.orders[].state'", "for a script"),
        ],
        exitCodes: [.success, .failure, .unavailable, .tryAgain, .noPermission, .configuration]
    )

    /// How many quarantined records of an order that is not there are told at most, the newest.
    private static let quarantinedMax = 100

    /// What the store has.
    struct Found: Sendable {
        var orders: [OrderDetail]
        /// Quarantined records that carried the order id, where no account has it.
        var refused: QuarantinePage?
        /// Where they were asked for.
        var links: RevealedLinks?
    }

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let orderID = invocation.argument("ORDER")
        let account = invocation.value("account")
        let act = try Operator.revealing(invocation)
        let configuration = try context.load(checksFiles: false).configuration
        // From here on links are in memory: no core dump.
        if act != nil { _ = usher_forbid_dumps() }
        let found = try await StoreAccess.with(configuration, keys: act == nil ? .none : .file) { store -> Found in
            var found = try await find(orderID, account, in: store)
            guard let act, let order = found.orders.first else { return found }
            guard found.orders.count == 1 else { throw invocation.severalAccounts(found.orders) }
            found.links = try await links(of: order, act, store)
            return found
        }
        if invocation.flag("json") {
            try context.print(json(found.orders, found.refused?.entries ?? [], found.links))
        } else if !found.orders.isEmpty {
            try context.print(text(found.orders, found.links, width: StandardStream.output.terminalWidth))
        }
        guard found.orders.isEmpty else { return found.links?.hasWorking == false ? .failure : .success }
        context.note("usher show: " + missing(orderID, account, found.refused, context).text)
        return .failure
    }

    /// The links of an order, once it is in the audit who sees them and why.
    private static func links(
        of order: OrderDetail,
        _ act: OperatorAct,
        _ store: PostgresStore
    ) async throws -> RevealedLinks {
        let name = order.summary.order
        let subject = "\(name.account)/\(name.orderID)"
        try await store.noteReveal(by: "show", of: subject, asked: "its links in the store", act: act)
        return RevealedLinks(try await store.reveal(name), of: order)
    }

    /// The order in each account that has it; where none does, what was quarantined of it.
    static func find(
        _ orderID: String,
        _ account: String?,
        in store: PostgresStore
    ) async throws -> Found {
        let orders = try await store.show(orderID, account: account)
        guard orders.isEmpty else { return Found(orders: orders) }
        var filter = QuarantineFilter()
        filter.orderID = orderID
        filter.account = account
        return Found(orders: [], refused: try await store.quarantine(filter, limit: quarantinedMax))
    }

    private static func missing(
        _ orderID: String,
        _ account: String?,
        _ refused: QuarantinePage?,
        _ context: VerbContext
    ) -> MissingOrder {
        MissingOrder(
            orderID: orderID,
            account: account,
            refused: refused?.entries ?? [],
            refusedCount: refused?.counts.values.reduce(0, +) ?? 0,
            show: context.invocation.usher("show"),
            list: context.invocation.usher("list")
        )
    }

    static func text(_ orders: [OrderDetail], _ links: RevealedLinks? = nil, width: Int?) -> String {
        var blocks = orders.map { OrderReport($0).lines(width: width).joined(separator: "\n") }
        if orders.count > 1 {
            blocks.insert("\(orders.count) accounts have this order; --account shows one.", at: 0)
        }
        if let links { blocks.append(links.lines.joined(separator: "\n")) }
        return blocks.joined(separator: "\n\n")
    }

    static func json(
        _ orders: [OrderDetail],
        _ refused: [QuarantineEntry],
        _ links: RevealedLinks? = nil
    ) -> String {
        JSONWriter.object { writer in
            writer.member("orders", array: orders) { writer, order in writer.members(of: order) }
            if let links {
                writer.member("links", array: links.links) { writer, link in writer.members(of: link) }
            }
            if orders.isEmpty {
                writer.member("quarantined", array: refused) { writer, entry in writer.members(of: entry) }
            }
        }
    }
}

/// What to tell a person who asks for an order that is not there. Pure.
struct MissingOrder {
    var orderID: String
    var account: String?
    /// Quarantined records that carried the order id, newest first.
    var refused: [QuarantineEntry]
    /// How many there are, where these are not all.
    var refusedCount = 0
    /// The words that run these verbs with the settings in use.
    var show: [String]
    var list: [String]

    var text: String {
        let place = account.map { "account \(printable($0)) has no order" } ?? "no account has an order"
        return "\(place) \(printable(orderID))" + (refused.first.map(quarantined) ?? unheardOf)
    }

    private var unheardOf: String {
        var lines = [account == nil ? "." : "; \(ShellWord.line(show + [orderID])) looks in every account."]
        lines.append("A job that was enqueued just now may not be taken in yet. Otherwise see")
        lines.append("  what came in:      " + ShellWord.line(list + ["--since", "1h"]))
        lines.append("  what was refused:  " + ShellWord.line(list + ["--quarantine", "--since", "1h"]))
        return lines.joined(separator: "\n")
    }

    private func quarantined(_ newest: QuarantineEntry) -> String {
        let count = max(refused.count, refusedCount)
        let many = count == 1 ? "a record that carried it was" : "\(grouped(count)) records that carried it were"
        let about =
            "The newest, \(OrderWords.source(newest.record)) at \(newest.receivedAt.dayAndTime): "
            + "(\(newest.reason)) \(newest.detail)"
        let all = list + ["--quarantine", "--order", orderID] + (account.map { ["--account", $0] } ?? [])
        return ", but \(many) quarantined and never became a job.\n\(printable(about))\n"
            + (count == 1 ? "" : "All of them:\n  \(ShellWord.line(all))\n")
            + "Mend the producer and enqueue the job again. All that were refused for the same reason:\n  "
            + ShellWord.line(list + ["--quarantine", "--reason", newest.reason])
    }
}
