/// An attempt to pay with a session, as look-ups and notifications tell it (API 1.3, objects/transaction).
struct ProviderTransaction: Equatable, Sendable {
    /// The provider's number of the attempt.
    var tid: Int64
    /// `approved`, `rejected`, `pending` and others (API 1.3, processing/transaction_flow).
    var status: String
    var currency: String?
    /// In minor units of `currency`, as digits.
    var amount: String?
    /// With six decimals; nil before the attempt is processed.
    var rate: String?
    var processedCurrency: String?
    /// In minor units of `processedCurrency`, as digits.
    var processedAmount: String?

    /// Statuses that the documentation has.
    static let statuses = [
        "initialized", "pending", "authorized", "approved", "rejected", "cancelled", "canceled", "error",
        "partial_refund", "refund", "chargeback", "duplicated", "requested", "partial_payout", "split",
    ]

    /// What the session is once its latest attempt has this status; nil leaves it open.
    static func sessionStatus(after status: String) -> SessionStatus? {
        switch status {
        case "approved", "partial_refund", "refund", "chargeback", "partial_payout", "split": .successful
        case "initialized", "pending", "authorized", "requested": .actionRequired
        default: nil
        }
    }

    /// The type that goes with the session's intent.
    static func type(for intent: String?) -> String {
        switch intent {
        case "withdrawal": "payout"
        case "authorization": "authorize"
        default: "sale"
        }
    }
}
