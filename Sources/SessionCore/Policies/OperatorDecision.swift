/// What a person decides about an order whose outcome nobody could find out.
package enum OperatorDecision: String, CaseIterable, Sendable {
    /// No session is open there: send it again, as its account's limits allow.
    case sendAgain = "send-again"
    /// It ends as `failed`.
    case giveUp = "give-up"

    /// The end, for a decision that is one.
    package var verdict: Verdict {
        switch self {
        case .sendAgain: .retry(after: .zero)
        case .giveUp:
            .ended(
                .failed,
                ResultError(
                    code: "given_up",
                    errorClass: "unknown_outcome",
                    message: "whether the Cashier opened a session could not be found out, and an operator gave the "
                        + "order up; send it under a new order_id if it is still wanted"
                )
            )
        }
    }
}
