/// Writes the value of the transactions topic.
package enum EventCodec {
    /// The `schema` header of every event.
    package static let schema = "usher.transaction.event.v1"

    /// The value as JSON, in one spelling. Moments are RFC 3339 in UTC, cut to milliseconds.
    package static func encode(_ event: TransactionEvent) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("event_id", event.eventID.text)
        writer.member("kind", event.kind.rawValue)
        writer.member("account", event.order.account)
        writer.member("order_id", event.order.orderID)
        writer.member("generation", Int64(event.generation))
        if let transaction = event.transaction { write(transaction, to: &writer) }
        writer.member("session_status", event.sessionStatus)
        writer.member("customer_token", event.customerToken)
        writer.member("variable1", event.variable1)
        writer.member("variable2", event.variable2)
        writer.member("variable3", event.variable3)
        writer.member("told_at", event.toldAt.rfc3339)
        writer.member("received_at", event.receivedAt.rfc3339)
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ transaction: TransactionEvent.Transaction, to writer: inout JSONWriter) {
        writer.key("transaction")
        writer.beginObject()
        writer.member("tid", transaction.tid)
        writer.member("transaction_status", transaction.status)
        writer.member("transaction_type", transaction.type)
        writer.member("currency", transaction.currency)
        writer.member("amount", transaction.amount)
        writer.member("conversion_rate", transaction.conversionRate)
        writer.member("processed_currency", transaction.processedCurrency)
        writer.member("processed_amount", transaction.processedAmount)
        writer.member("payment_method", transaction.paymentMethod)
        writer.member("payment_processor", transaction.paymentProcessor)
        writer.member("gateway", transaction.gateway)
        writer.member("status_code", transaction.statusCode)
        writer.member("status_details", transaction.statusDetails)
        writer.member("transaction_id", transaction.transactionID)
        writer.member("reference_id", transaction.referenceID)
        writer.endObject()
    }
}
