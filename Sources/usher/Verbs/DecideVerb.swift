import CLinux
import Cryptography
import PostgresStore
import SessionCore
import Terminal
import Worker

/// `usher decide`.
enum DecideVerb {
    static let command = Command(
        "decide",
        "decide what becomes of an order that waits for an operator",
        discussion: """
            An order waits for an operator where it could not be found out whether the Cashier has opened a session, and
            its account's unknown_policy is `park`. Look it up in the Cashier's back office first.

            `send-again` has it sent once more: only if no session of it is open there, or the customer may have two.
            `give-up` ends it as failed, and the CRM gets a result that says so. The decision and its line in the audit
            are one transaction. `usher list --parked` finds the orders, `usher show` tells of each.
            """,
        options: [
            Operator.reason, Operator.person,
            .value("account", "NAME", "whose order, where several accounts have it."), CommandTree.json,
        ],
        arguments: [
            CommandArgument("ORDER", "the order's id, as in the job."),
            CommandArgument("DECISION", "`send-again` or `give-up`."),
        ],
        examples: [
            CommandExample("usher decide order-17 give-up --reason 'paid in the shop'", "the CRM hears of it"),
            CommandExample("usher decide order-17 send-again --reason 'back office has none'", "a new link for it"),
        ],
        exitCodes: [.success, .failure, .unavailable, .tryAgain, .noPermission, .configuration]
    )

    /// As it is typed for an order, both decisions.
    static func line(of order: Order) -> String {
        "usher decide \(ShellWord.quoted(order.orderID)) send-again (or give-up) "
            + "--account \(ShellWord.quoted(order.account)) --reason 'why'"
    }

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let act = try Operator.act(invocation)
        let orderID = invocation.argument("ORDER")
        guard let decision = OperatorDecision(rawValue: invocation.argument("DECISION")) else {
            throw UsageError(path: invocation.path, message: "DECISION must be send-again or give-up")
        }
        let configuration = try context.load(checksFiles: false).configuration
        // From here on the sealing keys and the order's body are in memory: no core dump.
        _ = usher_forbid_dumps()
        let (order, after) = try await StoreAccess.with(configuration, keys: .file) { store -> (Order, OrderDetail?) in
            let found = try await store.show(orderID, account: invocation.value("account"))
            let detail = try waiting(found, orderID, invocation)
            try refuse(decision, detail)
            let order = detail.summary.order
            try await carryOut(decision, order, act, store)
            // It is decided, whether or not what comes next can be asked.
            return (order, try? await store.show(order.orderID, account: order.account).first)
        }
        try context.print(
            invocation.flag("json") ? json(order, decision, after) : text(order, decision, after)
        )
        return .success
    }

    /// The order that waits. Throws `VerbError` where there is none.
    static func waiting(
        _ found: [OrderDetail],
        _ orderID: String,
        _ invocation: Invocation
    ) throws -> OrderDetail {
        guard let detail = found.first else {
            throw VerbError.ended("there is no order \(printable(orderID)); `usher show` tells more", .failure)
        }
        guard found.count == 1 else { throw invocation.severalAccounts(found) }
        guard detail.summary.state == .verify, detail.next == .operatorDecides else {
            let next = Outlook(detail).text
            throw VerbError.ended(
                "\(printable(orderID)) does not wait for an operator. Next: \(printable(next))",
                .failure
            )
        }
        return detail
    }

    /// What can no longer be sent is not sent again.
    private static func refuse(_ decision: OperatorDecision, _ detail: OrderDetail) throws(VerbError) {
        guard decision == .sendAgain, detail.notAfter <= detail.now else { return }
        let when = detail.notAfter.timeAndDistance(from: detail.now)
        throw VerbError.ended("its not_after was \(when): it is sent no more, only give-up is left", .failure)
    }

    private static func carryOut(
        _ decision: OperatorDecision,
        _ order: Order,
        _ act: OperatorAct,
        _ store: PostgresStore
    ) async throws {
        let writer = SettlementWriter(identity: ResultIdentity(sha256: { Hashes.sha256($0) }))
        let show = "usher show \(ShellWord.quoted(order.orderID))"
        let isDone = try await Operator.once(seenBy: show) {
            try await store.decide(order, as: decision, act: act) { job, now in
                writer.settlement(of: job, as: decision, now: now)
            }
        }
        guard isDone else {
            throw VerbError.ended("somebody decided it meanwhile; nothing was changed: see `\(show)`", .tryAgain)
        }
    }

    /// - Parameter after: the order after the decision; nil when it could not be asked.
    static func text(_ order: Order, _ decision: OperatorDecision, _ after: OrderDetail?) -> String {
        let decided =
            switch decision {
            case .sendAgain: "\(printable(order.orderID)) is to be sent again."
            case .giveUp: "\(printable(order.orderID)) has ended as failed."
            }
        guard let after else {
            return "\(decided) `usher show \(ShellWord.quoted(order.orderID))` tells what comes next."
        }
        let outlook = Outlook(after)
        switch decision {
        case .sendAgain: return "\(decided) Next: \(printable(outlook.text))"
        case .giveUp: return "\(decided) \(outlook.delivery ?? "Its result is published.")"
        }
    }

    static func json(_ order: Order, _ decision: OperatorDecision, _ after: OrderDetail?) -> String {
        JSONWriter.object { writer in
            writer.member("account", order.account)
            writer.member("order_id", order.orderID)
            writer.member("decision", decision.rawValue)
            if let after { writer.next(of: after) }
        }
    }
}
