/// A member of the result value: what the contract says of it. The schema in `docs/contracts` is checked against it.
package struct ResultField: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case text = "string"
        case integer
        case object
        case list = "array"
    }

    package var name: String
    package var kind: Kind
    /// Whether every result has it.
    package var isRequired: Bool
    /// Members, if it is an object.
    package var members: [ResultField]
}

/// All members of the result value, in the order in which they are written.
package enum ResultFields {
    package static let all: [ResultField] = [
        field("result_id", required: true),
        field("account", required: true),
        field("order_id", required: true),
        field("generation", .integer, required: true),
        field("outcome", required: true),
        field("redirect_url"),
        field("opened_at"),
        field("expires_at"),
        field(
            "session",
            .object,
            members: [
                field("status"), field("intent"), field("currency"), field("amount", .integer),
                field("payment_method"), field("gateway"),
            ]
        ),
        field(
            "customer",
            .object,
            members: [
                field("customer_token"), field("country"), field("avs_alert", .integer),
                field("verification_alert", .integer),
            ]
        ),
        field(
            "error",
            .object,
            members: [
                field("code", required: true), field("class", required: true), field("message", required: true),
                field("fields", .list),
            ]
        ),
        field("attempts", .integer, required: true),
        field("campaign"),
        field("variable1"),
        field("variable2"),
        field("variable3"),
        field("completed_at", required: true),
    ]

    private static func field(
        _ name: String,
        _ kind: ResultField.Kind = .text,
        required: Bool = false,
        members: [ResultField] = []
    ) -> ResultField {
        ResultField(name: name, kind: kind, isRequired: required, members: members)
    }
}
