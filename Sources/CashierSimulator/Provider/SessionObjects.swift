import SessionCore

/// Writes the objects that answers and callbacks share, in the manner of a personality (API 1.3, objects/customer,
/// objects/session, objects/transaction).
struct SessionObjects {
    var orderID: String
    var echo: SessionEcho
    /// The session's auth_token.
    var token: String
    var customerToken: String
    var status: String
    /// The customer_data of the request, where it is at hand.
    var customer: JSONTree?
    var personality: Personality

    /// A builder that writes as the personality does.
    static func builder(_ personality: Personality) -> JSONBuilder {
        var json = JSONBuilder()
        json.omitsNulls = personality.nulls == .omitted
        json.quotesNumbers = personality.numbers != .number
        return json
    }

    /// `status` is a number unless everything is text.
    static func add(status: Int, _ json: inout JSONBuilder, _ personality: Personality) {
        switch personality.numbers {
        case .number, .text: json.add("status", json: String(status))
        case .allText: json.add("status", String(status))
        }
    }

    /// The timestamp as it is written and signed.
    static func text(_ timestamp: Timestamp, _ personality: Personality) -> String {
        switch personality.times {
        case .unix: String(timestamp.seconds)
        case .iso: String(Timestamp(seconds: timestamp.seconds).rfc3339.prefix(19)) + "Z"
        }
    }

    static func add(_ timestamp: Timestamp, _ json: inout JSONBuilder, _ personality: Personality) {
        switch personality.times {
        case .unix: json.add("timestamp", digits: text(timestamp, personality))
        case .iso: json.add("timestamp", text(timestamp, personality))
        }
    }

    func writeCustomer(_ json: inout JSONBuilder) {
        json.beginObject("customer")
        json.add("customer_token", customerToken)
        if personality.replyFields == .full {
            json.add("country", customer?["country"]?.text)
            json.add("first_name", customer?["first_name"]?.text)
            json.add("last_name", customer?["last_name"]?.text)
        }
        json.add("avs_alert", 0)
        json.add("verification_alert", 0)
        json.endObject()
    }

    func writeSession(_ json: inout JSONBuilder) {
        let isFull = personality.replyFields == .full
        json.beginObject("session")
        json.add("auth_token", token)
        json.add("intent", echo.intent)
        json.add("session_status", status)
        json.add("order_id", orderID)
        json.add("currency", echo.currency)
        json.add("amount", digits: echo.amount)
        if isFull { json.add("conversion_rate", nil) }
        json.add("processed_currency", nil)
        json.add("processed_amount", nil)
        if isFull {
            json.add("payment_method", echo.paymentMethod)
            json.add("gateway", echo.gateway)
        }
        json.add("cid", echo.cid)
        if isFull {
            json.add("variable1", echo.variable1)
            json.add("variable2", echo.variable2)
            json.add("variable3", echo.variable3)
        }
        json.endObject()
    }

    func write(_ transaction: ProviderTransaction?, _ json: inout JSONBuilder) {
        guard let transaction else { return json.add("transaction", nil) }
        json.beginObject("transaction")
        json.add("transaction_type", ProviderTransaction.type(for: echo.intent))
        json.add("transaction_status", transaction.status)
        json.add("tid", transaction.tid)
        json.add("transaction_id", String(transaction.tid))
        json.add("currency", transaction.currency)
        json.add("amount", digits: transaction.amount)
        write(rate: transaction.rate, &json)
        json.add("processed_currency", transaction.processedCurrency)
        json.add("processed_amount", digits: transaction.processedAmount)
        if personality.replyFields == .full {
            json.add("payment_method", echo.paymentMethod ?? "Credit Card")
            json.add("payment_processor", "TestCardProcessor")
            json.add("gateway", echo.gateway)
            json.add("card", nil)
            json.add("wallet", nil)
        }
        json.endObject()
    }

    /// `conversion_rate`, as text or as a number.
    func write(rate: String?, _ json: inout JSONBuilder) {
        guard let rate, personality.rate != .text else { return json.add("conversion_rate", rate) }
        json.add("conversion_rate", json: rate)
    }
}
