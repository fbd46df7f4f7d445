package import SessionCore

/// A request of a probe, whole: what it asks, its bytes and its signature. Bytes and signature may be changed, to see
/// what the provider makes of them.
package struct ProbeCall: Sendable {
    package var expectation: ReplyReader.Expectation
    /// What was signed as `timestamp`, in unix seconds.
    package var timestamp: Int64
    package var body: [UInt8]
    /// The value of the header that carries it.
    package var signature: String

    var isOpening: Bool {
        if case .open = expectation { return true }
        return false
    }

    /// Asks for a session (API 1.3, cashier_api/virtual_terminal).
    ///
    /// - Precondition: the account has a secret (`CashierAccount.check()`).
    package static func open(_ request: SessionRequest, account: CashierAccount, timestamp: Int64) -> ProbeCall {
        let request = SharedRequest(request)
        let signed = RequestWriter.open(request, account: account, timestamp: timestamp)
        return ProbeCall(
            expectation: .open(request),
            timestamp: timestamp,
            body: signed.body,
            signature: signed.signature
        )
    }

    /// Asks what became of an order (API 1.3, agent_api/find_order).
    ///
    /// - Precondition: the account has a secret.
    package static func lookUp(_ orderID: String, account: CashierAccount, timestamp: Int64) -> ProbeCall {
        let signed = RequestWriter.lookUp(orderID: orderID, account: account, timestamp: timestamp)
        return ProbeCall(
            expectation: .lookUp(orderID: orderID),
            timestamp: timestamp,
            body: signed.body,
            signature: signed.signature
        )
    }
}
