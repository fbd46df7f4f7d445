import CashierSignature
import Cryptography
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
    static func timestamp(markedAt: Timestamp, account: SharedAccount) -> Int64 {
        markedAt.seconds + account.value.clockOffsetSeconds
    }

    /// The request that opens a session.
    ///
    /// - Precondition: the account has a secret (`CashierAccount.check()`).
    package static func open(_ request: SharedRequest, account: CashierAccount, timestamp: Int64) -> Signed {
        open(request, account: SharedAccount(account), timestamp: timestamp)
    }

    static func open(_ request: SharedRequest, account: SharedAccount, timestamp: Int64) -> Signed {
        let signature = sign(account.value.requestFields, account) { field, input in
            switch field {
            case .merchantID: input.add(account.value.merchantID)
            case .applicationKey: input.add(account.value.applicationKey)
            case .timestamp: input.add(timestamp)
            case .intent: input.add(request.intent.rawValue)
            case .cid: request.withText(.cid) { input.add($0) }
            case .orderID: request.withText(.orderID) { input.add($0) }
            case .agentName: request.withText(.agentName) { input.add($0) }
            case .version: input.add(account.value.version)
            }
        }
        let body =
            copiedBody(request, account: account, timestamp: timestamp)
            ?? requestBody(request.value, account: account.value, timestamp: timestamp)
        return Signed(body: body, signature: signature)
    }

    /// What `requestBody` writes, with the job's members copied as they stand in its canonical body, which has the
    /// provider's names and order. Nil where the account wants something written otherwise, or the body has escapes.
    private static func copiedBody(
        _ request: SharedRequest,
        account: SharedAccount,
        timestamp: Int64
    ) -> [UInt8]? {
        guard account.value.nullPolicy == .omit, account.value.phoneForm == .string,
            account.value.customerKey == JobFields[.customerData].name
        else { return nil }
        return request.withMembers { members, variables in
            var body = JSONWriter(capacity: request.body.count + 160)
            body.beginObject()
            body.member("merchant_id", account.value.merchantID)
            body.member("application_key", account.value.applicationKey)
            body.members(members)
            request.withText(.orderID) { _ = body.member("order_id", $0) }
            body.members(variables)
            body.member("version", account.value.version)
            body.member("timestamp", timestamp)
            body.endObject()
            return body.bytes
        }
    }

    /// The request that asks what became of an order.
    ///
    /// - Precondition: the account has a secret.
    package static func lookUp(orderID: String, account: CashierAccount, timestamp: Int64) -> Signed {
        let signature = sign(account.lookUpFields, SharedAccount(account)) { field, input in
            switch field {
            case .merchantID: input.add(account.merchantID)
            case .applicationKey: input.add(account.applicationKey)
            case .timestamp: input.add(timestamp)
            case .orderID: input.add(orderID)
            case .version: input.add(account.version)
            case .intent, .cid, .agentName: break
            }
        }
        var body = JSONWriter()
        body.beginObject()
        body.member("merchant_id", account.merchantID)
        body.member("application_key", account.applicationKey)
        body.member("order_id", orderID)
        body.member("version", account.version)
        body.member("timestamp", timestamp)
        body.endObject()
        return Signed(body: body.bytes, signature: signature)
    }

    private static func sign(
        _ fields: SignatureFields,
        _ account: SharedAccount,
        add: (RequestField, borrowing HashInput) -> Void
    ) -> String {
        precondition(!account.value.secrets.isEmpty, "the account \(account.value.name) has no secret")
        return Signature.sign(secret: account.value.secrets[0]) { input in
            // A name that no request has adds nothing, like a null.
            for field in fields.requestFields { if let field { add(field, input) } }
        }
    }

    /// The body of an opening request, in the order of the page's table.
    package static func requestBody(
        _ request: SessionRequest,
        account: CashierAccount,
        timestamp: Int64
    ) -> [UInt8] {
        let nulls = account.nullPolicy
        var body = JSONWriter(capacity: 2_048)
        body.beginObject()
        body.member("merchant_id", account.merchantID)
        body.member("application_key", account.applicationKey)
        body.member("agent_name", request.agentName)
        body.member("intent", request.intent.rawValue)
        body.member("currency", request.currency)
        body.member("amount", request.amount, nulls)
        body.member("balance", request.balance, nulls)
        body.member("cid", request.cid)
        body.member("locale", request.locale)
        write(request.customerData, to: &body, account: account)
        body.member("customer_token", request.customerToken, nulls)
        body.member("payment_method", request.paymentMethod, nulls)
        body.member("gateway", request.gateway, nulls)
        body.member("validation_url", request.validationURL, nulls)
        body.member("notification_url", request.notificationURL)
        body.member("return_url", request.returnURL)
        body.member("order_id", request.orderID)
        body.member("variable1", request.variable1, nulls)
        body.member("variable2", request.variable2, nulls)
        body.member("variable3", request.variable3, nulls)
        body.member("version", account.version)
        body.member("timestamp", timestamp)
        body.endObject()
        return body.bytes
    }

    private static func write(_ data: CustomerData?, to body: inout JSONWriter, account: CashierAccount) {
        let nulls = account.nullPolicy
        if data == nil, nulls == .omit { return }
        body.key(named: account.customerKey)
        guard let data else { return body.null() }
        body.beginObject()
        body.member("country", data.country, nulls)
        body.member("first_name", data.firstName, nulls)
        body.member("last_name", data.lastName, nulls)
        body.member("dob", data.dateOfBirth, nulls)
        body.member("email", data.email, nulls)
        if account.phoneForm == .number, let number = wholeNumber(data.phone) {
            body.key("phone")
            body.integer(number)
        } else {
            body.member("phone", data.phone, nulls)
        }
        body.member("zip", data.zip, nulls)
        body.member("state", data.state, nulls)
        body.member("city", data.city, nulls)
        body.member("address", data.address, nulls)
        body.member("profile", data.profile, nulls)
        body.endObject()
    }

    /// Nil for what is not all digits, begins with a zero or does not fit: as a number it would be another. It stays a
    /// text then.
    private static func wholeNumber(_ phone: String?) -> UInt64? {
        guard let phone, phone.utf8.first != 0x30 || phone.utf8.count == 1,
            phone.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return UInt64(phone)
    }
}
