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
        var text = text
        guard let address = text.withUTF8({ WebAddress(reading: $0) }) else { return nil }
        self = address
    }

    init?(bytes: [UInt8]) {
        guard let address = bytes.withUnsafeBufferPointer({ WebAddress(reading: $0) }) else { return nil }
        self = address
    }

    init?(reading bytes: UnsafeBufferPointer<UInt8>) {
        guard !bytes.contains(where: Self.isForbidden) else { return nil }
        let start: Int
        if Self.begins(bytes, with: "https://") {
            (scheme, start) = (.https, 8)
        } else if Self.begins(bytes, with: "http://") {
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

    private static func begins(_ bytes: UnsafeBufferPointer<UInt8>, with scheme: StaticString) -> Bool {
        guard bytes.count >= scheme.utf8CodeUnitCount else { return false }
        for index in 0..<scheme.utf8CodeUnitCount where lowercase(bytes[index]) != scheme.utf8Start[index] {
            return false
        }
        return true
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
        let digits = String(port)
        return hosts.contains { entry in
            if port == 443, entry == host { return true }
            // Read, not put together: this is done for every link.
            let entry = entry.utf8
            return entry.count == host.utf8.count + 1 + digits.utf8.count && entry.starts(with: host.utf8)
                && entry.dropFirst(host.utf8.count).first == 0x3A
                && entry.dropFirst(host.utf8.count + 1).elementsEqual(digits.utf8)
        }
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

    private static func hostAndPort(
        _ authority: Slice<UnsafeBufferPointer<UInt8>>
    ) -> (host: String, port: UInt16?)? {
        let host: Slice<UnsafeBufferPointer<UInt8>>
        if authority.first == 0x5B {
            guard let end = authority.firstIndex(of: 0x5D) else { return nil }
            host = authority[...end]
            let inner = host.dropFirst().dropLast()
            guard inner.count >= 2, inner.allSatisfy(isAddressCharacter) else { return nil }
        } else {
            host = authority.prefix { $0 != 0x3A }
            guard isName(host) else { return nil }
        }
        let name = String(unsafeUninitializedCapacity: host.count) { name in
            for (index, byte) in host.enumerated() { name[index] = lowercase(byte) }
            return host.count
        }
        let tail = authority[host.endIndex...]
        if tail.isEmpty { return (name, nil) }
        let digits = tail.dropFirst()
        guard tail.first == 0x3A, (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0
        else { return nil }
        return (name, port)
    }

    /// Labels of name characters with dots between them.
    private static func isName(_ host: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var isLabelEmpty = true
        for byte in host {
            if byte == 0x2E, isLabelEmpty { return false }
            if byte != 0x2E, !isNameCharacter(byte) { return false }
            isLabelEmpty = byte == 0x2E
        }
        return !isLabelEmpty
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
enum RedirectFault: String, Error, Equatable, Sendable {
    case missing = "the redirect URL is missing"
    case long = "the redirect URL is longer than allowed"
    case malformed = "the redirect URL is not a plain absolute URL"
    case scheme = "the redirect URL is not https"
    case host = "the redirect URL's host is not allowed for this account"
}

extension CashierAccount {
    /// A session's URL, if it may be handed on.
    func redirectURL(_ url: UnsafeBufferPointer<UInt8>) -> Result<String, RedirectFault> {
        if url.isEmpty { return .failure(.missing) }
        if url.count > redirectURLBytesMax { return .failure(.long) }
        guard let address = WebAddress(reading: url) else { return .failure(.malformed) }
        if address.scheme == .http, !(address.isLoopback && isLoopback) { return .failure(.scheme) }
        if let redirectHosts, !address.isNamed(in: redirectHosts) { return .failure(.host) }
        return .success(String(decoding: url, as: UTF8.self))
    }
}
