/// Where requests go, with everything about them that does not change: made once for an account and URL.
final class HTTPTarget: Sendable {
    let origin: HTTPOrigin
    /// Name resolution, TCP and TLS together.
    let connectTimeout: Duration
    /// From when the request leaves the queue to the reply's last byte.
    let totalTimeout: Duration
    /// Whether a POST has a value of its own for the header that its head ends with.
    let hasOwnHeader: Bool
    /// The beginning of a head: whole lines, and the name of the own header.
    private let postHead: [UInt8]
    private let headHead: [UInt8]

    /// `headers` go out with every POST; `ownHeader` is the name of one that has another value each time. Nil when
    /// `url` is no plain absolute URL, when it is plain HTTP to another machine, or when a header holds what would end
    /// its line.
    init?(
        url: String,
        headers: [(name: String, value: String)] = [],
        ownHeader: String? = nil,
        connectTimeout: Duration,
        totalTimeout: Duration,
        authorityFile: String? = nil
    ) {
        guard let address = WebAddress(url), address.scheme == .https || address.isLoopback else { return nil }
        origin = HTTPOrigin(address: address, authorityFile: authorityFile)
        self.connectTimeout = connectTimeout
        self.totalTimeout = totalTimeout
        let host = address.host + (address.port.map { ":\($0)" } ?? "")
        let common = " \(Self.path(of: url)) HTTP/1.1\r\nHost: \(host)\r\n"
        var lines = Array("POST\(common)".utf8)
        for (name, value) in headers {
            guard HTTPSyntax.isHeader(name: name, value: value) else { return nil }
            lines += "\(name): \(value)\r\n".utf8
        }
        if let ownHeader {
            guard HTTPSyntax.isHeader(name: ownHeader, value: "") else { return nil }
            lines += "\(ownHeader): ".utf8
        }
        hasOwnHeader = ownHeader != nil
        postHead = lines
        headHead = Array("HEAD\(common)Accept: */*\r\n".utf8)
    }

    func head(_ method: HTTPRequest.Method) -> [UInt8] {
        switch method {
        case .post: postHead
        case .head: headHead
        }
    }

    /// What follows the authority; the URL was checked.
    private static func path(of url: String) -> String {
        let bytes = url.utf8
        let slashes = bytes.firstIndex(of: 0x3A).map { bytes.index($0, offsetBy: 3) } ?? bytes.startIndex
        let rest = bytes[slashes...].drop { $0 != 0x2F && $0 != 0x3F }
        let path = String(decoding: rest, as: UTF8.self)
        return path.hasPrefix("/") ? path : "/" + path
    }
}

/// One end of connections that may be shared: requests to the same one use each other's.
struct HTTPOrigin: Equatable, Sendable {
    let isSecure: Bool
    /// Without brackets.
    let host: String
    let port: UInt16
    /// A PEM file that replaces the system's trusted authorities.
    let authorityFile: String?
    /// Of all the above, to find a pool quickly.
    let fingerprint: Int

    init(address: WebAddress, authorityFile: String?) {
        isSecure = address.scheme == .https
        host = address.host.hasPrefix("[") ? String(address.host.dropFirst().dropLast()) : address.host
        port = address.port ?? (isSecure ? 443 : 80)
        self.authorityFile = authorityFile
        var hasher = Hasher()
        hasher.combine(isSecure)
        hasher.combine(host)
        hasher.combine(port)
        hasher.combine(authorityFile)
        fingerprint = hasher.finalize()
    }
}
