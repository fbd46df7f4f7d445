/// The parts of an absolute http or https URL that decide where it leads. One strict reading for every URL that this
/// module meets, so that no two parsers can disagree; whatever is doubtful is no address.
struct WebAddress: Equatable {
    enum Scheme: Equatable {
        case http
        case https
    }

    var scheme: Scheme
    /// Lower case; an IPv6 address keeps its brackets.
    var host: String
    /// As written, nil for the scheme's own.
    var port: UInt16?
    var hasQuery: Bool

    /// Nil for user info, fragments, control characters, spaces, quotes, backslashes, and hosts that are neither plain
    /// ASCII names nor bracketed addresses.
    init?(_ text: String) {
        self.init(bytes: Array(text.utf8))
    }

    init?(bytes: [UInt8]) {
        guard !bytes.contains(where: Self.isForbidden) else { return nil }
        let lowered = bytes.prefix(8).map(Self.lowercase)
        let start: Int
        if lowered.starts(with: Array("https://".utf8)) {
            (scheme, start) = (.https, 8)
        } else if lowered.starts(with: Array("http://".utf8)) {
            (scheme, start) = (.http, 7)
        } else {
            return nil
        }
        let rest = bytes[start...]
        let authority = rest.prefix { $0 != 0x2F && $0 != 0x3F }
        guard let split = Self.hostAndPort(authority) else { return nil }
        host = split.host
        port = split.port
        hasQuery = rest.contains(0x3F)
    }

    /// `localhost`, 127.0.0.0/8 and `[::1]`.
    var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }

    /// Whether `hosts` names this host with this port; an entry without a port means the port of https.
    func isNamed(in hosts: [String]) -> Bool {
        let port = self.port ?? (scheme == .https ? 443 : 80)
        return hosts.contains { $0 == "\(host):\(port)" || (port == 443 && $0 == host) }
    }

    /// What a browser would rewrite, cut off or read otherwise: controls, space, `"`, `<`, `>`, `\`, `` ` ``, `#`.
    private static func isForbidden(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, 0x7F, 0x22, 0x23, 0x3C, 0x3E, 0x5C, 0x60: true
        case _: false
        }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte + 0x20 : byte
    }

    private static func hostAndPort(_ authority: ArraySlice<UInt8>) -> (host: String, port: UInt16?)? {
        let host: ArraySlice<UInt8>
        if authority.first == 0x5B {
            guard let end = authority.firstIndex(of: 0x5D) else { return nil }
            host = authority[...end]
            let inner = host.dropFirst().dropLast()
            guard inner.count >= 2, inner.allSatisfy(isAddressCharacter) else { return nil }
        } else {
            host = authority.prefix { $0 != 0x3A }
            let labels = host.split(separator: 0x2E, omittingEmptySubsequences: false)
            guard labels.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isNameCharacter) }) else { return nil }
        }
        let name = String(decoding: host.map(lowercase), as: UTF8.self)
        let tail = authority[host.endIndex...]
        if tail.isEmpty { return (name, nil) }
        let digits = tail.dropFirst()
        guard tail.first == 0x3A, (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0
        else { return nil }
        return (name, port)
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(lowercase(byte)) || byte == 0x2D
    }

    /// Of an IPv6 address, also with an IPv4 tail; no zone.
    private static func isAddressCharacter(_ byte: UInt8) -> Bool {
        (0x30...0x3A).contains(byte) || (0x61...0x66).contains(lowercase(byte)) || byte == 0x2E
    }
}

/// Why a redirect URL is not passed on. The raw value goes into the answer's message.
enum RedirectFault: String, Equatable, Sendable {
    case missing = "the redirect URL is missing"
    case long = "the redirect URL is longer than allowed"
    case malformed = "the redirect URL is not a plain absolute URL"
    case scheme = "the redirect URL is not https"
    case host = "the redirect URL's host is not allowed for this account"
}

extension CashierAccount {
    /// Whether a session's URL may be handed on; nil when nothing is wrong with it.
    func redirectFault(_ url: [UInt8]) -> RedirectFault? {
        if url.isEmpty { return .missing }
        if url.count > redirectURLBytesMax { return .long }
        guard let address = WebAddress(bytes: url) else { return .malformed }
        if address.scheme == .http, !(address.isLoopback && isLoopback) { return .scheme }
        if let redirectHosts, !address.isNamed(in: redirectHosts) { return .host }
        return nil
    }
}
