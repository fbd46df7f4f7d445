/// One request and who is told how it ended.
///
/// A class: it goes through many hands, and each would count all that is in it.
final class HTTPStart: Sendable {
    let request: HTTPRequest
    /// Nobody waits for it: it leaves the reserve of connections to others.
    let isPatient: Bool
    /// Runs once, on the transport's thread, and must not block. What it returns matters after a reply only.
    let completion: @Sendable (HTTPEnding) -> HTTPConnectionFate

    init(
        request: HTTPRequest,
        isPatient: Bool = false,
        completion: @escaping @Sendable (HTTPEnding) -> HTTPConnectionFate
    ) {
        self.request = request
        self.isPatient = isPatient
        self.completion = completion
    }
}

/// What becomes of a connection after a reply, as far as the one who reads the reply can tell.
enum HTTPConnectionFate: Sendable {
    /// It may carry another request, if nothing else is against it.
    case keep
    /// The reply may be another request's, and the next one as well.
    case close
}

/// How an exchange ended.
struct HTTPEnding: Sendable {
    enum Result: Sendable {
        case reply(HTTPReply)
        /// `code` is one of Usher's names (`dns`, `connect`, `tls`, `timeout`, `reset`, …), `detail` holds no URL.
        case failed(code: String, detail: String)
    }

    var result: Result
    /// Whether any byte of the request, its head included, was handed to the kernel: true as soon as `send` accepted
    /// one, or as OpenSSL wrote one byte of a record that holds some of it. False is proof that none left the process.
    var isBodyTouched: Bool
    /// Since the request was given to `start`.
    var elapsed: Duration
}

/// Carries requests to the provider. An implementation sends each request at most once, follows nowhere, and says for
/// certain when nothing was sent.
protocol HTTPTransport: Sendable {
    /// Begins requests in order. Each completion runs once, on the transport's thread, and must not block.
    func start(_ starts: [HTTPStart])
    /// Waits until nothing is in flight, at most `timeout`; then ends what is left.
    func close(timeout: Duration) async
}

extension HTTPTransport {
    /// Begins a request whose reply says nothing against its connection.
    func start(_ request: HTTPRequest, completion: @escaping @Sendable (HTTPEnding) -> Void) {
        let start = HTTPStart(request: request) { ending in
            completion(ending)
            return .keep
        }
        self.start([start])
    }
}
