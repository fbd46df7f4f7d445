/// One HTTP request: what is its own, beside what its target has for all of them.
struct HTTPRequest: Sendable {
    enum Method: Sendable {
        case post
        case head
    }

    var target: HTTPTarget
    var method = Method.post
    /// Of this request only; those of every request are the target's.
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// False ends the connection once the whole request is out, before a byte of the reply is read.
    var isReplyWanted = true

    /// How a request ends whose reply is not wanted.
    static let hungUp = "hung_up"

    /// Appends the request as it goes over the wire; false, and nothing of use appended, when a header holds what would
    /// end its line.
    func render(into bytes: inout [UInt8]) -> Bool {
        bytes.append(contentsOf: target.head(method))
        for (name, value) in headers {
            guard HTTPSyntax.isHeader(name: name, value: value) else { return false }
            bytes.append(contentsOf: name.utf8)
            bytes.append(0x3A)
            bytes.append(0x20)
            bytes.append(contentsOf: value.utf8)
            bytes.append(0x0D)
            bytes.append(0x0A)
        }
        switch method {
        case .head:
            bytes.append(0x0D)
            bytes.append(0x0A)
        case .post:
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
