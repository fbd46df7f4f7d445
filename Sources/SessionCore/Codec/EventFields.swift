/// All members of an event's value, in the order in which they are written. The schema in `docs/contracts` is checked
/// against it.
package enum EventFields {
    package static let all: [ResultField] = [
        field("event_id", required: true),
        field("kind", required: true),
        field("account", required: true),
        field("order_id", required: true),
        field("generation", .integer, required: true),
        field(
            "transaction",
            .object,
            members: [
                field("tid", .integer, required: true), field("transaction_status", required: true),
                field("transaction_type"), field("currency"), field("amount", .integer), field("conversion_rate"),
                field("processed_currency"), field("processed_amount", .integer), field("payment_method"),
                field("payment_processor"), field("gateway"), field("status_code"), field("status_details"),
                field("transaction_id"), field("reference_id"),
            ]
        ),
        field("session_status"),
        field("customer_token"),
        field("variable1"),
        field("variable2"),
        field("variable3"),
        field("told_at", required: true),
        field("received_at", required: true),
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
