/// Why bytes are no reply. The raw value is for people and holds nothing of the reply.
enum HTTPReplyFault: String, Equatable, Sendable {
    case statusLine = "the reply does not begin with a status line of HTTP/1"
    case upgrade = "the reply changes the protocol, which nobody asked for"
    case lineEnd = "a line of the reply's head does not end with CR LF"
    case header = "a header line of the reply is malformed"
    case fold = "a header line of the reply is folded"
    case length = "the reply's Content-Length is no number, or there are two that differ"
    case coding = "the reply's Transfer-Encoding is not chunked"
    case framing = "the reply has both a Content-Length and a Transfer-Encoding"
    case chunk = "a chunk of the reply is malformed"
    case large = "the reply is larger than allowed"
    case early = "the server spoke before it was asked"

    /// As the answer's code.
    var code: String {
        self == .large ? "too_large" : "not_http"
    }
}
