/// Takes out of the provider's texts what may name a person, a card or a session, so that the rest can be logged.
enum Redaction {
    static let bytesMax = 256
    private static let mark = Array("[redacted]".utf8)

    /// Printable ASCII, at most 256 bytes. Replaced are: URLs, e-mail addresses, words with other than ASCII letters,
    /// digits in runs of five or more (also with up to two separators between), long mixed words, and quoted values
    /// that are not field names.
    static func redact(_ text: [UInt8]) -> [UInt8] {
        // Long enough for a message, short enough to never matter.
        let plain = text.prefix(4 * bytesMax).map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
        let words = withoutQuotes(plain).split(separator: 0x20).map { isTelling($0) ? mark[...] : $0 }
        let joined = withoutNumbers(Array(words.joined(separator: [0x20])))
        return Array(joined.prefix(bytesMax))
    }

    private static func isTelling(_ word: ArraySlice<UInt8>) -> Bool {
        if word.contains(where: { $0 >= 0x80 || $0 == 0x40 }) { return true }
        let lowered = word.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        if contains(lowered, "://") || contains(lowered, ":\\/\\/") || contains(lowered, "www.") { return true }
        return word.count >= 20 && word.contains { (0x30...0x39).contains($0) }
    }

    private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard bytes.count >= wanted.count else { return false }
        return (0...bytes.count - wanted.count).contains { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }

    /// A quoted value is replaced; a quoted field name (`snake_case`, as the API's are) stays.
    private static func withoutQuotes(_ text: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        var index = 0
        while index < text.count {
            let byte = text[index]
            let opens = byte == 0x22 || byte == 0x60 || (byte == 0x27 && (index == 0 || text[index - 1] == 0x20))
            guard opens else {
                kept.append(byte)
                index += 1
                continue
            }
            let end = text[(index + 1)...].firstIndex(of: byte) ?? text.count
            let quoted = text[(index + 1)..<end]
            kept.append(contentsOf: fieldNames.contains(String(decoding: quoted, as: UTF8.self)) ? quoted : mark[...])
            index = end + 1
        }
        return kept
    }

    private static func withoutNumbers(_ text: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        var index = 0
        while index < text.count {
            guard isDigit(text[index]) else {
                kept.append(text[index])
                index += 1
                continue
            }
            var end = index
            var digits = 0
            var next = index
            while next < text.count, next - end <= 2, isDigit(text[next]) || isSeparator(text[next]) {
                if isDigit(text[next]) {
                    digits += 1
                    end = next + 1
                }
                next += 1
            }
            kept.append(contentsOf: digits >= 5 ? mark[...] : text[index..<end])
            index = end
        }
        return kept
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        [0x20, 0x2D, 0x2E, 0x2F, 0x28, 0x29, 0x2B, 0x2C, 0x3A].contains(byte)
    }

    private static let fieldNames: Set<String> = [
        "merchant_id", "application_key", "agent_name", "intent", "currency", "amount", "balance", "cid", "locale",
        "customer_data", "customer_token", "payment_method", "gateway", "validation_url", "notification_url",
        "return_url", "order_id", "variable1", "variable2", "variable3", "version", "timestamp", "country",
        "first_name", "last_name", "dob", "email", "phone", "zip", "state", "city", "address", "profile",
    ]
}
