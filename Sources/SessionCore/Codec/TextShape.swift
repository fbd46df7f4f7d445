/// What a field's text may look like, apart from its length in characters.
package enum TextShape: CaseIterable, Sendable {
    /// Anything but control characters, at least one character.
    case text
    /// Anything but control characters; may be empty.
    case tag
    /// `text` that does not look like an e-mail address.
    case customerID
    /// Visible ASCII without spaces.
    case token
    case identifier
    case account
    case intent
    case currency
    case locale
    case country
    case state
    case zip
    case date
    case email
    case phone
    case url
    case opaqueURL
    case time

    /// As an ECMA-262 regular expression, for the schema. For `date`, `email`, URLs and times it is wider than the
    /// codec's own check.
    package var pattern: String {
        switch self {
        case .text, .customerID: #"^[^\u0000-\u001f\u007f-\u009f]+$"#
        case .tag: #"^[^\u0000-\u001f\u007f-\u009f]*$"#
        case .token: "^[!-~]+$"
        case .identifier: "^[A-Za-z0-9._:-]+$"
        case .account: "^[A-Za-z0-9._-]+$"
        case .intent: "^(authorization|payment|withdrawal)$"
        case .currency: "^[A-Z0-9]{3,10}$"
        case .locale: "^[a-z]{2}-[A-Z]{2}$"
        case .country: "^[A-Z]{2}$"
        case .state: "^[A-Za-z]{2,3}$"
        case .zip: "^[A-Za-z0-9][A-Za-z0-9 -]*$"
        case .date: "^(0[1-9]|1[0-2])/(0[1-9]|[12][0-9]|3[01])/(19|20|21)[0-9]{2}$"
        case .email: #"^[^@\u0000-\u0020\u007f-\u009f]+@[^@\u0000-\u0020\u007f-\u009f]+$"#
        case .phone: "^[0-9]+$"
        case .url: "^https://[a-z0-9A-Z.-]+(:[0-9]{1,5})?([/?][!-~]*)?$"
        case .opaqueURL: "^https://[a-z0-9A-Z.-]+(:[0-9]{1,5})?([/?][ -~]*)?$"
        case .time:
            "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
        }
    }

    /// What to write, for the detail of a refusal.
    var advice: String {
        switch self {
        case .text: "write text without control characters, or leave the field out"
        case .tag: "write text without control characters"
        case .customerID: "write the customer's id at the merchant, without control characters"
        case .token: "write visible ASCII characters without spaces, or leave the field out"
        case .identifier: "write ASCII letters, digits and . _ : - only"
        case .account: "write the name of a configured account"
        case .intent: "write authorization, payment or withdrawal"
        case .currency: "write a currency code of 3 to 10 upper-case letters or digits, such as EUR"
        case .locale: "write a language and a country, such as en-GB"
        case .country: "write two upper-case letters (ISO 3166-1), such as GB"
        case .state: "write two or three letters, such as CA"
        case .zip: "write ASCII letters and digits, with spaces or dashes between them"
        case .date: "write an existing day as MM/DD/YYYY"
        case .email: "write one e-mail address"
        case .phone: "write digits only, with the country code and without +"
        case .url, .opaqueURL: "write an absolute https URL"
        case .time: "write a moment of the years 2000 to 2999 as in 2026-11-21T12:00:00Z"
        }
    }

    /// The word for text that has another shape.
    var reason: RefusalReason {
        switch self {
        case .intent: .intent
        case .currency: .currency
        case .url, .opaqueURL: .url
        case .time: .time
        case .account: .account
        case .text, .tag, .customerID, .token, .identifier, .locale, .country, .state, .zip, .date, .email, .phone:
            .format
        }
    }

    /// Whether people write it by hand, so that a card number could get into it. Identifiers that systems make are not
    /// searched: one in ten of those with 13 to 19 digits passes the Luhn check.
    var isFreeText: Bool {
        switch self {
        case .text, .tag, .customerID, .email, .zip: true
        case .token, .identifier, .account, .intent, .currency, .locale, .country, .state, .date, .phone, .url,
            .opaqueURL, .time:
            false
        }
    }

    /// Whether the text has this shape. What depends on the account is checked elsewhere: hosts, currencies, intents.
    func accepts(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch self {
        case .text, .customerID: !text.isEmpty && !hasControls(text)
        case .tag: !hasControls(text)
        case .token: !text.isEmpty && text.allSatisfy { 0x21...0x7E ~= $0 }
        case .identifier: !text.isEmpty && text.allSatisfy { isLetter($0) || isDigit($0) || 0x3A ~= $0 || isMark($0) }
        case .account: !text.isEmpty && text.allSatisfy { isLetter($0) || isDigit($0) || isMark($0) }
        case .intent: !text.isEmpty
        case .currency: 3...10 ~= text.count && text.allSatisfy { isUpper($0) || isDigit($0) }
        case .locale: isLocale(text)
        case .country: text.count == 2 && text.allSatisfy(isUpper)
        case .state: 2...3 ~= text.count && text.allSatisfy(isLetter)
        case .zip:
            !text.isEmpty && (isLetter(text[0]) || isDigit(text[0]))
                && text.allSatisfy { isLetter($0) || isDigit($0) || $0 == 0x20 || $0 == 0x2D }
        case .date: isDate(text)
        case .email: isEmail(text)
        case .phone: !text.isEmpty && text.allSatisfy(isDigit)
        // Parsed when the account, with its hosts, is known.
        case .url, .opaqueURL: !text.isEmpty && !hasControls(text)
        case .time: isTime(text)
        }
    }
}

