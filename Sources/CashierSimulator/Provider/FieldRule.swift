/// What the provider demands of one field.
struct FieldRule: Sendable {
    enum Kind: Sendable {
        /// At most `max` characters.
        case text(max: Int)
        /// The order's name: text whose length may be cut instead of refused.
        case orderID(max: Int)
        /// Not negative, at most `max` digits; minor units.
        case integer(max: Int)
        /// Digits, as text or as a number.
        case digits(max: Int)
        case intent
        case currency(max: Int)
        /// `ll-CC`.
        case locale
        /// ISO 3166-1 alpha-2.
        case country
        /// `MM/DD/YYYY`, a day that exists.
        case birthday
        case email(max: Int)
        /// Letters, digits, spaces and hyphens.
        case postcode(max: Int)
        /// Two or three letters or digits, upper case.
        case state
        /// http or https, at most `max` characters; may hold placeholders.
        case url(max: Int)
        case object
    }

    var name: String
    var kind: Kind
    var isRequired: Bool

    init(_ name: String, _ kind: Kind, isRequired: Bool = false) {
        self.name = name
        self.kind = kind
        self.isRequired = isRequired
    }

    /// Fields of a request to open a session (API 1.3, cashier_api/virtual_terminal); `version` and `timestamp` are
    /// checked before these.
    static let open: [FieldRule] = [
        FieldRule("merchant_id", .text(max: 50), isRequired: true),
        FieldRule("application_key", .text(max: 32), isRequired: true),
        FieldRule("agent_name", .text(max: 32), isRequired: true),
        FieldRule("intent", .intent, isRequired: true),
        FieldRule("currency", .currency(max: 10), isRequired: true),
        FieldRule("amount", .integer(max: 20)),
        FieldRule("balance", .integer(max: 20)),
        FieldRule("cid", .text(max: 50), isRequired: true),
        FieldRule("locale", .locale, isRequired: true),
        FieldRule("customer_data", .object),
        FieldRule("customer_token", .text(max: 32)),
        FieldRule("payment_method", .text(max: 50)),
        FieldRule("gateway", .text(max: 32)),
        FieldRule("validation_url", .url(max: 256)),
        FieldRule("notification_url", .url(max: 256), isRequired: true),
        FieldRule("return_url", .url(max: 256), isRequired: true),
        FieldRule("order_id", .orderID(max: 50), isRequired: true),
        FieldRule("variable1", .text(max: 256)),
        FieldRule("variable2", .text(max: 256)),
        FieldRule("variable3", .text(max: 256)),
    ]

    /// Fields of `customer_data` (API 1.3, objects/customer_data). Four are marked as required.
    static let customer: [FieldRule] = [
        FieldRule("country", .country),
        FieldRule("first_name", .text(max: 25)),
        FieldRule("last_name", .text(max: 25)),
        FieldRule("dob", .birthday),
        FieldRule("email", .email(max: 50)),
        FieldRule("phone", .digits(max: 20)),
        FieldRule("zip", .postcode(max: 12)),
        FieldRule("state", .state),
        FieldRule("city", .text(max: 50)),
        FieldRule("address", .text(max: 100)),
        FieldRule("profile", .integer(max: 2)),
    ]

    /// Fields of a look-up (API 1.3, agent_api/find_order).
    static let lookup: [FieldRule] = [
        FieldRule("merchant_id", .text(max: 50), isRequired: true),
        FieldRule("application_key", .text(max: 32), isRequired: true),
        FieldRule("order_id", .orderID(max: 50), isRequired: true),
    ]

    /// - Parameter path: written before the field's name.
    func check(_ object: JSONTree, path: String = "", _ personality: Personality) throws(ProviderRefusal) {
        guard let value = object[name], value != .null else {
            if isRequired { throw .invalid("\(path)\(name) is required") }
            return
        }
        if let fault = fault(of: value, personality) { throw .invalid("\(path)\(name) \(fault)") }
    }

