/// The request line and headers of a request, and how its body is framed.
struct HTTPHead {
    enum Framing: Equatable {
        case none
        case length(Int)
        case chunked
    }

    var request: HTTPRequest
    var framing: Framing
    var expectsContinue: Bool

    /// Reads everything before the empty line that ends a head.
    init(bytes: ArraySlice<UInt8>) throws(HTTPRefusal) {
        var lines = Lines(rest: bytes)
        guard let first = try lines.next() else { throw Self.bad("there is no request line") }
        let words = first.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy(isTokenByte), isTarget(words[1]) else {
            throw Self.bad("the request line is not METHOD TARGET HTTP/1.1")
        }
        let isOld: Bool
        switch String(decoding: words[2], as: UTF8.self) {
        case "HTTP/1.1": isOld = false
        case "HTTP/1.0": isOld = true
        default: throw HTTPRefusal(status: 505, reason: "only HTTP/1.1 and HTTP/1.0 are spoken here")
        }
        var headers: [HTTPHeader] = []
        while let line = try lines.next() {
            headers.append(try Self.header(line))
        }
        var request = HTTPRequest(
            method: String(decoding: words[0], as: UTF8.self),
            target: String(decoding: words[1], as: UTF8.self),
            headers: headers
        )
        let connection = request.header("connection").map(lowercased) ?? ""
        request.keepsAlive = isOld ? connection == "keep-alive" : connection != "close"
        framing = try Self.framing(headers)
        expectsContinue = !isOld && request.header("expect").map(lowercased) == "100-continue"
        self.request = request
    }

    private static func header(_ line: ArraySlice<UInt8>) throws(HTTPRefusal) -> HTTPHeader {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(isTokenByte)
        else { throw bad("a header line is not NAME: VALUE") }
        var value = line[line.index(after: colon)...]
        while let byte = value.first, byte == 0x20 || byte == 0x09 { value.removeFirst() }
        while let byte = value.last, byte == 0x20 || byte == 0x09 { value.removeLast() }
        return HTTPHeader(
            name: String(decoding: line[..<colon].map(asciiLowercased), as: UTF8.self),
            value: String(decoding: value, as: UTF8.self)
        )
    }

    private static func framing(_ headers: [HTTPHeader]) throws(HTTPRefusal) -> Framing {
        let lengths = headers.filter { $0.name == "content-length" }
        let encodings = headers.filter { $0.name == "transfer-encoding" }
        if !encodings.isEmpty {
            guard lengths.isEmpty else { throw bad("a request has both a length and chunks") }
            guard encodings.count == 1, lowercased(encodings[0].value) == "chunked" else {
                throw HTTPRefusal(status: 501, reason: "the only transfer encoding known here is chunked")
            }
            return .chunked
        }
        guard let length = lengths.first else { return .none }
        let digits = length.value.utf8
        guard lengths.count == 1, (1...12).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int(length.value)
        else { throw bad("Content-Length is not one decimal number") }
        return .length(count)
    }

    private static func bad(_ reason: String) -> HTTPRefusal {
        HTTPRefusal(status: 400, reason: reason)
    }
}

/// Lines that end with CR LF; the last one has no end.
private struct Lines {
    var rest: ArraySlice<UInt8>

    mutating func next() throws(HTTPRefusal) -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        let end = rest.firstIndex(of: 0x0D) ?? rest.endIndex
        let line = rest[..<end]
        guard !line.contains(0x0A), !line.contains(0) else {
            throw HTTPRefusal(status: 400, reason: "a line of the head does not end with CR LF")
        }
        rest = rest[end...]
        guard !rest.isEmpty else { return line }
        guard rest.count > 1, rest[rest.startIndex + 1] == 0x0A else {
            throw HTTPRefusal(status: 400, reason: "a line of the head does not end with CR LF")
        }
        rest = rest.dropFirst(2)
        return line
    }
}

private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

private func isTarget(_ target: ArraySlice<UInt8>) -> Bool {
    target.first == UInt8(ascii: "/") && target.allSatisfy { $0 > 0x20 && $0 < 0x7F }
}

private func asciiLowercased(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
}

private func lowercased(_ text: String) -> String {
    String(decoding: text.utf8.map(asciiLowercased), as: UTF8.self)
}
