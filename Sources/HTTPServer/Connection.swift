import Cryptography
import Glibc

/// Names a connection even after its slot was given to another one.
struct ConnectionID: Equatable, Sendable {
    var slot: UInt32
    var generation: UInt32

    /// As the user data of an epoll event.
    var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

    init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    init(token: UInt64) {
        slot = UInt32(truncatingIfNeeded: token)
        generation = UInt32(truncatingIfNeeded: token >> 32)
    }
}

/// One client's connection; touched only by the event loop's thread.
final class Connection {
    enum Phase: Equatable {
        /// Waits for a request.
        case reading
        /// Has a request whose answer is to come later, or never.
        case waiting
        /// Has bytes of an answer to send.
        case writing
        /// Had its last answer; what still arrives is dropped until the client hangs up.
        case draining
    }

    /// What the event loop wants to be told about the socket.
    enum Interest {
        case reading
        case writing
        /// Only that the peer went away.
        case ending
    }

    let descriptor: Int32
    let id: ConnectionID
    /// Nil for plain HTTP.
    let channel: TLSChannel?
    var parser: HTTPRequestParser
    var phase = Phase.reading
    var interest = Interest.reading
    /// How many requests came so far.
    var request: UInt64 = 0
    /// An answer that waits for its delay to pass.
    var answer: HTTPAnswer?
    var output: [UInt8] = []
    var sent = 0
    var rest: EventRange?
    /// Whether the connection stays open after the answer that is being given.
    var keepsAlive = true
    var answersHead = false
    /// Whether it may have more to be answered than its turn had time for; it goes on once the others had theirs.
    var isPutOff = false
    /// Bytes in each piece and time between pieces of an answer that is given slowly.
    var trickle: (bytes: Int, every: Int64)?
    /// When the connection has taken too long, on the monotonic clock.
    var deadline = Int64.max
    /// When the earliest timer looks at `deadline`.
    var timerAt = Int64.max
    /// Encrypted bytes that the socket did not take yet.
    private var cipher: [UInt8] = []

    init(descriptor: Int32, id: ConnectionID, channel: TLSChannel?, limits: HTTPLimits) {
        self.descriptor = descriptor
        self.id = id
        self.channel = channel
        parser = HTTPRequestParser(headBytesMax: limits.headBytesMax, bodyBytesMax: limits.bodyBytesMax)
    }

    /// Whether it waits for a request of which nothing has come.
    var isIdle: Bool { phase == .reading && !parser.hasPart && !isPutOff }

    enum Received {
        /// So many bytes of the buffer are new.
        case bytes(Int)
        case nothing
        /// TLS has to send before it can go on.
        case needsWriting
        case end
    }

    /// Takes what has come, at most a buffer full. The socket is asked once at most: who sends without pause would be
    /// listened to for ever, and epoll tells of what is left there. It does not tell of what TLS holds, which is taken
    /// without the socket.
    func receive(into buffer: UnsafeMutableRawBufferPointer, asksSocket: Bool) -> Received {
        guard let channel else { return asksSocket ? receivePlain(into: buffer) : .nothing }
        var mayAsk = asksSocket
        while true {
            let reading = channel.read(into: buffer)
            cipher += channel.takeOutput()
            switch Self.send(&cipher, on: descriptor) {
            case .broken: return .end
            case .blocked: if case .bytes = reading { break } else { return .needsWriting }
            case .all: break
            }
            switch reading {
            case .bytes(let count): return .bytes(count)
            case .end: return .end
            case .needsMore: if !mayAsk { return .nothing }
            }
            mayAsk = false
            switch receivePlain(into: buffer) {
            case .bytes(let count): channel.feed(UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
            case .nothing: return .nothing
            case .needsWriting, .end: return .end
            }
        }
    }

    private func receivePlain(into buffer: UnsafeMutableRawBufferPointer) -> Received {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        let failure = errno
        if count > 0 { return .bytes(count) }
        return count < 0 && (failure == EAGAIN || failure == EINTR) ? .nothing : .end
    }

    enum Sent {
        case all
        case blocked
        case broken
    }

    /// Sends what the socket takes, at most `limit` bytes.
    func send(limit: Int = .max) -> Sent {
        let end = min(output.count, limit == .max ? output.count : sent + limit)
        guard let channel else { return sendPlain(upTo: end) }
        if sent < end {
            guard output.withUnsafeBytes({ channel.write(UnsafeRawBufferPointer(rebasing: $0[sent..<end])) }) else {
                return .broken
            }
            sent = end
            cipher += channel.takeOutput()
        }
        let result = Self.send(&cipher, on: descriptor)
        return result == .all && sent < output.count ? .blocked : result
    }

    private func sendPlain(upTo end: Int) -> Sent {
        while sent < end {
            let (count, failure) = output.withUnsafeBytes { Self.send($0, from: sent, to: end, on: descriptor) }
            if count > 0 {
                sent += count
            } else if failure == EINTR {
                continue
            } else {
                return failure == EAGAIN ? .blocked : .broken
            }
        }
        return sent == output.count ? .all : .blocked
    }

    private static func send(_ bytes: inout [UInt8], on descriptor: Int32) -> Sent {
        var sent = 0
        while sent < bytes.count {
            let (count, failure) = bytes.withUnsafeBytes { send($0, from: sent, to: $0.count, on: descriptor) }
            if count > 0 {
                sent += count
            } else if failure != EINTR {
                bytes.removeFirst(sent)
                return failure == EAGAIN ? .blocked : .broken
            }
        }
        bytes.removeAll(keepingCapacity: true)
        return .all
    }

    private static func send(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        to end: Int,
        on descriptor: Int32
    ) -> (count: Int, failure: Int32) {
        guard let base = bytes.baseAddress else { return (0, 0) }
        let count = Glibc.send(descriptor, base + start, end - start, Int32(MSG_NOSIGNAL))
        return (count, errno)
    }

    /// Says that nothing more will be sent; bytes of the client may still be read.
    func finishSending() {
        if let channel {
            channel.finish()
            cipher += channel.takeOutput()
            _ = Self.send(&cipher, on: descriptor)
        }
        shutdown(descriptor, Int32(SHUT_WR))
    }

    func close() {
        if let channel {
            channel.finish()
            cipher += channel.takeOutput()
            _ = Self.send(&cipher, on: descriptor)
        }
        Glibc.close(descriptor)
    }
}
