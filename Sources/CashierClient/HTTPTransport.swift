import SessionCore

/// One HTTP request, whole.
struct HTTPRequest: Sendable {
    enum Method: Sendable {
        case post
        case head
    }

    var method: Method
    var url: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    /// Plain HTTP is spoken only when this says so.
    var allowsPlainHTTP: Bool
    var connectTimeout: Duration
    var totalTimeout: Duration
    /// A PEM file that replaces the system's trusted authorities.
    var authorityFile: String?
}

/// One HTTP reply, whole; its headers as they came.
package struct HTTPReply: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of a header, without the blanks around it; nil when it is absent or there more than once.
    package func header(_ name: String) -> [UInt8]? {
        let wanted = lowercase(name)
        let found = headers.filter { lowercase($0.name) == wanted }
        guard found.count == 1, let value = found.first?.value else { return nil }
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        return Array(Array(value.utf8.drop(while: isBlank)).reversed().drop(while: isBlank).reversed())
    }

    /// Whether the header is there at all.
    package func hasHeader(_ name: String) -> Bool {
        let wanted = lowercase(name)
        return headers.contains { lowercase($0.name) == wanted }
    }

    private func lowercase(_ name: String) -> [UInt8] {
        name.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
    }
}

/// How an exchange ended.
struct HTTPEnding: Sendable {
    enum Result: Sendable {
        case reply(HTTPReply)
        /// `code` is one of Usher's names (`dns`, `connect`, `tls`, `timeout`, `reset`, …), `detail` holds no URL.
        case failed(code: String, detail: String)
    }

    var result: Result
    /// Whether any byte of the body can have left the process. False is proof that none did.
    var isBodyTouched: Bool
    var elapsed: Duration
}

/// Carries requests to the provider. An implementation sends each request at most once, follows nowhere, and says for
/// certain when nothing was sent.
protocol HTTPTransport: Sendable {
    /// `completion` runs once, on a thread of the transport's, and must not block.
    func start(_ request: HTTPRequest, completion: @escaping @Sendable (HTTPEnding) -> Void)
    /// Runs `work` on the transport's thread.
    func run(_ work: @escaping @Sendable () -> Void)
    /// Waits until nothing is in flight, at most `timeout`; then ends what is left.
    func close(timeout: Duration) async
}
