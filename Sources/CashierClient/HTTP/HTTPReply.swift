import Glibc

/// One HTTP reply, whole; its headers as they came.
package struct HTTPReply: Sendable {
    package let status: Int
    /// The header lines as they came, each with its line end; without the status line and without trailers.
    let headerLines: [UInt8]
    package let body: [UInt8]

    init(status: Int, headerLines: [UInt8], body: [UInt8]) {
        self.status = status
        self.headerLines = headerLines
        self.body = body
    }

    /// A reply put together from its parts.
    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        var lines: [UInt8] = []
        for (name, value) in headers { lines += "\(name): \(value)\r\n".utf8 }
        self.init(status: status, headerLines: lines, body: body)
    }

    /// The value of a header, without the blanks around it; nil when it is absent or there more than once.
    package func header(_ name: String) -> [UInt8]? {
        withHeader(name) { Array($0) }
    }

    /// The same for the value where it lies.
    func withHeader<Result>(_ name: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        headerLines.withUnsafeBytes { bytes in
            guard let first = Self.find(name, in: bytes, from: 0),
                Self.find(name, in: bytes, from: first.upperBound) == nil
            else { return nil }
            return body(HTTPSyntax.trimmed(UnsafeRawBufferPointer(rebasing: bytes[first])))
        }
    }

    /// Whether the header is there at all.
    package func hasHeader(_ name: String) -> Bool {
        headerLines.withUnsafeBytes { Self.find(name, in: $0, from: 0) != nil }
    }
}

extension HTTPReply {
    /// Where the value of the first header of that name from the line at `start` on stands, blanks included.
    private static func find(_ name: String, in bytes: UnsafeRawBufferPointer, from start: Int) -> Range<Int>? {
        let name = name.utf8
        var line = start
        while line < bytes.count {
            let end = lineEnd(bytes, line)
            let colon = line + name.count
            if colon < end, bytes[colon] == 0x3A, isName(name, bytes, line) { return colon + 1..<end }
            // A search that begins at a line's end finds an empty line there.
            line = end + (end < bytes.count && bytes[end] == 0x0D ? 2 : 1)
        }
        return nil
    }

    private static func lineEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        guard let base = bytes.baseAddress, let newline = memchr(base + start, 0x0A, bytes.count - start) else {
            return bytes.count
        }
        let end = UnsafeRawPointer(newline) - base
        return end > start && bytes[end - 1] == 0x0D ? end - 1 : end
    }

    private static func isName(_ name: String.UTF8View, _ bytes: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        var index = start
        for byte in name {
            if HTTPSyntax.lowercase(bytes[index]) != HTTPSyntax.lowercase(byte) { return false }
            index += 1
        }
        return true
    }
}
