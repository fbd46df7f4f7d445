/// The fields of a reply that are read (API 1.3, cashier_api/virtual_terminal and agent_api/find_order).
package enum ReplyField: Int, CaseIterable, Sendable {
    case status, description, timestamp, redirectURL
    case customerToken, customerCountry, avsAlert, verificationAlert
    case sessionStatus, intent, orderID, currency, amount, paymentMethod, gateway, cid
    case transaction, transactionStatus

    /// The members of the outermost object.
    package static let outer: [(name: StaticString, field: ReplyField)] = [
        ("status", .status), ("description", .description), ("timestamp", .timestamp), ("redirect_url", .redirectURL),
        ("transaction", .transaction),
    ]

    /// The members of its objects.
    package static let inner: [(object: StaticString, members: [(name: StaticString, field: ReplyField)])] = [
        (
            "customer",
            [
                ("customer_token", .customerToken), ("country", .customerCountry), ("avs_alert", .avsAlert),
                ("verification_alert", .verificationAlert),
            ]
        ),
        (
            "session",
            [
                ("session_status", .sessionStatus), ("intent", .intent), ("order_id", .orderID),
                ("currency", .currency), ("amount", .amount), ("payment_method", .paymentMethod),
                ("gateway", .gateway), ("cid", .cid),
            ]
        ),
        ("transaction", [("transaction_status", .transactionStatus)]),
    ]

    /// By `name` or `object.name`.
    package static let byPath: [String: ReplyField] = {
        var fields: [String: ReplyField] = [:]
        for (name, field) in outer { fields["\(name)"] = field }
        for (object, members) in inner {
            for (name, field) in members { fields["\(object).\(name)"] = field }
        }
        return fields
    }()
}
