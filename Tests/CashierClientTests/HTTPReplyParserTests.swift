import Testing

@testable import CashierClient

@Suite("Reading a reply's bytes")
struct HTTPReplyParserTests {
    /// What came of a reply.
    enum Read: Equatable {
        /// `surplus` bytes came after it.
        case reply(status: Int, body: String, isKept: Bool, surplus: Int)
        case broken(HTTPReplyFault)
        case unfinished
    }

    /// Reads `bytes` in pieces of the sizes that `next` gives.
    static func read(
        _ bytes: [UInt8],
        answersHead: Bool = false,
        ends: Bool = false,
        limits: HTTPLimits = HTTPLimits(),
        pieces next: () -> Int = { .max }
    ) -> Read {
        var parser = HTTPReplyParser(limits: limits, answersHead: answersHead)
        var start = 0
        func reply(surplus: Int) -> Read {
            let reply = parser.reply
            let body = String(decoding: reply.body, as: UTF8.self)
            return .reply(status: reply.status, body: body, isKept: parser.keepsConnection, surplus: surplus)
        }
        while start < bytes.count {
            let piece = Array(bytes[start...].prefix(max(1, next())))
            switch piece.withUnsafeBytes({ parser.consume($0) }) {
            case .needsMore: start += piece.count
            case .complete(let used): return reply(surplus: bytes.count - start - used)
            case .broken(let fault): return .broken(fault)
            }
        }
        return ends && parser.consumeEnd() ? reply(surplus: 0) : .unfinished
    }

    struct Sample: Sendable, CustomTestStringConvertible {
        var bytes: String
        var read: Read
        var answersHead = false
        var ends = false

        var testDescription: String { String(bytes.prefix(60)) }

        init(_ bytes: String, _ read: Read, answersHead: Bool = false, ends: Bool = false) {
            self.bytes = bytes
            self.read = read
            self.answersHead = answersHead
            self.ends = ends
        }
    }

    static let ok = "HTTP/1.1 200 OK\r\n"
    static let chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"

    static func whole(_ body: String, status: Int = 200, isKept: Bool = true, surplus: Int = 0) -> Read {
        .reply(status: status, body: body, isKept: isKept, surplus: surplus)
    }

    static let good: [Sample] = [
        Sample(ok + "Content-Length: 3\r\n\r\nabc", whole("abc")),
        Sample(ok + "Content-Length: 3\r\ncontent-length:3 \r\n\r\nabc", whole("abc")),
        Sample(ok + "Content-Length: 3\r\n\r\nabcd", whole("abc", surplus: 1)),
        Sample("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", whole("")),
        Sample("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", whole("")),
        Sample("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", whole("a", isKept: false)),
        Sample(ok + "Connection: close\r\nContent-Length: 1\r\n\r\na", whole("a", isKept: false)),
        Sample(ok + "Connection: x , CLOSE\r\nContent-Length: 1\r\n\r\na", whole("a", isKept: false)),
        Sample(ok + "Connection: keep-alive\r\nContent-Length: 1\r\n\r\na", whole("a")),
        Sample(chunked + "3\r\nabc\r\n0\r\n\r\n", whole("abc")),
        Sample(chunked + "1;x=y\r\na\r\n00A ; z\r\n0123456789\r\n0\r\nX: y\r\n\r\n", whole("a0123456789")),
        Sample(ok + "\r\nabc", whole("abc", isKept: false), ends: true),
        Sample("HTTP/1.1 204 No\r\n\r\n", whole("", status: 204)),
        Sample("HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n", whole("", status: 304)),
        Sample(ok + "Content-Length: 5\r\n\r\n", whole(""), answersHead: true),
        Sample(
            "HTTP/1.1 103 Hints\r\nX: y\r\n\r\nHTTP/1.1 100 Go\r\n\r\n" + ok + "Content-Length: 1\r\n\r\na",
            whole("a")
        ),
    ]

