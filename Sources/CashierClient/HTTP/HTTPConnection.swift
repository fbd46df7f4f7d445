import Cryptography
import Glibc

/// A request on its way, with the moments (monotonic nanoseconds) that its deadlines count from.
struct HTTPExchange {
    let start: HTTPStart
    /// Given to the transport.
    let startedAt: Int64
    /// Left the queue.
    let begunAt: Int64
}

/// One connection of the loop's, with the request that it carries. Moves bytes; decides nothing.
final class HTTPConnection {
    enum Phase {
        /// Waits for its origin's addresses; has no socket yet.
        case preparing
        case connecting
        case handshaking
        /// Carries a request, of which some or all bytes are out.
        case busy
        case idle
        case closed
    }

    /// What a step at the socket came to.
    enum Step {
        case done(Int)
        case blocked
        /// The peer ended in order; over TLS, with a goodbye.
        case ended
        case failed(HTTPFailure)
    }

    let pool: HTTPPool
    let slot: Int
    /// Tells events of this connection from those of the slot's earlier ones.
    let token: UInt64
    var phase = Phase.preparing
    /// When the loop must look at it, in monotonic nanoseconds.
    var deadline = Int64.max
    var exchange: HTTPExchange?
    private(set) var bornAt: Int64
    private(set) var descriptor: Int32 = -1
    private(set) var tls: TLSClientStream?

    /// Of its origin, once it is known.
    var preparation: HTTPPreparation?
    /// Which of the addresses was tried first, and how many were.
    var firstAddress = 0
    var addressesTried = 0
    /// The failure at one of them that tells most; nil once one works.
    var addressFailure: HTTPFailure?
    /// Whether a request was answered on it.
    var wasUsed = false
    /// After a failed write nothing more is written, but a reply that came first is still read.
    var writeFailure: HTTPFailure?
    var parser: HTTPReplyParser
    private var output: [UInt8] = []
    private var sent = 0
    private var sentBytesBefore: UInt64 = 0

    init(pool: HTTPPool, slot: Int, generation: UInt32, now: Int64, limits: HTTPLimits) {
        self.pool = pool
        self.slot = slot
        token = UInt64(generation) << 32 | UInt64(slot)
        bornAt = now
        parser = HTTPReplyParser(limits: limits, answersHead: false)
    }

    // MARK: Beginning

    /// Opens a socket and begins to connect. `done` when it is connected already.
    func connect(to address: SocketAddress, now: Int64) -> Step {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { return .failed(Self.noSocket(errno)) }
        bornAt = now
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        phase = .connecting
        if address.connect(descriptor) == 0 { return .done(0) }
        let failure = errno
        return failure == EINPROGRESS ? .blocked : .failed(HTTPFailure(code: "connect", errno: failure))
    }

    private static func noSocket(_ failure: Int32) -> HTTPFailure {
        guard failure == EMFILE || failure == ENFILE else { return HTTPFailure(code: "connect", errno: failure) }
        return HTTPFailure(
            code: "no_descriptors",
            detail: "no file descriptor is left for a connection; raise the process's limit (LimitNOFILE)"
        )
    }

    /// How connecting went, once the socket has something to say.
    func connected() -> Step {
        var failure: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length) == 0 else {
            return .failed(HTTPFailure(code: "connect", errno: errno))
        }
        guard failure == 0 else { return .failed(HTTPFailure(code: "connect", errno: failure)) }
        // No error and no peer: still under way.
        var peer = sockaddr_storage()
        var peerLength = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isConnected = withUnsafeMutableBytes(of: &peer) { bytes in
            guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return getpeername(descriptor, address, &peerLength) == 0
        }
        return isConnected ? .done(0) : .blocked
    }

    /// False when OpenSSL has no memory.
    func beginTLS(_ context: TLSClientContext) -> Bool {
        tls = context.connect(descriptor, host: pool.origin.host, session: pool.session)
        phase = .handshaking
        return tls != nil
    }

    func handshake() -> Step {
        guard let tls else { return .done(0) }
        return Self.step(tls.handshake(), cut: .handshakeEnded)
    }

    /// Takes the failure of an address, and gives the one that tells most of all so far.
    func noteAddressFailure(_ failure: HTTPFailure) -> HTTPFailure {
        let most = addressFailure.map { $0.weight > failure.weight ? $0 : failure } ?? failure
        addressFailure = most
        return most
    }

    // MARK: Requests

    /// Renders the request; false when it cannot be sent as it is.
    func prepare(_ request: HTTPRequest, limits: HTTPLimits) -> Bool {
        output.removeAll(keepingCapacity: true)
        sent = 0
        sentBytesBefore = tls?.sentBytes ?? 0
        parser = HTTPReplyParser(limits: limits, answersHead: request.method == .head)
        return request.render(into: &output)
    }

    /// Lets go of a request that was answered, and of its reply.
    func release(_ limits: HTTPLimits) {
        exchange = nil
        parser = HTTPReplyParser(limits: limits, answersHead: false)
    }

    /// Whether any byte of the request that it carries was accepted by the kernel.
    var isTouched: Bool {
        guard phase == .busy else { return false }
        if sent > 0 { return true }
        return tls.map { $0.sentBytes != sentBytesBefore } ?? false
    }

    var isWholeSent: Bool { sent == output.count }

    /// Sends what the socket takes. `done` when the whole request is out.
    func send() -> Step {
        while sent < output.count {
            switch sendPiece() {
            case .done(let count): sent += count
            case let other: return other
            }
        }
        return .done(sent)
    }

    private func sendPiece() -> Step {
        output.withUnsafeBytes { bytes in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
            if let tls { return Self.step(tls.write(rest), cut: Self.reset) }
            while true {
                let count = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                if count >= 0 { return .done(count) }
                let failure = errno
                if failure == EINTR { continue }
                return failure == EAGAIN ? .blocked : .failed(HTTPFailure(code: "reset", errno: failure))
            }
        }
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Step {
        if let tls { return Self.step(tls.read(into: buffer), cut: Self.cut) }
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .done(count) }
            if count == 0 { return .ended }
            let failure = errno
            if failure == EINTR { continue }
            return failure == EAGAIN ? .blocked : .failed(HTTPFailure(code: "reset", errno: failure))
        }
    }

    /// Whether nothing can be read from it: what arrived unasked, an end or a reset, makes a connection useless.
    func isQuiet() -> Bool {
        var byte: UInt8 = 0
        if let tls {
            // TLS has messages of its own, which come without being asked for and are none of ours.
            let progress = withUnsafeMutableBytes(of: &byte) { tls.read(into: $0) }
            if case .blocked = progress { return true }
            return false
        }
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK)) < 0 && errno == EAGAIN
    }

    // MARK: Ending

    /// Closes the socket, saying goodbye where TLS does. The descriptor leaves epoll by being closed.
    func close() {
        if let tls, phase == .idle || phase == .busy { tls.sayGoodbye() }
        dropSocket()
        phase = .closed
        deadline = .max
    }

    /// Closes the socket of an address that cannot be used, so that the next can be tried.
    func dropSocket() {
        tls = nil
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    private static let reset = HTTPFailure(code: "reset", detail: "the server ended the connection")
    private static let cut = HTTPFailure(code: "eof", detail: "the connection ended before the reply did")

    private static func step(_ progress: TLSClientStream.Progress, cut: HTTPFailure) -> Step {
        switch progress {
        case .done(let count): .done(count)
        case .blocked: .blocked
        case .ended: .ended
        case .cut: .failed(cut)
        case .broken(let detail): .failed(HTTPFailure(code: "tls", detail: detail))
        }
    }
}
