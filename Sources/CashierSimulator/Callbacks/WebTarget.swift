/// Where a callback goes: the parts of an http URL.
struct WebTarget: Equatable, Sendable {
    /// A name or an IPv4 address.
    var host: String
    var port: Int
    /// From the first slash on, with the query.
    var path: String
    /// As in the Host header.
    var authority: String

    /// Reads `http://host:port/path`; throws what is wrong with it.
    init(_ url: String) throws(CallbackFailure) {
        guard !url.isEmpty else { throw CallbackFailure("the session has no such URL") }
        guard !url.hasPrefix("https://") else {
            throw CallbackFailure("https is not spoken here: give the callback a url, or the simulator a callback base")
        }
        guard url.hasPrefix("http://") else { throw CallbackFailure("the URL does not begin with http://") }
        let rest = url.dropFirst(7)
        let slash = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        authority = String(rest[..<slash])
        path = rest[slash...].hasPrefix("/") ? String(rest[slash...]) : "/" + rest[slash...]
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        let number = parts.count == 2 ? Int(parts[1]) : 80
        guard (1...2).contains(parts.count), !parts[0].isEmpty, let number, (1...65_535).contains(number),
            url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw CallbackFailure("the URL has no host and port that can be called") }
        host = String(parts[0])
        port = number
    }

    /// `url` with scheme and authority of `base`; as it is without one.
    static func rebased(_ url: String, on base: String?) -> String {
        guard let base, let scheme = url.firstIndex(of: ":") else { return url }
        let rest = url[scheme...].dropFirst(3)
        let slash = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        return base + rest[slash...]
    }
}

/// Why a callback has no answer.
struct CallbackFailure: Error, Equatable {
    var reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
