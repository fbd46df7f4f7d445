/// One header field; `name` in lower case.
package struct HTTPHeader: Equatable, Sendable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// A complete request, its body already put together.
package struct HTTPRequest: Equatable, Sendable {
    package var method: String
    /// The target up to `?`, as sent.
    package var path: String
    /// The target after `?`, as sent.
    package var query: String
    package var headers: [HTTPHeader]
    package var body: [UInt8]
    /// Whether the client wants the connection to stay open.
    package var keepsAlive: Bool

    package init(
        method: String,
        target: String,
        headers: [HTTPHeader] = [],
        body: [UInt8] = [],
        keepsAlive: Bool = true
    ) {
        self.method = method
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?"))
        path = mark.map { String(target[..<$0]) } ?? target
        query = mark.map { String(target[target.utf8.index(after: $0)...]) } ?? ""
        self.headers = headers
        self.body = body
        self.keepsAlive = keepsAlive
    }

    /// The value of the first header of this lower-case name.
    package func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    /// The decoded value of a parameter of the query; nil when it is not there.
    package func parameter(_ name: String) -> String? {
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = parts.first, Array(key) == Array(name.utf8) else { continue }
            return parts.count > 1 ? percentDecoded(Array(parts[1])) : ""
        }
        return nil
    }
}

/// `%41` becomes `A` and `+` a space; a broken escape stays as it is.
private func percentDecoded(_ text: [UInt8]) -> String {
    var decoded: [UInt8] = []
    var index = 0
    while index < text.count {
        let byte = text[index]
        if byte == UInt8(ascii: "%"), index + 2 < text.count, let high = hexDigit(text[index + 1]),
            let low = hexDigit(text[index + 2])
        {
            decoded.append(high << 4 | low)
            index += 3
        } else {
            decoded.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            index += 1
        }
    }
    return String(decoding: decoded, as: UTF8.self)
}

/// The value of a hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}
