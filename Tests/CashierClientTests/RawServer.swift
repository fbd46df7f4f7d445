import BlockingThreads
import Glibc
import Synchronization

/// A TCP server on this machine that does with each connection what the test says, byte by byte.
final class RawServer: Sendable {
    typealias Handler = @Sendable (RawConnection) -> Void

    let port: UInt16
    private let listener: Int32
    private let state = Mutex(State())
    private let acceptor: Mutex<NamedThread?> = Mutex(nil)

    private struct State {
        var connections: [RawConnection] = []
        var threads: [NamedThread] = []
        var requests: [RawRequest] = []
        var isStopped = false
    }

    init(_ handler: @escaping Handler) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutableBytes(of: &address) { raw in
            guard let address = raw.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(descriptor, address, length) == 0 && listen(descriptor, 512) == 0
                && getsockname(descriptor, address, &length) == 0
        }
        precondition(isListening, "the test server does not listen")
        listener = descriptor
        port = UInt16(bigEndian: address.sin_port)
        acceptor.withLock { thread in
            thread = NamedThread("raw-server") { [self] in
                while true {
                    let accepted = accept(listener, nil, nil)
                    guard accepted >= 0 else { return }
                    take(RawConnection(descriptor: accepted, server: self), handler)
                }
            }
        }
    }

    private func take(_ connection: RawConnection, _ handler: @escaping Handler) {
        state.withLock { state in
            if state.isStopped { return connection.close() }
            state.connections.append(connection)
            state.threads.append(
                NamedThread("raw-connection") {
                    handler(connection)
                    connection.close()
                }
            )
        }
    }

    /// Runs `body` with a server, which is gone afterwards.
    static func with<Value>(_ handler: @escaping Handler, _ body: (RawServer) async throws -> Value) async rethrows
        -> Value
    {
        let server = RawServer(handler)
        defer { server.stop() }
        return try await body(server)
    }

    var connectionCount: Int { state.withLock { $0.connections.count } }
    /// The requests that were read whole.
    var requests: [RawRequest] { state.withLock { $0.requests } }

    fileprivate func record(_ request: RawRequest) {
        state.withLock { $0.requests.append(request) }
    }

    /// Ends every connection and waits for the threads.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        acceptor.withLock { $0 }?.join()
        let (connections, threads) = state.withLock { state in
            state.isStopped = true
            return (state.connections, state.threads)
        }
        for connection in connections { connection.shutDown() }
        for thread in threads { thread.join() }
        Glibc.close(listener)
    }
}

/// A request as it came.
struct RawRequest: Sendable {
    var head: String
    var body: [UInt8]

    /// Nil when it is absent.
    func header(_ name: String) -> String? {
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix(name.lowercased() + ":") {
            return String(line.dropFirst(name.count + 1).drop { $0 == " " })
        }
        return nil
    }

    /// The value of `order_id` in the body.
    var orderID: String {
        let text = String(decoding: body, as: UTF8.self)
        guard let start = text.range(of: "\"order_id\":\"") else { return "" }
        return String(text[start...].prefix { $0 != "\"" })
    }
}

extension String {
    /// Where the first `text` ends.
    fileprivate func range(of text: String) -> String.Index? {
        let wanted = Array(text.utf8)
        let bytes = Array(utf8)
        guard bytes.count >= wanted.count else { return nil }
        for start in 0...bytes.count - wanted.count where bytes[start..<start + wanted.count].elementsEqual(wanted) {
            return utf8.index(startIndex, offsetBy: start + wanted.count)
        }
        return nil
    }
}

/// One connection; its handler runs on a thread of its own.
final class RawConnection: Sendable {
    private let descriptor: Int32
    private let isOpen = Mutex(true)
    private unowned let server: RawServer

    fileprivate init(descriptor: Int32, server: RawServer) {
        self.descriptor = descriptor
        self.server = server
    }

    /// Blocks until a request with `Content-Length` is there; nil once the client has gone.
    func readRequest() -> RawRequest? {
        var bytes: [UInt8] = []
        while true {
            if let request = Self.parse(bytes) {
                server.record(request)
                return request
            }
            guard let more = read() else { return nil }
            bytes.append(contentsOf: more)
        }
    }

    /// Blocks until some bytes are there; nil once the client has gone.
    func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }

    /// Reads until the client has gone.
    func waitForEnd() {
        while read() != nil {}
    }

    /// False once the client has gone.
    @discardableResult
    func write(_ text: String) -> Bool {
        write(bytes: Array(text.utf8))
    }

    /// False once the client has gone.
    @discardableResult
    func write(bytes: [UInt8]) -> Bool {
        send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    func write(_ reply: SampleReply) {
        write(reply.http)
    }

    /// Ends the connection with a reset instead of a farewell.
    func reset() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    func close() {
        isOpen.withLock { isOpen in
            if isOpen { Glibc.close(descriptor) }
            isOpen = false
        }
    }

    fileprivate func shutDown() {
        isOpen.withLock { isOpen in
            if isOpen { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    private static func parse(_ bytes: [UInt8]) -> RawRequest? {
        let end = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4,
            let split = (0...bytes.count - 4).first(where: { bytes[$0..<$0 + 4].elementsEqual(end) })
        else { return nil }
        let head = RawRequest(head: String(decoding: bytes[..<split], as: UTF8.self), body: [])
        let length = head.header("Content-Length").flatMap { Int($0) } ?? 0
        let body = bytes[(split + 4)...]
        guard body.count >= length else { return nil }
        return RawRequest(head: head.head, body: Array(body.prefix(length)))
    }
}

extension SampleReply {
    /// The whole reply as it goes over the wire.
    var http: String {
        http(length: "Content-Length: \(body.count)\r\n", body: String(decoding: body, as: UTF8.self))
    }

    /// In chunks of 100 bytes; `trailer` goes after the last one.
    func chunked(trailer: String = "") -> String {
        var chunks = ""
        var rest = body[...]
        while !rest.isEmpty {
            let part = rest.prefix(100)
            chunks += String(part.count, radix: 16) + "\r\n" + String(decoding: part, as: UTF8.self) + "\r\n"
            rest = rest.dropFirst(100)
        }
        return http(length: "Transfer-Encoding: chunked\r\n", body: chunks + "0\r\n" + trailer + "\r\n")
    }

    private func http(length: String, body: String) -> String {
        let lines = allHeaders.map { "\($0.name): \($0.value)\r\n" }.joined()
        return "HTTP/1.1 \(httpStatus) Answer\r\n" + lines + length + "\r\n" + body
    }
}
