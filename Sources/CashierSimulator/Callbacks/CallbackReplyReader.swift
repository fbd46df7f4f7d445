/// Puts an HTTP/1.1 answer together from what arrives: by its length, in chunks, or up to the end of the connection.
struct CallbackReplyReader {
    private var bytes: [UInt8] = []

    var count: Int { bytes.count }

    mutating func append(_ piece: ArraySlice<UInt8>) {
        bytes += piece
    }

    /// The answer, once it is whole; nil until then. `isEnd`: nothing more will come. Throws for what is no HTTP.
    mutating func reply(isEnd: Bool) throws(CallbackFailure) -> CallbackReply? {
        while true {
            guard let end = Self.firstIndex(of: Array("\r\n\r\n".utf8), in: bytes, from: 0) else { return nil }
            var reply = try Self.head(bytes[..<end])
            let start = end + 4
            // What comes before the answer proper says nothing.
            guard reply.status >= 200 else {
                bytes.removeFirst(start)
                continue
            }
            if reply.header("transfer-encoding")?.lowercased() == "chunked" {
                guard let body = try Self.dechunked(bytes, from: start) else { return nil }
                reply.body = body
                return reply
            }
            if let text = reply.header("content-length") {
                guard let length = Int(text), length >= 0 else { throw CallbackFailure("the answer's length is none") }
                guard bytes.count >= start + length else { return nil }
                reply.body = Array(bytes[start..<start + length])
                return reply
            }
            guard isEnd else { return nil }
            reply.body = Array(bytes[start...])
            return reply
        }
    }

    private static func head(_ bytes: ArraySlice<UInt8>) throws(CallbackFailure) -> CallbackReply {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = lines[0].split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]), (100...599).contains(status)
        else { throw CallbackFailure("the answer is not HTTP") }
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            let value = parts[1].drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            return (parts[0].lowercased(), String(value))
        }
        return CallbackReply(status: status, headers: headers, body: [])
    }

    private static func dechunked(_ bytes: [UInt8], from start: Int) throws(CallbackFailure) -> [UInt8]? {
        var body: [UInt8] = []
        var index = start
        while true {
            guard let end = firstIndex(of: [0x0D, 0x0A], in: bytes, from: index) else { return nil }
            let size = bytes[index..<end].prefix { $0 != UInt8(ascii: ";") }
            guard let length = Int(String(decoding: size, as: UTF8.self), radix: 16), (0...1 << 24).contains(length)
            else { throw CallbackFailure("the answer's chunks are broken") }
            // Fields after the last chunk say nothing here, but the empty line does.
            guard length > 0 else {
                return firstIndex(of: Array("\r\n\r\n".utf8), in: bytes, from: end) == nil ? nil : body
            }
            guard bytes.count >= end + 2 + length + 2 else { return nil }
            body += bytes[end + 2..<end + 2 + length]
            index = end + 2 + length + 2
        }
    }

    private static func firstIndex(of pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= start + pattern.count else { return nil }
        return (start...bytes.count - pattern.count).first {
            bytes[$0] == pattern[0] && bytes[$0..<$0 + pattern.count].elementsEqual(pattern)
        }
    }
}
