/// A field of a job: what the contract says of it, as data. The schema in `docs/contracts` is checked against it.
package struct JobField: Sendable {
    package enum Kind: Sendable {
        case text(TextShape)
        /// A whole number in this range, in its only spelling.
        case integer(ClosedRange<Int64>)
        /// `text(.phone)` that may also be written as a JSON number.
        case digits
        case object
    }

    package enum Presence: Sendable {
        /// Must be there and not null.
        case always
        /// Must be there unless the account has a default for it.
        case unlessDefaulted
        /// May be left out or null.
        case optional
    }

    package var name: String
    /// The same, for those who compare and copy bytes.
    var spelling: StaticString
    /// Name with the object that it is a member of: `customer_data.zip`.
    package var path: String
    package var kind: Kind
    package var presence: Presence
    /// In characters (or bytes: `AccountRules.lengthUnit`); nil where the kind limits it.
    package var maxLength: Int?
}

/// The order of the cases is the order of the canonical body.
package enum JobFieldID: Int, CaseIterable, Sendable {
    case account, orderID, campaign, notBefore, notAfter
    case merchantID, applicationKey
    case agentName, intent, currency, amount, balance, cid, locale, customerData
    case country, firstName, lastName, dateOfBirth, email, phone, zip, state, city, address, profile
    case customerToken, paymentMethod, gateway, validationURL, notificationURL, returnURL
    case variable1, variable2, variable3

    var isCustomerField: Bool {
        (Self.country.rawValue...Self.profile.rawValue).contains(rawValue)
    }
}

/// All fields of a job.
package enum JobFields {
    /// 15 digits: what every JSON implementation holds exactly.
    package static let largestInteger: Int64 = 999_999_999_999_999

    /// In the order of `JobFieldID`.
    package static let all: [JobField] = JobFieldID.allCases.map(describe)

    package static subscript(_ id: JobFieldID) -> JobField {
        all[id.rawValue]
    }

    static let ids = JobFieldID.allCases
    /// The key of the customer's data in a job, whatever an account's provider calls it in requests.
    static let customerKey = "\(customerSpelling)"
    private static let customerSpelling: StaticString = "customer_data"
    static let count = JobFieldID.variable3.rawValue + 1

    // What every record needs of every field, without copying names.
    private static let kinds = all.map(\.kind)
    private static let lengths = all.map { $0.maxLength ?? .max }
    private static let spellings = all.map(\.spelling)

    static func kind(of id: JobFieldID) -> JobField.Kind {
        kinds[id.rawValue]
    }

    static func spelling(of id: JobFieldID) -> StaticString {
        spellings[id.rawValue]
    }

    /// `Int.max` where the kind limits it.
    static func maxLength(of id: JobFieldID) -> Int {
        lengths[id.rawValue]
    }

    /// Members of the job.
    package static let topLevel: [JobFieldID] = JobFieldID.allCases.filter { !$0.isCustomerField }
    /// Members of `customer_data`.
    package static let customer: [JobFieldID] = JobFieldID.allCases.filter(\.isCustomerField)

    private static let topLevelNames = JobFieldNames(topLevel)
    private static let customerNames = JobFieldNames(customer)

    /// The field of this name; nil if there is none.
    static func find(_ name: UnsafeBufferPointer<UInt8>, inCustomer: Bool) -> JobFieldID? {
        inCustomer ? customerNames.find(name) : topLevelNames.find(name)
    }

    private static func describe(_ id: JobFieldID) -> JobField {
        switch id {
        case .account: text("account", .account, max: 64)
        case .orderID: text("order_id", .identifier, .always, max: 50)
        case .campaign: text("campaign", .identifier, max: 64)
        case .notBefore: text("not_before", .time)
        case .notAfter: text("not_after", .time)
        case .merchantID: text("merchant_id", .text, max: 50)
        case .applicationKey: text("application_key", .text, max: 50)
        case .agentName: text("agent_name", .text, .always, max: 32)
        case .intent: text("intent", .intent, .always)
        case .currency: text("currency", .currency, .always)
        case .amount: field("amount", .integer(1...largestInteger))
        case .balance: field("balance", .integer(0...largestInteger))
        case .cid: text("cid", .customerID, .always, max: 50)
        case .locale: text("locale", .locale, .unlessDefaulted)
        case .customerData: field(customerSpelling, .object)
        case .country: customer("country", .text(.country))
        case .firstName: customer("first_name", .text(.text), max: 25)
        case .lastName: customer("last_name", .text(.text), max: 25)
        case .dateOfBirth: customer("dob", .text(.date))
        case .email: customer("email", .text(.email), max: 50)
        case .phone: customer("phone", .digits, max: 20)
        case .zip: customer("zip", .text(.zip), max: 12)
        case .state: customer("state", .text(.state))
        case .city: customer("city", .text(.text), max: 50)
        case .address: customer("address", .text(.text), max: 100)
        case .profile: customer("profile", .integer(0...5))
        case .customerToken: text("customer_token", .token, max: 32)
        case .paymentMethod: text("payment_method", .text, max: 50)
        case .gateway: text("gateway", .token, max: 32)
        case .validationURL: text("validation_url", .url, max: 256)
        case .notificationURL: text("notification_url", .url, .unlessDefaulted, max: 256)
        case .returnURL: text("return_url", .opaqueURL, .unlessDefaulted, max: 256)
        case .variable1: text("variable1", .tag, max: 256)
        case .variable2: text("variable2", .tag, max: 256)
        case .variable3: text("variable3", .tag, max: 256)
        }
    }

    private static func text(
        _ name: StaticString,
        _ shape: TextShape,
        _ presence: JobField.Presence = .optional,
        max: Int? = nil
    ) -> JobField {
        field(name, .text(shape), presence, max: max)
    }

    private static func field(
        _ name: StaticString,
        _ kind: JobField.Kind,
        _ presence: JobField.Presence = .optional,
        max: Int? = nil
    ) -> JobField {
        JobField(
            name: "\(name)",
            spelling: name,
            path: "\(name)",
            kind: kind,
            presence: presence,
            maxLength: max
        )
    }

    private static func customer(_ name: StaticString, _ kind: JobField.Kind, max: Int? = nil) -> JobField {
        var field = field(name, kind, max: max)
        field.path = "\(customerSpelling).\(name)"
        return field
    }
}
