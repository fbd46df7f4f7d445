import SessionCore

/// Whether a payment that a customer is about to make is the one that was asked for. Pure.
package enum ValidationVerdict: String, CaseIterable, Sendable {
    case accepted
    /// The order's session is not open: it was never opened, or the order is being replayed.
    case notOpen = "not_open"
    case expired
    /// The job's content is gone or cannot be read, so there is nothing to compare with.
    case nothingToCompare = "nothing_to_compare"
    case currency
    case amount
    case customer

    init(_ post: CallbackPost, _ order: KnownOrder, clockSkew: Duration) {
        self = Self.verdict(post.document, order, clockSkew)
    }

    private static func verdict(
        _ document: PostDocument,
        _ order: KnownOrder,
        _ clockSkew: Duration
    ) -> ValidationVerdict {
        guard order.state == .opened else { return .notOpen }
        guard let expiresAt = order.expiresAt, order.now <= expiresAt.advanced(by: clockSkew) else { return .expired }
        guard let body = order.body, let job = try? JobCodec.decodeCanonical(body) else { return .nothingToCompare }
        let request = job.request
        guard document.bytes("transaction_attempt.currency") == Array(request.currency.utf8) else { return .currency }
        if let amount = request.amount {
            guard document.integer("transaction_attempt.amount") == amount else { return .amount }
        } else {
            // The agent decided on the amount; there is one.
            guard let amount = document.integer("transaction_attempt.amount"), amount > 0 else { return .amount }
        }
        guard document.bytes("session.cid") == Array(request.cid.utf8) else { return .customer }
        return .accepted
    }
}