    static let bad: [Sample] = [
        Sample("SSH-2.0-OpenSSH_9.2\r\n", .broken(.statusLine)),
        Sample("HTTP/2 200 OK\r\n", .broken(.statusLine)),
        Sample("HTTP/1.2 200 OK\r\n", .broken(.statusLine)),
        Sample("http/1.1 200 OK\r\n", .broken(.statusLine)),
        Sample("HTTP/1.1 2000 OK\r\n", .broken(.statusLine)),
        Sample("HTTP/1.1 20 OK\r\n", .broken(.statusLine)),
        Sample("HTTP/1.1  200 OK\r\n", .broken(.statusLine)),
        Sample("HTTP/1.1 099 OK\r\n", .broken(.statusLine)),
        Sample("HTTP/1.1 200 \u{0}\r\n", .broken(.statusLine)),
        Sample("\r\nHTTP/1.1 200 OK\r\n", .broken(.statusLine)),
        Sample("HTTP/1.1 200 OK\n", .broken(.lineEnd)),
        Sample(ok + "X: y\n", .broken(.lineEnd)),
        Sample(ok + "X: y\rZ: 1\r\n", .broken(.header)),
        Sample(ok + "X : y\r\n", .broken(.header)),
        Sample(ok + ": y\r\n", .broken(.header)),
        Sample(ok + "X\r\n", .broken(.header)),
        Sample(ok + "X: a\u{0}b\r\n", .broken(.header)),
        Sample(ok + "X: y\r\n z\r\n", .broken(.fold)),
        Sample(ok + "X: y\r\n\tz\r\n", .broken(.fold)),
        Sample(ok + "Content-Length: +3\r\n", .broken(.length)),
        Sample(ok + "Content-Length: \r\n", .broken(.length)),
        Sample(ok + "Content-Length: 3, 3\r\n", .broken(.length)),
        Sample(ok + "Content-Length: 3\r\nContent-Length: 4\r\n", .broken(.length)),
        Sample(ok + "Content-Length: 99999999999999999999999\r\n\r\n", .broken(.large)),
        Sample(ok + "Content-Length: 65537\r\n\r\n", .broken(.large)),
        Sample(ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", .broken(.framing)),
        Sample(ok + "Transfer-Encoding: gzip, chunked\r\n", .broken(.coding)),
        Sample(ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", .broken(.coding)),
        Sample("HTTP/1.1 101 Switch\r\n\r\n", .broken(.upgrade)),
        Sample(chunked + "\r\n", .broken(.chunk)),
        Sample(chunked + "-1\r\n", .broken(.chunk)),
        Sample(chunked + "0x3\r\nabc", .broken(.chunk)),
        Sample(chunked + "3\r\nabcX\r\n", .broken(.chunk)),
        Sample(chunked + "3\nabc", .broken(.lineEnd)),
        Sample(chunked + "000000003\r\nabc", .broken(.chunk)),
        Sample(chunked + "ffffffff\r\n", .broken(.large)),
        Sample(chunked + "3;" + String(repeating: "x", count: 300), .broken(.large)),
        Sample(chunked + "0\r\nX\r\n", .broken(.header)),
        Sample(chunked + "0\r\nX: y\r\n z\r\n", .broken(.fold)),
        Sample(ok + "X: " + String(repeating: "x", count: 17_000), .broken(.large)),
        Sample(ok + "Content-Length: 3\r\n\r\nab", .unfinished, ends: true),
        Sample(chunked + "3\r\nabc\r\n", .unfinished, ends: true),
        Sample(ok + "X: y\r\n", .unfinished, ends: true),
    ]

    @Test("what a reply comes to, at once and byte by byte", arguments: good + bad)
    func sample(_ sample: Sample) {
        let bytes = Array(sample.bytes.utf8)
        for size in [Int.max, 1, 2, 7] {
            let read = Self.read(bytes, answersHead: sample.answersHead, ends: sample.ends) { size }
            #expect(read == sample.read, "in pieces of \(size)")
        }
    }

    @Test("interim replies and trailers count into the limit of a head")
    func endlessInterim() {
        let interim = String(repeating: "HTTP/1.1 100 Go\r\n\r\n", count: 1000)
        #expect(Self.read(Array(interim.utf8)) == .broken(.large))
        let trailers = Self.chunked + "0\r\n" + String(repeating: "X: yyyyyyyy\r\n", count: 2000)
        #expect(Self.read(Array(trailers.utf8)) == .broken(.large))
    }

    @Test("headers are found in any case of letters, and not when there are two")
    func headers() {
        let lines = "A: 1\r\nGt-Authentication:  abc \r\nB:\r\nDATE: x\r\nDate: y\r\n"
        let reply = HTTPReply(status: 200, headerLines: Array(lines.utf8), body: [])
        #expect(reply.header("gt-authentication") == Array("abc".utf8))
        #expect(reply.header("b") == [])
        #expect(reply.header("Date") == nil)
        #expect(reply.hasHeader("Date"))
        #expect(!reply.hasHeader("Authentication"))
        #expect(!reply.hasHeader("Gt"))
        #expect(HTTPReply(status: 200, headerLines: [], body: []).header("A") == nil)
    }

    private static let tokens: [[UInt8]] =
        [
            "\r\n", "\n", "\r", "\r\n\r\n", " ", "\t", ":", "0", "f", "-", ";", "Content-Length: 3\r\n",
            "HTTP/1.1 100 X\r\n\r\n",
            "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "0\r\n\r\n", "99999999",
        ].map { Array($0.utf8) } + [[0x00], [0xFF], [0x80, 0x7F]]

    @Test("100,000 damaged replies: no trap, and the pieces in which they come make no difference")
    func damaged() {
        var noise = Noise(seed: 20_261_122, round: 0)
        let bases = (Self.good + Self.bad.prefix(30)).map { Array($0.bytes.utf8) }
        var complete = 0
        var broken = 0
        for round in 0..<100_000 {
            var bytes = bases[round % bases.count]
            for _ in 0..<Int.random(in: 1...3, using: &noise) {
                let index = Int.random(in: 0...bytes.count, using: &noise)
                switch Int.random(in: 0..<4, using: &noise) {
                case 0 where index < bytes.count: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &noise)
                case 1 where index < bytes.count: bytes.remove(at: index)
                case 2: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 0...9, using: &noise)))
                case _: bytes.insert(contentsOf: Self.tokens.randomElement(using: &noise) ?? [], at: index)
                }
            }
            let answersHead = round % 17 == 0
            let whole = Self.read(bytes, answersHead: answersHead, ends: true)
            let inPieces = Self.read(bytes, answersHead: answersHead, ends: true) {
                Int.random(in: 1...20, using: &noise)
            }
            if whole != inPieces { Issue.record("\(whole) at once, \(inPieces) in pieces") }
            switch whole {
            case .reply: complete += 1
            case .broken: broken += 1
            case .unfinished: break
            }
        }
        // All of one kind would mean that the damage is too small or too great to show anything.
        #expect(complete > 5000 && broken > 20_000, "\(complete) \(broken)")
    }
}
