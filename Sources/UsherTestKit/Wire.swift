import BlockingThreads
import Glibc
import Synchronization

/// A port of this machine that leads to a server, over which a test has power: it can fall silent or be cut, and be
/// mended. To be closed in the end.
package final class Wire: Sendable {
    /// Where the server listens.
    package enum End: Sendable {
        /// A port of this machine.
        case port(UInt16)
        /// A Unix socket, by its path.
        case path(String)
    }

    private enum Condition {
        case whole
        case silent
        case cut
    }

    private struct State {
        var condition = Condition.whole
        var passages: [Passage] = []
    }

    private static let bufferBytes = 65_536

    package let port: UInt16
    private let end: End
    private let listener: Int32
    private let acceptor = Mutex<NamedThread?>(nil)
    private let state = Mutex(State())

    /// Takes connections from now on. Throws `RealKafka.Failure` where it cannot listen.
    ///
    /// - Parameter port: one that nobody listens on; nil for any.
    package init(port: UInt16? = nil, to end: End) throws {
        let port = try port ?? BrokerFolder.freePorts(1)[0]
        let listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
        // Without it the port cannot be listened on again while connections of before still end.
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let isBound = Self.withLoopback(port) { bind(listener, $0, $1) == 0 }
        guard isBound else { throw RealKafka.Failure("the port \(port) cannot be had: errno \(errno)") }
        self.port = port
        self.end = end
        self.listener = listener
        try startAccepting()
    }

    /// From now on nothing gets through, either way, and nobody is told: connections stay, new ones are taken, and what
    /// is sent arrives once the wire is mended.
    package func fallSilent() {
        state.withLock { if $0.condition == .whole { $0.condition = .silent } }
    }

    /// Ends all connections, with what is on its way in them. New ones are refused.
    package func cut() {
        let passages = state.withLock { state in
            state.condition = .cut
            return state.passages
        }
        // The port stays this socket's, though it listens no more.
        shutdown(listener, Int32(SHUT_RDWR))
        acceptor.withLock { $0 }?.join()
        for passage in passages { passage.end() }
    }

    /// Lets everything through again. Throws `RealKafka.Failure` where it cannot listen.
    package func mend() throws {
        let wasCut = state.withLock { state in
            defer { state.condition = .whole }
            return state.condition == .cut
        }
        if wasCut { try startAccepting() }
    }

    /// Ends it; call it once.
    package func close() {
        cut()
        Glibc.close(listener)
    }

    private func startAccepting() throws {
        guard listen(listener, 64) == 0 else {
            throw RealKafka.Failure("the port \(port) cannot be listened on: errno \(errno)")
        }
        let thread = NamedThread("wire") { [self] in takeConnections() }
        acceptor.withLock { $0 = thread }
    }

    private func takeConnections() {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            guard let server = reachServer() else {
                Glibc.close(client)
                continue
            }
            begin(Passage(client: client, server: server))
        }
    }

    private func begin(_ passage: Passage) {
        let isTaken = state.withLock { state in
            guard state.condition != .cut else { return false }
            state.passages.append(passage)
            return true
        }
        guard isTaken else { return }
        for (source, sink) in [(passage.client, passage.server), (passage.server, passage.client)] {
            _ = NamedThread("wire-passage") { [self] in carry(from: source, to: sink, of: passage) }
        }
    }

    private func carry(from source: Int32, to sink: Int32, of passage: Passage) {
        var buffer = [UInt8](repeating: 0, count: Self.bufferBytes)
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            // Of an end nobody hears in silence, either.
            while isSilent { usleep(2_000) }
            guard count > 0, Self.pass(buffer, count: count, to: sink) else { break }
        }
        passage.end()
        state.withLock { state in state.passages.removeAll { $0 === passage } }
    }

    private var isSilent: Bool {
        state.withLock { $0.condition == .silent }
    }

    private func reachServer() -> Int32? {
        let descriptor: Int32
        let isReached: Bool
        switch end {
        case .port(let port):
            descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            isReached = Self.withLoopback(port) { connect(descriptor, $0, $1) == 0 }
        case .path(let path):
            descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            isReached = Self.withAddress(of: path) { connect(descriptor, $0, $1) == 0 }
        }
        if isReached { return descriptor }
        Glibc.close(descriptor)
        return nil
    }
}

// What the sockets want.
extension Wire {
    /// False when nobody takes it any more.
    private static func pass(_ bytes: [UInt8], count: Int, to sink: Int32) -> Bool {
        bytes.withUnsafeBytes { raw in
            var passed = 0
            while passed < count {
                let more = send(sink, raw.baseAddress?.advanced(by: passed), count - passed, Int32(MSG_NOSIGNAL))
                guard more > 0 else { return false }
                passed += more
            }
            return true
        }
    }

    private static func withLoopback<Value>(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value)
        -> Value
    {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port.bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withGeneric(address, body)
    }

    private static func withAddress<Value>(of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value)
        -> Value
    {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { room in
            room.copyBytes(from: Array(path.utf8).prefix(room.count - 1))
        }
        return withGeneric(address, body)
    }

    private static func withGeneric<Address, Value>(
        _ address: Address,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
    ) -> Value {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}

/// A connection's two ends, which are closed when nobody carries anything between them any more.
private final class Passage: Sendable {
    let client: Int32
    let server: Int32

    init(client: Int32, server: Int32) {
        var yes: Int32 = 1
        for end in [client, server] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // What comes in pieces goes on in pieces, without a rest between.
        for end in [client, server] {
            setsockopt(end, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
        self.client = client
        self.server = server
    }

    func end() {
        for end in [client, server] { shutdown(end, Int32(SHUT_RDWR)) }
    }

    deinit {
        close(client)
        close(server)
    }
}
