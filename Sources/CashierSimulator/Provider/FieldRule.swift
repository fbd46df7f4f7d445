/// What the provider demands of one field.
struct FieldRule: Sendable {
    enum Kind: Sendable {
        /// At most `max` Unicode scalars.
        case text(max: Int)
        /// Not negative, at most `max` digits; minor units.
        case integer(max: Int)
        /// Digits, as text or as a number.
        case digits(max: Int)
        case oneOf([String])
        /// `ll-CC`.
        case locale
        /// http or https, at most `max` Unicode scalars; may hold placeholders.
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
        FieldRule("intent", .oneOf(["authorization", "payment", "withdrawal"]), isRequired: true),
        FieldRule("currency", .text(max: 10), isRequired: true),
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
        FieldRule("order_id", .text(max: 50), isRequired: true),
        FieldRule("variable1", .text(max: 256)),
        FieldRule("variable2", .text(max: 256)),
        FieldRule("variable3", .text(max: 256)),
    ]

    /// Fields of `customer_data` (API 1.3, objects/customer_data). Which are required there is not legible, so none is.
    static let customer: [FieldRule] = [
        FieldRule("country", .text(max: 2)),
        FieldRule("first_name", .text(max: 25)),
        FieldRule("last_name", .text(max: 25)),
        FieldRule("dob", .text(max: 10)),
        FieldRule("email", .text(max: 50)),
        FieldRule("phone", .digits(max: 20)),
        FieldRule("zip", .text(max: 12)),
        FieldRule("state", .text(max: 3)),
        FieldRule("city", .text(max: 50)),
        FieldRule("address", .text(max: 100)),
        FieldRule("profile", .integer(max: 2)),
    ]

    /// Fields of a look-up (API 1.3, agent_api/find_order).
    static let lookup: [FieldRule] = [
        FieldRule("merchant_id", .text(max: 50), isRequired: true),
        FieldRule("application_key", .text(max: 32), isRequired: true),
        FieldRule("order_id", .text(max: 50), isRequired: true),
    ]

    /// - Parameter path: written before the field's name.
    func check(_ object: JSONTree, path: String = "") throws(ProviderRefusal) {
        guard let value = object[name], value != .null else {
            if isRequired { throw .invalid("\(path)\(name) is required") }
            return
        }
        if let fault = fault(of: value) { throw .invalid("\(path)\(name) \(fault)") }
    }

    /// What is wrong, to be read after the field's name.
    private func fault(of value: JSONTree) -> String? {
        switch kind {
        case .text(let max):
            return textFault(value, max: max)
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
        case .oneOf(let words):
            guard let text = value.text, words.contains(text) else {
                return "is none of \(words.joined(separator: ", "))"
            }
            return nil
        case .locale:
            return value.text.map(isLocale) == true ? nil : "is not of the form en-GB"
        case .url(let max):
            if let fault = textFault(value, max: max) { return fault }
            let isWeb = value.text.map { $0.hasPrefix("https://") || $0.hasPrefix("http://") }
            return isWeb == true ? nil : "does not begin with https:// or http://"
        case .object:
            guard case .object = value else { return "is not an object" }
            return nil
        }
    }

    private func textFault(_ value: JSONTree, max: Int) -> String? {
        guard let text = value.text else { return "is not a string" }
        if isRequired && text.isEmpty { return "is empty" }
        return text.unicodeScalars.count > max ? "is longer than \(max) characters" : nil
    }
}

private func isDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte)
}

private func isLocale(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == 5 && bytes[0...1].allSatisfy { (0x61...0x7A).contains($0) } && bytes[2] == 0x2D
        && bytes[3...4].allSatisfy { (0x41...0x5A).contains($0) }
}
