/// The parts of a callback URL that decide where it leads, by one small strict parser.
///
/// What other parsers are known to read differently is refused: user information, backslashes, control characters, a
/// host in Unicode, a fragment right behind the host, a port or an IP address in an unusual spelling.
package struct CallbackURL: Equatable, Sendable {
    package enum Scheme: String, Sendable {
        case https
        case http
    }

    package enum Fault: Error, Equatable, Sendable {
        case scheme
        case userInfo
        case host
        case port
        /// A control character, a backslash, something outside ASCII, or (unless opaque) a space.
        case character
        /// A fragment never reaches a server. Opaque URLs may have one behind a path or a query.
        case fragment
    }

    package var scheme: Scheme
    /// In lower case, IPv6 with its brackets.
    package var host: String
    package var isIPAddress: Bool
    /// nil if the URL names none.
    package var port: UInt16?

    /// Parses an absolute URL. With `isOpaque`, what follows the host may be all printable ASCII but backslashes:
    /// the provider fills in `{{…}}` placeholders (API 1.3, webhooks/return). What is beyond ASCII is encoded in one
    /// way by one reader and in another by the next, so that nobody could say where it leads.
    package init(_ text: some Collection<UInt8>, isOpaque: Bool) throws(Fault) {
        self = try Array(text).withUnsafeBufferPointer { CallbackURL.read($0, isOpaque: isOpaque) }.get()
    }

    /// The same for bytes where they lie.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>, isOpaque: Bool) -> Result<CallbackURL, Fault> {
        do throws(Fault) {
            return .success(try CallbackURL(bytes: bytes, isOpaque: isOpaque))
        } catch {
            return .failure(error)
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, isOpaque: Bool) throws(Fault) {
        let isPrintable = ByteWords.isPrintableASCII(bytes)
        if !isPrintable, bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) { throw .character }
        if ByteWords.contains(UInt8(ascii: "\\"), in: bytes) { throw .character }
        var start: Int
        if Self.hasPrefix("https://", bytes) {
            (scheme, start) = (.https, 8)
        } else if Self.hasPrefix("http://", bytes) {
            (scheme, start) = (.http, 7)
        } else {
            throw .scheme
        }
        let end = bytes[start...].firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? bytes.count
        if bytes[start..<end].contains(UInt8(ascii: "@")) { throw .userInfo }
        let rest = bytes[end...]
        if rest.first == UInt8(ascii: "#") { throw .fragment }
        if !isPrintable, rest.contains(where: { $0 >= 0x80 }) { throw .character }
        if !isOpaque {
            let rest = UnsafeBufferPointer(rebasing: rest)
            if ByteWords.contains(0x20, in: rest) { throw .character }
            if ByteWords.contains(UInt8(ascii: "#"), in: rest) { throw .fragment }
        }

        let hostEnd = Self.hostEnd(in: UnsafeBufferPointer(rebasing: bytes[start..<end])) + start
        if hostEnd < end {
            guard let number = Self.port(UnsafeBufferPointer(rebasing: bytes[(hostEnd + 1)..<end])) else { throw .port }
            port = number
        }
        let name = UnsafeBufferPointer(rebasing: bytes[start..<hostEnd])
        if Self.isIPv6(name) || Self.isIPv4(name) {
            isIPAddress = true
        } else if Self.isName(name) {
            isIPAddress = false
        } else {
            throw .host
        }
        host = String(unsafeUninitializedCapacity: name.count) { host in
            for index in name.indices { host[index] = Self.lowercase(name[index]) }
            return name.count
        }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte + 0x20 : byte
    }

    /// As an allow-list spells it: the host, and `:port` where the URL names one that is not the scheme's own.
    package var authority: String {
        guard let port, port != (scheme == .https ? 443 : 80) else { return host }
        return "\(host):\(port)"
    }

    /// Whether the host is this machine: `localhost`, 127.0.0.0/8 or `[::1]`.
    package var isLoopback: Bool {
        host == "localhost" || host == "[::1]" || (isIPAddress && host.hasPrefix("127."))
    }

    private static func hasPrefix(_ prefix: StaticString, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count >= prefix.utf8CodeUnitCount else { return false }
        for offset in 0..<prefix.utf8CodeUnitCount where bytes[offset] != prefix.utf8Start[offset] { return false }
        return true
    }

    private static func hostEnd(in authority: UnsafeBufferPointer<UInt8>) -> Int {
        var from = authority.startIndex
        if authority.first == UInt8(ascii: "[") {
            from = authority.firstIndex(of: UInt8(ascii: "]")) ?? authority.endIndex
        }
        return authority[from...].firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
    }

    private static func port(_ digits: UnsafeBufferPointer<UInt8>) -> UInt16? {
        guard (1...5).contains(digits.count), digits.first != 0x30, digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self))
    }

    /// Labels of letters, digits and inner dashes. The last one may not be a number: resolvers would take
    /// `2130706433`, `0x7f.1` and `0177.0.0.1` for addresses.
    private static func isName(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard name.count <= 253 else { return false }
        var start = 0
        while let end = name[start...].firstIndex(of: UInt8(ascii: ".")) {
            guard isLabel(name[start..<end]) else { return false }
            start = end + 1
        }
        let last = name[start...]
        return isLabel(last) && !last.allSatisfy { 0x30...0x39 ~= $0 } && !isHexadecimal(last)
    }

    private static func isLabel(_ label: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        1...63 ~= label.count && label.first != 0x2D && label.last != 0x2D
            && label.allSatisfy { 0x61...0x7A ~= lowercase($0) || 0x30...0x39 ~= $0 || $0 == 0x2D }
    }

    /// Begins with `0x`.
    private static func isHexadecimal(_ label: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        label.first == 0x30 && label.dropFirst().first.map(lowercase) == 0x78
    }

    /// Four decimal numbers up to 255 without leading zeros: the only spelling that all parsers read alike.
    private static func isIPv4(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard name.count <= 15, let first = name.first, 0x30...0x39 ~= first else { return false }
        let parts = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy { (0x30...0x39).contains($0) }
                    && (part.count == 1 || part.first != 0x30)
                    && part.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
            }
    }

    /// Brackets around hexadecimal groups; whether the groups make an address is left to the resolver.
    private static func isIPv6(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        name.count >= 4 && name.first == UInt8(ascii: "[") && name.last == UInt8(ascii: "]")
            && name.dropFirst().dropLast().allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains(lowercase($0)) || $0 == 0x3A || $0 == 0x2E
            }
    }
}
