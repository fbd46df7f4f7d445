/// What a reply's head says of how the reply is to be read, and its header lines as they came.
struct HTTPReplyHead {
    private(set) var status = 0
    private(set) var lines: [UInt8] = []
    private(set) var length: Int?
    private(set) var isChunked = false
    var keepsConnection = true
    /// How long the server keeps the connection when nothing happens, if it says so.
    private(set) var idleSeconds: Int?

    var isInterim: Bool { status < 200 }
    var hasNoBody: Bool { status == 204 || status == 304 }

    /// `HTTP/1.1 200 OK`; the words after the number may be missing. What is wrong with it, or nil.
    mutating func takeStatusLine(_ line: UnsafeRawBufferPointer) -> HTTPReplyFault? {
        let prefix: StaticString = "HTTP/1."
        guard line.count >= 12, line[8] == 0x20, line[7] == 0x30 || line[7] == 0x31 else { return .statusLine }
        for index in 0..<7 where line[index] != prefix.utf8Start[index] { return .statusLine }
        for index in 9..<12 {
            guard line[index] >= 0x30, line[index] <= 0x39 else { return .statusLine }
            status = status * 10 + Int(line[index] - 0x30)
        }
        guard status >= 100, line.count == 12 || line[12] == 0x20 else { return .statusLine }
        for index in 12..<line.count where !HTTPSyntax.isText(line[index]) { return .statusLine }
        // HTTP/1.0 keeps no connection, whatever its headers promise.
        if line[7] == 0x30 { keepsConnection = false }
        return nil
    }

    /// What is wrong with it, or nil. `ended` is the line with its end.
    mutating func takeHeader(_ line: UnsafeRawBufferPointer, ended: UnsafeRawBufferPointer) -> HTTPReplyFault? {
        guard let colon = Self.colon(in: line) else { return HTTPSyntax.isBlank(line[0]) ? .fold : .header }
        if lines.isEmpty { lines.reserveCapacity(512) }
        lines.append(contentsOf: ended)
        let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
        let value = UnsafeRawBufferPointer(rebasing: line[(colon + 1)...])
        switch colon {
        case 10:
            if HTTPSyntax.isEqual(name, "connection") { takeConnection(value) }
            if HTTPSyntax.isEqual(name, "keep-alive") { takeKeepAlive(value) }
        case 14 where HTTPSyntax.isEqual(name, "content-length"):
            return takeLength(HTTPSyntax.trimmed(value))
        case 17 where HTTPSyntax.isEqual(name, "transfer-encoding"):
            guard !isChunked, HTTPSyntax.isEqual(HTTPSyntax.trimmed(value), "chunked") else { return .coding }
            isChunked = true
        case _:
            break
        }
        return nil
    }

    /// Trailers are read as headers are, and dropped.
    static func faultOfTrailer(_ line: UnsafeRawBufferPointer) -> HTTPReplyFault? {
        if colon(in: line) != nil { return nil }
        return HTTPSyntax.isBlank(line[0]) ? .fold : .header
    }

    /// Where the name of a well-formed header line ends.
    private static func colon(in line: UnsafeRawBufferPointer) -> Int? {
        var colon = 0
        while colon < line.count, HTTPSyntax.isToken(line[colon]) { colon += 1 }
        guard colon > 0, colon < line.count, line[colon] == 0x3A else { return nil }
        return HTTPSyntax.areText(UnsafeRawBufferPointer(rebasing: line[(colon + 1)...])) ? colon : nil
    }

    private mutating func takeLength(_ value: UnsafeRawBufferPointer) -> HTTPReplyFault? {
        guard let number = Self.number(value) else { return .length }
        if let length, length != number { return .length }
        length = number
        return nil
    }

    /// Numbers beyond eighteen digits are as good as the largest of them.
    private static func number(_ digits: UnsafeRawBufferPointer) -> Int? {
        guard !digits.isEmpty else { return nil }
        var number = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            number = number > 99_999_999_999_999_999 ? .max : number * 10 + Int(digit - 0x30)
        }
        return number
    }

    private mutating func takeConnection(_ value: UnsafeRawBufferPointer) {
        for token in value.split(separator: 0x2C)
        where HTTPSyntax.isEqual(HTTPSyntax.trimmed(UnsafeRawBufferPointer(rebasing: token)), "close") {
            keepsConnection = false
        }
    }

    /// `timeout=5, max=100`.
    private mutating func takeKeepAlive(_ value: UnsafeRawBufferPointer) {
        for part in value.split(separator: 0x2C) {
            let part = HTTPSyntax.trimmed(UnsafeRawBufferPointer(rebasing: part))
            guard part.count > 8, HTTPSyntax.isEqual(UnsafeRawBufferPointer(rebasing: part[..<8]), "timeout=") else {
                continue
            }
            idleSeconds = Self.number(UnsafeRawBufferPointer(rebasing: part[8...]))
        }
    }
}
