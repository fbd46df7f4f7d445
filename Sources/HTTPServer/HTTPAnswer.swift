/// What goes wrong on the connection while an answer is given.
package enum WireFault: Equatable, Sendable {
    /// Never answered; the connection stays until the client closes it.
    case hang
    /// The connection is reset instead of an answer.
    case reset
    /// The connection is closed in an orderly way without a byte of the answer.
    case close
    /// The first half of the answer, then the connection is closed.
    case half
    /// The answer arrives in small pieces over this time.
    case slow(Duration)
    /// The request waits this long before anyone reads it, and is then read even if the client has gone away.
    case hold(Duration)
}

/// Which part of the event list a streamed answer still has to give.
package struct EventRange: Equatable, Sendable {
    /// The list's incarnation: it is emptied by a reset.
    package var epoch: Int
    package var next: Int
    package var end: Int

    package init(epoch: Int, next: Int, end: Int) {
        self.epoch = epoch
        self.next = next
        self.end = end
    }
}

/// An answer and the manner in which it is given.
package struct HTTPAnswer: Equatable, Sendable {
    package var status: Int
    package var headers: [HTTPHeader]
    package var body: [UInt8]
    /// Time between the request and the first byte of the answer.
    package var delay: Duration = .zero
    package var fault: WireFault?
    /// More body than `body`, made piece by piece while the client reads.
    package var rest: EventRange?

    package init(status: Int, headers: [HTTPHeader] = [], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The bytes on the wire: the head and `body`, which is one chunk if there is a `rest`.
    func rendered(keepsAlive: Bool, withoutBody: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256 + body.count)
        bytes += "HTTP/1.1 \(status) \(HTTPAnswer.reason(status))\r\n".utf8
        for header in headers {
            bytes += header.name.utf8
            bytes += ": ".utf8
            bytes += header.value.utf8
            bytes += "\r\n".utf8
        }
        if rest == nil {
            bytes += "Content-Length: \(body.count)\r\n".utf8
        } else {
            bytes += "Transfer-Encoding: chunked\r\n".utf8
        }
        if !keepsAlive { bytes += "Connection: close\r\n".utf8 }
        bytes += "\r\n".utf8
        guard !withoutBody else { return bytes }
        if rest == nil {
            bytes += body
        } else {
            HTTPAnswer.appendChunk(body, to: &bytes)
        }
        return bytes
    }

    /// Adds one chunk of a chunked body; an empty one would end the body, so it adds nothing.
    static func appendChunk(_ piece: [UInt8], to bytes: inout [UInt8]) {
        guard !piece.isEmpty else { return }
        bytes += String(piece.count, radix: 16).utf8
        bytes += "\r\n".utf8
        bytes += piece
        bytes += "\r\n".utf8
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 302: "Found"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}
