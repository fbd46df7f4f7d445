/// A request that is not answered as asked; the connection is closed after it.
struct HTTPRefusal: Error, Equatable, Sendable {
    var status: Int
    var reason: String
}

/// Cuts a connection's bytes into requests: HTTP/1.0 and 1.1, bodies by Content-Length or chunked.
///
/// What could be read in two ways (two lengths, a length and chunks, bare line feeds) is refused.
struct HTTPRequestParser {
    enum Step: Equatable {
        case needsMore
        /// The client waits for `100 Continue` before it sends the body.
        case expectsContinue
        case request(HTTPRequest)
        case refused(HTTPRefusal)
    }

    let headBytesMax: Int
    let bodyBytesMax: Int

    private enum State {
        case head
        case body(HTTPRequest, length: Int)
        case chunkSize(HTTPRequest)
        case chunk(HTTPRequest, length: Int)
        case trailers(HTTPRequest)
    }

    private var state = State.head
    /// Of a chunked request, as far as it came: beside the state, so that it grows where it is.
    private var body: [UInt8] = []
    private var buffer: [UInt8] = []
    /// Where the unread part of `buffer` begins.
    private var start = 0
    /// How far the end of the head was looked for.
    private var scanned = 0

    init(headBytesMax: Int, bodyBytesMax: Int) {
        self.headBytesMax = headBytesMax
        self.bodyBytesMax = bodyBytesMax
    }

    /// Bytes that are kept.
    var bufferedBytes: Int { buffer.count }

    /// Whether bytes of a request have arrived that was not handed out yet.
    var hasPart: Bool {
        if case .head = state { start < buffer.count } else { true }
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
            scanned = 0
        } else {
            compact()
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next thing to do with what has arrived. After `.refused` the parser must not be asked again.
    mutating func next() -> Step {
        do throws(HTTPRefusal) {
            while true {
                if let step = try advance() { return step }
            }
        } catch {
            return .refused(error)
        }
    }

    /// Nil when the state changed and the same bytes may hold more.
    private mutating func advance() throws(HTTPRefusal) -> Step? {
        switch state {
        case .head:
            guard let head = try takeHead() else { return .needsMore }
            return try begin(head)
        case .body(var request, let length):
            guard buffer.count - start >= length else { return .needsMore }
            request.body = Array(buffer[start..<start + length])
            start += length
            return finish(request)
        case .chunkSize(let request):
            guard let line = try takeLine() else { return .needsMore }
            let length = try chunkLength(line)
            guard body.count + length <= bodyBytesMax else { throw bodyTooLarge }
            state = length == 0 ? .trailers(request) : .chunk(request, length: length)
            return nil
        case .chunk(let request, let length):
            guard buffer.count - start >= length + 2 else { return .needsMore }
            body += buffer[start..<start + length]
            guard buffer[start + length] == 0x0D, buffer[start + length + 1] == 0x0A else {
                throw HTTPRefusal(status: 400, reason: "a chunk does not end where its size says")
            }
            start += length + 2
            state = .chunkSize(request)
            return nil
        case .trailers(var request):
            guard let line = try takeLine() else { return .needsMore }
            guard line.isEmpty else { return nil }
            request.body = body
            body = []
            return finish(request)
        }
    }

    private mutating func finish(_ request: HTTPRequest) -> Step {
        state = .head
        scanned = start
        return .request(request)
    }

    /// What was read does not pile up before what comes: answered requests, chunks, lines that say nothing.
    private mutating func compact() {
        guard start > 64 * 1024 else { return }
        buffer.removeFirst(start)
        scanned = max(0, scanned - start)
        start = 0
    }

    private mutating func begin(_ head: HTTPHead) throws(HTTPRefusal) -> Step? {
        let request = head.request
        switch head.framing {
        case .none:
            return finish(request)
        case .length(let length):
            guard length <= bodyBytesMax else { throw bodyTooLarge }
            state = .body(request, length: length)
        case .chunked:
            state = .chunkSize(request)
        }
        let hasBodyAlready = buffer.count > start
        return head.expectsContinue && !hasBodyAlready ? .expectsContinue : nil
    }

    /// The head up to its empty line, once it is all there.
    private mutating func takeHead() throws(HTTPRefusal) -> HTTPHead? {
        // An empty line before a request is allowed and means nothing (RFC 9112, section 2.2).
        while buffer.count >= start + 2, buffer[start] == 0x0D, buffer[start + 1] == 0x0A {
            start += 2
            scanned = max(scanned, start)
        }
        guard let end = endOfHead() else {
            guard buffer.count - start <= headBytesMax else { throw headTooLarge }
            return nil
        }
        guard end - start <= headBytesMax else { throw headTooLarge }
        let head = try HTTPHead(bytes: buffer[start..<end])
        start = end + 4
        return head
    }

    /// Where `CR LF CR LF` begins.
    private mutating func endOfHead() -> Int? {
        let from = max(start, scanned - 3)
        let found: Int? = buffer.withUnsafeBufferPointer { bytes in
            var index = from
            while index + 3 < bytes.count {
                if bytes[index + 3] > 0x0D {
                    index += 4
                } else if bytes[index] == 0x0D, bytes[index + 1] == 0x0A, bytes[index + 2] == 0x0D,
                    bytes[index + 3] == 0x0A
                {
                    return index
                } else {
                    index += 1
                }
            }
            return nil
        }
        scanned = buffer.count
        return found
    }

    /// A line of a chunked body, without its end.
    private mutating func takeLine() throws(HTTPRefusal) -> ArraySlice<UInt8>? {
        guard let end = buffer[start...].firstIndex(of: 0x0A) else {
            guard buffer.count - start <= Self.lineBytesMax else { throw lineTooLong }
            return nil
        }
        guard end - start <= Self.lineBytesMax else { throw lineTooLong }
        guard end > start, buffer[end - 1] == 0x0D else {
            throw HTTPRefusal(status: 400, reason: "a line of the chunked body does not end with CR LF")
        }
        let line = buffer[start..<end - 1]
        start = end + 1
        return line
    }

    private func chunkLength(_ line: ArraySlice<UInt8>) throws(HTTPRefusal) -> Int {
        let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        guard (1...8).contains(digits.count) else {
            throw HTTPRefusal(status: 400, reason: "a chunk has no size")
        }
        var length = 0
        for digit in digits {
            guard let value = hexDigit(digit) else {
                throw HTTPRefusal(status: 400, reason: "the size of a chunk is not hexadecimal")
            }
            length = length << 4 | Int(value)
        }
        return length
    }

    private static let lineBytesMax = 1_024

    private var lineTooLong: HTTPRefusal {
        HTTPRefusal(status: 400, reason: "a line of the chunked body is longer than \(Self.lineBytesMax) bytes")
    }

    private var headTooLarge: HTTPRefusal {
        HTTPRefusal(status: 431, reason: "the head is larger than \(headBytesMax) bytes")
    }

    private var bodyTooLarge: HTTPRefusal {
        HTTPRefusal(status: 413, reason: "the body is larger than \(bodyBytesMax) bytes")
    }
}
