import SessionCore

/// Makes the event of a notification. Pure.
enum NotificationReading {
    /// - Throws: `.badField` when it tells neither of a transaction nor of a session.
    static func event(
        _ post: CallbackPost,
        of order: KnownOrder,
        identity: ResultIdentity
    ) throws(CallbackRefusal) -> TransactionEvent {
        let document = post.document
        var event = TransactionEvent(
            eventID: ResultID(bytes: [UInt8](repeating: 0, count: 16)),
            order: order.order,
            generation: order.generation,
            toldAt: post.toldAt,
            receivedAt: order.now
        )
        event.sessionStatus = document.text("session.session_status", max: 64)
        event.customerToken = document.text("customer.customer_token", max: 64)
        event.variable1 = document.text("session.variable1", max: 1_024)
        event.variable2 = document.text("session.variable2", max: 1_024)
        event.variable3 = document.text("session.variable3", max: 1_024)
        if document.has("transaction") {
            let transaction = try transaction(document)
            event.transaction = transaction
            event.eventID = identity.event(of: order.order, tid: transaction.tid, status: transaction.status)
        } else {
            guard let status = event.sessionStatus else { throw .badField }
            let token = document.bytes("session.auth_token") ?? []
            event.eventID = identity.event(of: order.order, session: token, status: status)
        }
        return event
    }

    private static func transaction(
        _ document: PostDocument
    ) throws(CallbackRefusal) -> TransactionEvent.Transaction {
        func text(_ name: String, max limit: Int = 256) -> String? {
            document.text("transaction." + name, max: limit)
        }
        guard let tid = document.integer("transaction.tid"), let status = text("transaction_status", max: 64) else {
            throw .badField
        }
        var transaction = TransactionEvent.Transaction(tid: tid, status: status)
        // What is there must be readable: an amount that cannot be read is not left out.
        for name in ["amount", "processed_amount"]
        where document.has("transaction." + name) && document.integer("transaction." + name) == nil {
            throw .badField
        }
        for name in ["currency", "processed_currency"]
        where document.has("transaction." + name) && text(name, max: 10) == nil {
            throw .badField
        }
        transaction.type = text("transaction_type", max: 64)
        transaction.currency = text("currency", max: 10)
        transaction.amount = document.integer("transaction.amount")
        transaction.conversionRate = text("conversion_rate", max: 40)
        transaction.processedCurrency = text("processed_currency", max: 10)
        transaction.processedAmount = document.integer("transaction.processed_amount")
        transaction.paymentMethod = text("payment_method")
        transaction.paymentProcessor = text("payment_processor")
        transaction.gateway = text("gateway")
        transaction.statusCode = text("status_code")
        transaction.statusDetails = text("status_details")
        transaction.transactionID = text("transaction_id")
        transaction.referenceID = text("reference_id")
        return transaction
    }
}