    /// What is wrong, to be read after the field's name.
    private func fault(of value: JSONTree, _ personality: Personality) -> String? {
        let unit = personality.lengthUnit
        switch kind {
        case .text(let max):
            return textFault(value, max: max, unit)
        case .orderID(let max):
            return textFault(value, max: personality.overlong == .truncated ? .max : max, unit)
        case .integer(let max):
            guard case .number(let digits) = value, digits.utf8.allSatisfy(isDigit) else {
                return "is not a whole number of at least 0"
            }
            return digits.utf8.count > max ? "has more than \(max) digits" : nil
        case .digits(let max):
            guard let digits = value.signed, !digits.isEmpty, digits.utf8.allSatisfy(isDigit) else {
                return "has something other than digits"
            }
            return digits.utf8.count > max ? "has more than \(max) digits" : nil
        case .intent:
            let isSale = personality.closedIntents == .ignored && value.text == "sale"
            let isKnown = value.text.map { ["authorization", "payment", "withdrawal"].contains($0) }
            return isSale || isKnown == true ? nil : "is none of authorization, payment, withdrawal"
        case .currency(let max):
            if let fault = textFault(value, max: max, unit) { return fault }
            guard personality.knownCurrencies == .enforced, let code = value.text else { return nil }
            return KnownCodes.currencies.contains(code) ? nil : "is not a known currency"
        case .locale:
            guard let text = value.text, isLocale(text) else { return "is not of the form en-GB" }
            return personality.knownLocales == .ignored || KnownCodes.locales.contains(text)
                ? nil : "is not a known locale"
        case .url(let max):
            if let fault = textFault(value, max: max, unit) { return fault }
            let isWeb = value.text.map { $0.hasPrefix("https://") || $0.hasPrefix("http://") }
            return isWeb == true ? nil : "does not begin with https:// or http://"
        case .object:
            guard case .object = value else { return "is not an object" }
            return nil
        case .country, .birthday, .email, .postcode, .state:
            return customerFault(value, unit)
        }
    }

    /// What is wrong with a field of `customer_data` that has a form of its own.
    private func customerFault(_ value: JSONTree, _ unit: Personality.LengthUnit) -> String? {
        guard let text = value.text else { return "is not a string" }
        // An empty text is as good as none: those that must be there are found missing elsewhere.
        guard !text.isEmpty else { return nil }
        switch kind {
        case .country:
            return KnownCodes.countries.contains(text) ? nil : "is not an ISO 3166-1 alpha-2 code"
        case .birthday:
            return isBirthday(text) ? nil : "is not a day as MM/DD/YYYY"
        case .email(let max):
            if let fault = textFault(value, max: max, unit) { return fault }
            let parts = text.split(separator: "@", omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } ? nil : "is not an address of mail"
        case .postcode(let max):
            if let fault = textFault(value, max: max, unit) { return fault }
            return text.utf8.allSatisfy { isDigit($0) || isLetter($0) || $0 == 0x20 || $0 == 0x2D }
                ? nil : "has something other than letters and digits"
        case .state:
            let isCode = (2...3).contains(text.utf8.count) && text.utf8.allSatisfy { isDigit($0) || isCapital($0) }
            return isCode ? nil : "is not a code of two or three letters"
        case .text, .orderID, .integer, .digits, .intent, .currency, .locale, .url, .object:
            return nil
        }
    }

    private func textFault(_ value: JSONTree, max: Int, _ unit: Personality.LengthUnit) -> String? {
        guard let text = value.text else { return "is not a string" }
        if isRequired && text.isEmpty { return "is empty" }
        // Bytes are never fewer than characters, so that the count of most texts is free.
        guard text.utf8.count > max else { return nil }
        switch unit {
        case .bytes: return "is longer than \(max) bytes"
        case .characters: return text.unicodeScalars.count > max ? "is longer than \(max) characters" : nil
        }
    }
}

private func isDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte)
}

private func isCapital(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte)
}

private func isLetter(_ byte: UInt8) -> Bool {
    isCapital(byte & 0xDF)
}

private func isLocale(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == 5 && bytes[0...1].allSatisfy { (0x61...0x7A).contains($0) } && bytes[2] == 0x2D
        && bytes[3...4].allSatisfy(isCapital)
}

/// `02/29/1980`.
private func isBirthday(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[2] == 0x2F, bytes[5] == 0x2F else { return false }
    func number(_ range: Range<Int>) -> Int? {
        bytes[range].allSatisfy(isDigit) ? bytes[range].reduce(0) { $0 * 10 + Int($1 - 0x30) } : nil
    }
    guard let month = number(0..<2), let day = number(3..<5), let year = number(6..<10), (1...12).contains(month),
        (1900...2100).contains(year)
    else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...days[month - 1]).contains(day)
}
