/// One HTTP request: what is its own, beside what its target has for all of them.
struct HTTPRequest: Sendable {
    enum Method: Sendable {
        case post
        case head
    }

    var target: HTTPTarget
    var method = Method.post
    /// The value of the target's own header; nil for a target without one.
    var ownHeader: String?
    var body: [UInt8] = []
    /// False ends the connection once the whole request is out, before a byte of the reply is read.
    var isReplyWanted = true

    /// How a request ends whose reply is not wanted.
    static let hungUp = "hung_up"

    /// Appends the request as it goes over the wire; false, and nothing of use appended, when the own header is missing
    /// or holds what would end its line.
    func render(into bytes: inout [UInt8]) -> Bool {
        bytes.append(contentsOf: target.head(method))
        switch method {
        case .head:
            bytes.append(contentsOf: "\r\n".utf8)
        case .post:
            guard (ownHeader != nil) == target.hasOwnHeader else { return false }
            if let ownHeader {
                guard HTTPSyntax.isValue(ownHeader) else { return false }
                bytes.append(contentsOf: ownHeader.utf8)
                bytes.append(contentsOf: "\r\n".utf8)
            }
            bytes.append(contentsOf: "Content-Length: ".utf8)
            Self.append(decimal: body.count, to: &bytes)
            bytes.append(contentsOf: "\r\n\r\n".utf8)
            bytes.append(contentsOf: body)
        }
        return true
    }

    private static func append(decimal number: Int, to bytes: inout [UInt8]) {
        if number >= 10 { append(decimal: number / 10, to: &bytes) }
        bytes.append(0x30 + UInt8(number % 10))
    }
}