private func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
private func isUpper(_ byte: UInt8) -> Bool { 0x41...0x5A ~= byte }
private func isLower(_ byte: UInt8) -> Bool { 0x61...0x7A ~= byte }
private func isLetter(_ byte: UInt8) -> Bool { isUpper(byte) || isLower(byte) }
/// `.`, `_` and `-`.
private func isMark(_ byte: UInt8) -> Bool { byte == 0x2E || byte == 0x5F || byte == 0x2D }

/// U+0000–U+001F and U+007F–U+009F, the latter as `C2 80`–`C2 9F`.
private func hasControls(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    if ByteWords.isPrintableASCII(text) { return false }
    var previous: UInt8 = 0
    for byte in text {
        if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { return true }
        previous = byte
    }
    return false
}

private func isLocale(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    text.count == 5 && isLower(text[0]) && isLower(text[1]) && text[2] == 0x2D && isUpper(text[3]) && isUpper(text[4])
}

/// One `@` with something on both sides, and neither spaces nor control characters.
private func isEmail(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let at = text.firstIndex(of: UInt8(ascii: "@")), at > 0, at < text.count - 1 else { return false }
    return !text[(at + 1)...].contains(UInt8(ascii: "@")) && !text.contains(0x20) && !hasControls(text)
}

/// `MM/DD/YYYY`, a day that exists, from 1900 to 2199.
private func isDate(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard text.count == 10, let month = number(text[0..<2]), let day = number(text[3..<5]),
        let year = number(text[6..<10]), text[2] == 0x2F, text[5] == 0x2F, 1...12 ~= month, 1900...2199 ~= year
    else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    switch month {
    case 2: return 1...(isLeap ? 29 : 28) ~= day
    case 4, 6, 9, 11: return 1...30 ~= day
    case _: return 1...31 ~= day
    }
}

private func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    var number = 0
    for digit in digits {
        guard isDigit(digit) else { return nil }
        number = number * 10 + Int(digit - 0x30)
    }
    return number
}

/// Years that RFC 3339 can write back whatever the offset was.
private func isTime(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let moment = Timestamp(rfc3339: text) else { return false }
    return 946_684_800..<32_503_680_000 ~= moment.seconds
}

/// Whether an `@` stands between something and a name with a dot.
func looksLikeEmail(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let at = text.lastIndex(of: UInt8(ascii: "@")), at > 0, text[at - 1] != 0x20 else { return false }
    let domain = text[(at + 1)...].prefix { $0 != 0x20 }
    guard let dot = domain.firstIndex(of: UInt8(ascii: ".")) else { return false }
    return dot > domain.startIndex && dot < domain.endIndex - 1
}
