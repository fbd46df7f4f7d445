/// What the provider told of an order after its session was opened (API 1.3, webhooks/notification).
package struct TransactionEvent: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        /// A transaction came to a status.
        case transaction
        /// A session ended without a transaction: it expired.
        case session
    }

    /// A transaction as it was told. Amounts are in minor units.
    package struct Transaction: Equatable, Sendable {
        package var tid: Int64
        /// The provider's word: `approved`, `rejected`, `chargeback`, …; new ones may come.
        package var status: String
        package var type: String?
        package var currency: String?
        package var amount: Int64?
        /// A decimal as the provider wrote it.
        package var conversionRate: String?
        package var processedCurrency: String?
        package var processedAmount: Int64?
        package var paymentMethod: String?
        package var paymentProcessor: String?
        package var gateway: String?
        package var statusCode: String?
        package var statusDetails: String?
        package var transactionID: String?
        package var referenceID: String?

        package init(tid: Int64, status: String) {
            self.tid = tid
            self.status = status
        }
    }

    package var eventID: ResultID
    package var order: Order
    /// The order's generation when the event was received.
    package var generation: Int32
    /// Nil for what is told of a session.
    package var transaction: Transaction?
    /// The provider's word for the session: `open`, `successful`, `expired`, …
    package var sessionStatus: String?
    package var customerToken: String?
    package var variable1: String?
    package var variable2: String?
    package var variable3: String?
    /// The provider's time of the post, to the second.
    package var toldAt: Timestamp
    package var receivedAt: Timestamp

    package init(eventID: ResultID, order: Order, generation: Int32, toldAt: Timestamp, receivedAt: Timestamp) {
        self.eventID = eventID
        self.order = order
        self.generation = generation
        self.toldAt = toldAt
        self.receivedAt = receivedAt
    }

    package var kind: Kind { transaction == nil ? .session : .transaction }
    /// The word that the event is about.
    package var status: String { transaction?.status ?? sessionStatus ?? "" }
}
