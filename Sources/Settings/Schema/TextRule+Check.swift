import SessionCore

extension TextRule {
    /// Whether `text` keeps the rule.
    func allows(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
        else { return false }
        switch self {
        case .line(let limit): return bytes.count <= limit && bytes.first != 0x20 && bytes.last != 0x20
        case .name: return bytes.count <= 249 && bytes.allSatisfy(isNameByte) && text != "." && text != ".."
        case .url: return URLParts(text) != nil
        case .hostAndPort:
            guard let (host, port) = splitPort(text) else { return false }
            return isHost(host) && (1...65535).contains(port)
        case .hostOrHostAndPort:
            guard let (host, port) = splitPort(text) else { return isHost(text) }
            // It is compared as it is written.
            return isHost(host) && (1...65535).contains(port) && text.hasSuffix(":\(port)")
        case .hosts: return hostList(text).allSatisfy { $0.hasPrefix("/") ? $0.utf8.count <= 100 : isHost($0) }
        case .currency: return (3...10).contains(bytes.count) && bytes.allSatisfy { isUpper($0) || isDigit($0) }
        case .locale:
            return bytes.count == 5 && bytes[2] == 0x2D
                && bytes[..<2].allSatisfy { (0x61...0x7A).contains($0) } && bytes[3...].allSatisfy(isUpper)
        case .moment: return Timestamp(rfc3339: text) != nil
        }
    }

    /// What to write, for the error and for the documentation.
    var expectation: String {
        switch self {
        case .line(let limit): "text of at most \(limit) bytes, without spaces at its ends"
        case .name: "a name of letters, digits, `.`, `_`, `-`"
        case .url: "a URL such as `https://host/path`, without user, query or fragment"
        case .hostAndPort: "`host:port`"
        case .hostOrHostAndPort: "a host name or `host:port`, without scheme or path"
        case .hosts:
            "a host name, an address, or the absolute path of a socket folder; several with commas between them"
        case .currency: "a currency code such as `EUR`"
        case .locale: "a locale such as `en-GB`"
        case .moment: "a moment such as `2026-11-21T09:00:00Z`"
        }
    }
}

/// The parts of an `http` or `https` URL that a setting may have.
struct URLParts: Equatable {
    var scheme: String
    /// Lower case; an IPv6 address without its brackets.
    var host: String
    var port: Int?
    /// Begins with `/`, or is empty.
    var path: String

    /// nil when `text` is not such a URL, or names a user, a query or a fragment.
    init?(_ text: String) {
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x5C }) else {
            return nil
        }
        let scheme = text.hasPrefix("https://") ? "https" : text.hasPrefix("http://") ? "http" : ""
        guard !scheme.isEmpty, !text.contains(where: { $0 == "?" || $0 == "#" || $0 == "@" }) else { return nil }
        let rest = text.dropFirst(scheme.count + 3)
        let authority = rest.prefix { $0 != "/" }
        self.scheme = scheme
        path = String(rest.dropFirst(authority.count))
        if let (host, port) = splitPort(String(authority)) {
            guard isHost(host), (1...65535).contains(port) else { return nil }
            self.host = bare(host)
            self.port = port
        } else {
            guard isHost(String(authority)) else { return nil }
            host = bare(String(authority))
        }
    }

    var isLoopback: Bool { isLoopbackHost(host) }
}

/// Whether `host` can only be this machine.
func isLoopbackHost(_ host: String) -> Bool {
    let name = bare(host)
    let isIPv4 = name.hasPrefix("127.") && name.utf8.allSatisfy { isDigit($0) || $0 == 0x2E }
    return name == "localhost" || name == "::1" || isIPv4
}

/// The hosts of a list with commas between them.
func hostList(_ text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
}

/// `host:port` or `[v6]:port` in its parts; nil when there is no port.
func splitPort(_ text: String) -> (host: String, port: Int)? {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let host = text[..<colon]
    let digits = text[text.index(after: colon)...]
    guard !host.contains(":") || host.hasSuffix("]"), !digits.isEmpty, digits.utf8.allSatisfy(isDigit),
        let port = Int(digits)
    else { return nil }
    return (String(host), port)
}

private func bare(_ host: String) -> String {
    (host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host).lowercased()
}

private func isHost(_ text: String) -> Bool {
    if text.hasPrefix("[") {
        let inner = text.dropFirst().dropLast()
        return text.hasSuffix("]") && inner.contains(":")
            && inner.utf8.allSatisfy { isHex($0) || $0 == 0x3A || $0 == 0x2E }
    }
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    return text.utf8.count <= 253
        && labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { isNameByte($0) && $0 != 0x2E }
        }
}

private func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

private func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (0x41...0x46).contains(byte & 0xDF) }

private func isNameByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == 0x2D || byte == 0x2E || byte == 0x5F
}
