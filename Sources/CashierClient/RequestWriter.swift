package import SessionCore

/// Writes the provider's requests (API 1.3, cashier_api/virtual_terminal and agent_api/find_order). Names are those of
/// its pages.
package enum RequestWriter {
    /// A body and the signature that goes with it.
    package struct Signed: Equatable, Sendable {
        package var body: [UInt8]
        package var signature: String
    }

    /// What a request is signed with: the mark, moved by the account's clock offset, in unix seconds.
    package static func timestamp(markedAt: Timestamp, account: CashierAccount) -> Int64 {
        markedAt.seconds + account.clockOffsetSeconds
    }

    /// The request that opens a session.
    ///
    /// - Precondition: the account has a secret (`CashierAccount.check()`).
    package static func open(_ request: SessionRequest, account: CashierAccount, timestamp: Int64) -> Signed {
        let signature = sign(account.requestFields, account) { name in
            switch name {
            case "merchant_id": .text(account.merchantID)
            case "application_key": .text(account.applicationKey)
            case "timestamp": .integer(timestamp)
            case "intent": .text(request.intent.rawValue)
            case "cid": .text(request.cid)
            case "order_id": .text(request.orderID)
            case "agent_name": .text(request.agentName)
            default: .null
            }
        }
        return Signed(body: requestBody(request, account: account, timestamp: timestamp), signature: signature)
    }

    /// The request that asks what became of an order.
    ///
    /// - Precondition: the account has a secret.
    package static func lookUp(orderID: String, account: CashierAccount, timestamp: Int64) -> Signed {
        let signature = sign(.findOrder, account) { name in
            switch name {
            case "merchant_id": .text(account.merchantID)
            case "application_key": .text(account.applicationKey)
            case "timestamp": .integer(timestamp)
            case "order_id": .text(orderID)
            default: .null
            }
        }
        var body = ObjectWriter(nulls: .omit)
        body.text("merchant_id", account.merchantID)
        body.text("application_key", account.applicationKey)
        body.text("order_id", orderID)
        body.text("version", account.version)
        body.integer("timestamp", timestamp)
        return Signed(body: body.finished(), signature: signature)
    }

    private static func sign(
        _ fields: SignatureFields,
        _ account: CashierAccount,
        value: (String) -> SignedValue
    ) -> String {
        precondition(!account.secrets.isEmpty, "the account \(account.name) has no secret")
        return Signature.sign(fields, secret: account.secrets[0], value: value)
    }

    /// The body of an opening request, in the order of the page's table.
    package static func requestBody(
        _ request: SessionRequest,
        account: CashierAccount,
        timestamp: Int64
    ) -> [UInt8] {
        var body = ObjectWriter(nulls: account.nullPolicy)
        body.text("merchant_id", account.merchantID)
        body.text("application_key", account.applicationKey)
        body.text("agent_name", request.agentName)
        body.text("intent", request.intent.rawValue)
        body.text("currency", request.currency)
        body.integer("amount", request.amount)
        body.integer("balance", request.balance)
        body.text("cid", request.cid)
        body.text("locale", request.locale)
        body.object(account.customerKey, request.customerData.map { customer($0, account: account) })
        body.text("customer_token", request.customerToken)
        body.text("payment_method", request.paymentMethod)
        body.text("gateway", request.gateway)
        body.text("validation_url", request.validationURL)
        body.text("notification_url", request.notificationURL)
        body.text("return_url", request.returnURL)
        body.text("order_id", request.orderID)
        body.text("variable1", request.variable1)
        body.text("variable2", request.variable2)
        body.text("variable3", request.variable3)
        body.text("version", account.version)
        body.integer("timestamp", timestamp)
        return body.finished()
    }

    private static func customer(_ data: CustomerData, account: CashierAccount) -> [UInt8] {
        var object = ObjectWriter(nulls: account.nullPolicy)
        object.text("country", data.country)
        object.text("first_name", data.firstName)
        object.text("last_name", data.lastName)
        object.text("dob", data.dateOfBirth)
        object.text("email", data.email)
        switch account.phoneForm {
        case .string: object.text("phone", data.phone)
        case .number: object.digits("phone", data.phone)
        }
        object.text("zip", data.zip)
        object.text("state", data.state)
        object.text("city", data.city)
        object.text("address", data.address)
        object.integer("profile", data.profile)
        return object.finished()
    }
}
