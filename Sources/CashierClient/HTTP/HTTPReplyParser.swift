import Glibc

/// Reads one reply from a connection's bytes, in whatever pieces they come (RFC 9112). Strict: what two readers could
/// understand differently is refused. Pure, and never looks at a byte twice but those of a line that came in pieces.
struct HTTPReplyParser {
    enum Progress: Equatable {
        case needsMore
        /// The reply is whole after this many of the last bytes; what comes after them was not asked for.
        case complete(used: Int)
        case broken(HTTPReplyFault)
    }

    enum Phase: Equatable {
        case statusLine
        case headerLines
        case fixedBody
        case bodyUntilEnd
        case chunkSize
        case chunk
        case chunkEnd
        case trailers
        case complete
        case broken(HTTPReplyFault)
    }

    /// A line that says how long a chunk is, with its extensions.
    static let chunkLineBytesMax = 256

    private let bodyBytesMax: Int
    let headerBytesMax: Int
    /// Whether the request was HEAD: its reply has no body, whatever its headers say.
    let answersHead: Bool

    var phase = Phase.statusLine
    var head = HTTPReplyHead()
    private var body: [UInt8] = []
    /// The beginning of a line whose end has not come yet.
    private var partial: [UInt8] = []
    private var headerBytes = 0
    /// Bytes of the body or of the chunk that are still to come.
    private var left = 0

    init(limits: HTTPLimits, answersHead: Bool) {
        bodyBytesMax = limits.replyBytesMax
        headerBytesMax = limits.headerBytesMax
        self.answersHead = answersHead
    }

    /// Whether the connection may carry another request after this reply.
    var keepsConnection: Bool { head.keepsConnection }

    /// The reply; meaningful once it is complete.
    var reply: HTTPReply {
        HTTPReply(status: head.status, headerLines: head.lines, body: body)
    }

    // MARK: Bytes

    mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Progress {
        var index = 0
        while true {
            switch phase {
            case .complete: return .complete(used: index)
            case .broken(let fault): return .broken(fault)
            case .fixedBody, .chunk: takeBody(bytes, &index, upTo: left)
            case .bodyUntilEnd: takeBody(bytes, &index, upTo: .max)
            case .statusLine, .headerLines, .chunkSize, .chunkEnd, .trailers: takeLine(bytes, &index)
            }
            if index == bytes.count, phase != .complete {
                if case .broken(let fault) = phase { return .broken(fault) }
                return .needsMore
            }
        }
    }

    /// The peer ended the connection in order. Whether that completes the reply.
    mutating func consumeEnd() -> Bool {
        if phase == .bodyUntilEnd { phase = .complete }
        return phase == .complete
    }

    private mutating func takeBody(_ bytes: UnsafeRawBufferPointer, _ index: inout Int, upTo wanted: Int) {
        let count = min(wanted, bytes.count - index)
        guard body.count + count <= bodyBytesMax else { return phase = .broken(.large) }
        let piece = UnsafeRawBufferPointer(rebasing: bytes[index..<index + count])
        if body.isEmpty, count == wanted {
            body = Array(piece)
        } else {
            if body.isEmpty, phase == .fixedBody { body.reserveCapacity(left) }
            body.append(contentsOf: piece)
        }
        index += count
        guard phase != .bodyUntilEnd else { return }
        left -= count
        if left == 0 { phase = phase == .chunk ? .chunkEnd : .complete }
    }

    private mutating func takeLine(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) {
        guard let base = bytes.baseAddress, let found = memchr(base + index, 0x0A, bytes.count - index) else {
            partial.append(contentsOf: bytes[index...])
            index = bytes.count
            if partial.count > lineBytesMax { phase = .broken(.large) }
            return
        }
        let end = UnsafeRawPointer(found) - base + 1
        let piece = UnsafeRawBufferPointer(rebasing: bytes[index..<end])
        index = end
        if partial.isEmpty { return takeWhole(piece) }
        partial.append(contentsOf: piece)
        let whole = partial
        partial.removeAll(keepingCapacity: true)
        whole.withUnsafeBytes { takeWhole($0) }
    }

    private var lineBytesMax: Int {
        phase == .chunkSize || phase == .chunkEnd ? Self.chunkLineBytesMax : headerBytesMax - headerBytes
    }

    // MARK: Lines

    /// Takes a line with its end.
    private mutating func takeWhole(_ ended: UnsafeRawBufferPointer) {
        guard ended.count <= lineBytesMax else { return phase = .broken(.large) }
        guard ended.count >= 2, ended[ended.count - 2] == 0x0D else { return phase = .broken(.lineEnd) }
        let line = UnsafeRawBufferPointer(rebasing: ended[..<(ended.count - 2)])
        switch phase {
        case .chunkSize: return takeChunkSize(line)
        case .chunkEnd: return phase = line.isEmpty ? .chunkSize : .broken(.chunk)
        case .statusLine, .headerLines, .trailers: headerBytes += ended.count
        case .fixedBody, .bodyUntilEnd, .chunk, .complete, .broken: return
        }
        if phase == .statusLine {
            if let fault = head.takeStatusLine(line) { return phase = .broken(fault) }
            phase = .headerLines
        } else if line.isEmpty {
            if phase == .trailers { phase = .complete } else { endHead() }
        } else if phase == .trailers {
            if let fault = HTTPReplyHead.faultOfTrailer(line) { phase = .broken(fault) }
        } else if let fault = head.takeHeader(line, ended: ended) {
            phase = .broken(fault)
        }
    }

    private mutating func endHead() {
        if head.isInterim {
            guard head.status != 101 else { return phase = .broken(.upgrade) }
            head = HTTPReplyHead()
            return phase = .statusLine
        }
        guard !(head.isChunked && head.length != nil) else { return phase = .broken(.framing) }
        if answersHead || head.hasNoBody {
            phase = .complete
        } else if head.isChunked {
            phase = .chunkSize
        } else if let length = head.length {
            guard length <= bodyBytesMax else { return phase = .broken(.large) }
            left = length
            phase = length == 0 ? .complete : .fixedBody
        } else {
            head.keepsConnection = false
            phase = .bodyUntilEnd
        }
    }

    private mutating func takeChunkSize(_ line: UnsafeRawBufferPointer) {
        var size = 0
        var index = 0
        while index < line.count, let digit = Self.hexDigit(line[index]) {
            // Eight digits are far more than any limit.
            guard index < 8 else { return phase = .broken(.chunk) }
            size = size << 4 | digit
            index += 1
        }
        // What follows the number can only be an extension, which means nothing to us.
        let rest = HTTPSyntax.trimmed(UnsafeRawBufferPointer(rebasing: line[index...]))
        guard index > 0, rest.isEmpty || rest[0] == 0x3B, rest.allSatisfy(HTTPSyntax.isText) else {
            return phase = .broken(.chunk)
        }
        guard size <= bodyBytesMax else { return phase = .broken(.large) }
        left = size
        phase = size == 0 ? .trailers : .chunk
    }

    private static func hexDigit(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte - 0x30)
        case 0x41...0x46: Int(byte - 0x37)
        case 0x61...0x66: Int(byte - 0x57)
        default: nil
        }
    }
}
