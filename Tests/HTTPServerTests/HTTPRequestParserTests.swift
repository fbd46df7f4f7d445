import Testing

@testable import HTTPServer

@Suite struct HTTPRequestParserTests {
    private func steps(_ text: String, cutInto size: Int = .max) -> [HTTPRequestParser.Step] {
        var parser = HTTPRequestParser(headBytesMax: 16 * 1024, bodyBytesMax: 256 * 1024)
        var steps: [HTTPRequestParser.Step] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            rest.prefix(size).withUnsafeBytes { parser.append($0) }
            rest = rest.dropFirst(size)
            while true {
                let step = parser.next()
                if step == .needsMore { break }
                steps.append(step)
                if case .refused = step { return steps }
            }
        }
        return steps
    }

    private func requests(_ text: String, cutInto size: Int = .max) -> [HTTPRequest] {
        steps(text, cutInto: size).compactMap { step in
            guard case .request(let request) = step else { return nil }
            return request
        }
    }

    static let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    static let long = String(repeating: "e", count: 590)
    /// How a request begins that never ends, and what goes on and on.
    static let endless: [(String, String)] = [
        ("", String(repeating: "\r\n", count: 300)),
        (chunked + "0\r\n", "T: \(long)\r\n"),
        (chunked, "1;e=\(long)\r\nx\r\n"),
    ]

    @Test(arguments: endless)
    func whatWasReadIsNotKept(_ begin: String, _ part: String) {
        var parser = HTTPRequestParser(headBytesMax: 16 * 1024, bodyBytesMax: 256 * 1024)
        // Cut so that what arrived never ends where something ends that is read as a whole.
        let bytes = Array((begin + String(repeating: part, count: 2_000)).utf8)
        for index in stride(from: -597, to: bytes.count, by: 598) {
            bytes[max(0, index)..<min(index + 598, bytes.count)].withUnsafeBytes { parser.append($0) }
            #expect(parser.next() == .needsMore)
        }
        #expect(parser.bufferedBytes < 100_000)
    }

    @Test func aLineThatIsTooLongIsRefusedThoughItsEndIsThere() {
        let steps = steps(Self.chunked + "1;e=\(String(repeating: "e", count: 2_000))\r\nx\r\n")
        guard case .refused(let refusal) = steps.last else {
            Issue.record("taken")
            return
        }
        #expect(refusal.status == 400)
    }

    @Test func aBodyOfManyChunksIsPutTogether() throws {
        let body = (0..<50_000).map { _ in "1\r\nx\r\n" }.joined()
        #expect(requests(Self.chunked + body + "0\r\n\r\n").first?.body.count == 50_000)
    }

    static let two =
        "POST /a?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello\r\n"
        + "POST /b HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nX-Y:  v \r\n\r\n"
        + "3;q=1\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n"
        + "GET /c HTTP/1.0\r\n\r\n"

    @Test(arguments: [1, 2, 3, 7, 50, Int.max]) func pipelinedRequestsAreCutApartHoweverTheyArrive(_ size: Int) throws {
        let requests = requests(Self.two, cutInto: size)
        try #require(requests.count == 3)
        #expect(requests[0].path == "/a" && requests[0].query == "x=1" && requests[0].body == Array("hello".utf8))
        #expect(requests[1].body == Array("abcde".utf8) && requests[1].header("x-y") == "v")
        #expect(requests[0].keepsAlive && requests[1].keepsAlive && !requests[2].keepsAlive)
    }

    @Test(arguments: [
        ("GET /\r\n\r\n", 400), ("GET / HTTP/2.0\r\n\r\n", 505), ("GET x HTTP/1.1\r\n\r\n", 400),
        ("G@T / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nBad Name: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nNoColon\r\n\r\n", 400), ("GET / HTTP/1.1\nHost: x\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nContent-Length: 262145\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n40001\r\n", 413),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 400),
        ("GET / HTTP/1.1\r\nX: " + String(repeating: "y", count: 17_000), 431),
    ])
    func whatIsAmbiguousOrTooLargeIsRefused(_ text: String, _ status: Int) {
        guard case .refused(let refusal)? = steps(text).last else {
            Issue.record("accepted")
            return
        }
        #expect(refusal.status == status)
    }

    @Test func aClientThatWaitsForTheGoAheadGetsItOnce() {
        let head = "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        var parser = HTTPRequestParser(headBytesMax: 16 * 1024, bodyBytesMax: 256 * 1024)
        Array(head.utf8).withUnsafeBytes { parser.append($0) }
        #expect(parser.next() == .expectsContinue)
        #expect(parser.next() == .needsMore)
        Array("ok".utf8).withUnsafeBytes { parser.append($0) }
        guard case .request(let request) = parser.next() else {
            Issue.record("no request")
            return
        }
        #expect(request.body == Array("ok".utf8))
    }

    @Test func parametersAreDecoded() {
        let request = HTTPRequest(method: "GET", target: "/stats?order=a%2Fb+c%zz&empty=&flag")
        #expect(request.parameter("order") == "a/b c%zz")
        #expect(request.parameter("empty")?.isEmpty == true)
        #expect(request.parameter("flag")?.isEmpty == true)
        #expect(request.parameter("none") == nil)
    }

    @Test func timersFireInOrder() {
        var heap = TimerHeap<Int>()
        let times = (0..<500).map { Int64(($0 * 7919 + 13) % 100) }
        for (index, time) in times.enumerated() { heap.add(index, at: time) }
        var fired: [Int] = []
        while let event = heap.takeDue(now: 99) { fired.append(event) }
        #expect(fired == times.indices.sorted { (times[$0], $0) < (times[$1], $1) })
    }
}
