/// What the merchant wants to happen with the card. The closed set of the provider's virtual-terminal page.
package enum Intent: String, CaseIterable, Sendable {
    case authorization
    case payment
    case withdrawal

    /// Nil for what is no intent, byte for byte.
    init?(utf8 text: UnsafeBufferPointer<UInt8>) {
        func matches(_ name: StaticString) -> Bool {
            ByteWords.areEqual(text, UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        }
        if matches("payment") {
            self = .payment
        } else if matches("authorization") {
            self = .authorization
        } else if matches("withdrawal") {
            self = .withdrawal
        } else {
            return nil
        }
    }
}

/// A customer's billing data, as the provider's `customer_data` object has it (API 1.3, objects/customer_data).
package struct CustomerData: Equatable, Sendable {
    /// ISO 3166-1 alpha-2, upper case.
    package var country: String?
    /// At most 25 characters.
    package var firstName: String?
    /// At most 25 characters.
    package var lastName: String?
    /// `MM/DD/YYYY`.
    package var dateOfBirth: String?
    /// At most 50 characters.
    package var email: String?
    /// Digits with the country code, at most 20.
    package var phone: String?
    /// At most 12 alphanumeric characters; required for US and CA.
    package var zip: String?
    /// 2–3 letters; required for US, CA and AU.
    package var state: String?
    /// At most 50 characters.
    package var city: String?
    /// At most 100 characters.
    package var address: String?
    /// The customer's level, 0 (blocked) to 5 (platinum).
    package var profile: Int64?

    package init() {}
}

/// The merchant's part of a virtual-terminal request, checked: the fields of a job that the provider gets.
///
/// What is Usher's own (`merchant_id`, `application_key`, `version`, `timestamp`, the signature) is added at sending.
package struct SessionRequest: Equatable, Sendable {
    package var orderID: String
    /// At most 32 characters.
    package var agentName: String
    package var intent: Intent
    /// ISO 4217, or a code that the configuration gives an exponent.
    package var currency: String
    /// Minor units; nil lets the agent decide.
    package var amount: Int64?
    /// Withdrawable balance in minor units.
    package var balance: Int64?
    /// The merchant's id of the customer, at most 50 characters, no personal data.
    package var cid: String
    /// `ll-CC`.
    package var locale: String
    package var customerData: CustomerData?
    package var customerToken: String?
    package var paymentMethod: String?
    package var gateway: String?
    package var validationURL: String?
    package var notificationURL: String
    /// Kept as it came: the provider fills in `{{…}}` placeholders.
    package var returnURL: String
    package var variable1: String?
    package var variable2: String?
    package var variable3: String?

    package init(
        orderID: String,
        agentName: String,
        intent: Intent,
        currency: String,
        cid: String,
        locale: String,
        notificationURL: String,
        returnURL: String
    ) {
        self.orderID = orderID
        self.agentName = agentName
        self.intent = intent
        self.currency = currency
        self.cid = cid
        self.locale = locale
        self.notificationURL = notificationURL
        self.returnURL = returnURL
    }
}

/// A record that asks for one session, checked.
package struct Job: Equatable, Sendable {
    package var order: Order
    package var campaign: String?
    /// Do not send before this moment.
    package var notBefore: Timestamp?
    /// Do not send after this moment.
    package var notAfter: Timestamp?
    package var request: SessionRequest

    package init(order: Order, request: SessionRequest) {
        self.order = order
        self.request = request
    }
}
