import BlockingThreads
import Cryptography
import Glibc
import HTTPServer
import Synchronization

/// Answers with the request's path, at once or when the test says so.
final class EchoHandler: HTTPHandler {
    /// Answers that wait for `release`, by path.
    private let kept = Mutex<[(path: String, reply: HTTPReply)]>([])
    let isLater: Bool

    init(isLater: Bool = false) {
        self.isLater = isLater
    }

    func answer(_ request: HTTPRequest, _ turn: HTTPTurn) -> HTTPAnswer? {
        guard isLater else { return HTTPAnswer(status: 200, body: Array(request.path.utf8)) }
        kept.withLock { $0.append((request.path, turn.reply)) }
        return nil
    }

    var keptCount: Int { kept.withLock { $0.count } }

    /// Gives the kept answers, each twice: the second must go nowhere.
    func release() {
        // Taken at once: the answer lets the next request in, and its answer must stay.
        let taken = kept.withLock { kept in
            defer { kept = [] }
            return kept
        }
        for (path, reply) in taken {
            for _ in 0..<2 { reply.give(HTTPAnswer(status: 200, body: Array(path.utf8))) }
        }
    }
}

/// Answers with the request's path, and remembers in which order it was asked.
final class OrderHandler: HTTPHandler {
    private let paths = Mutex<[String]>([])
    private let isOpen: Mutex<Bool>

    /// - Parameter isOpen: false lets the first request wait for `open`, and the server's thread with it.
    init(isOpen: Bool = true) {
        self.isOpen = Mutex(isOpen)
    }

    var asked: [String] { paths.withLock { $0 } }

    func open() { isOpen.withLock { $0 = true } }

    func answer(_ request: HTTPRequest, _ turn: HTTPTurn) -> HTTPAnswer? {
        paths.withLock { $0.append(request.path) }
        _ = becomesTrue { isOpen.withLock { $0 } }
        return HTTPAnswer(status: 200, body: Array(request.path.utf8))
    }
}

/// A blocking connection to a server on this machine.
final class PlainClient {
    private let descriptor: Int32

    init?(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard isConnected == 0 else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// What comes until `end` was seen, the server closes, or nothing comes for five seconds.
    func receive(until end: String? = nil) -> String {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while end.map({ !String(decoding: received, as: UTF8.self).contains($0) }) ?? true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            received += buffer[..<count]
        }
        return String(decoding: received, as: UTF8.self)
    }
}

/// Asks until it is so; false after five seconds.
func becomesTrue(_ condition: () -> Bool) -> Bool {
    let deadline = monotonicNanoseconds() + 5_000_000_000
    while monotonicNanoseconds() < deadline {
        if condition() { return true }
        blockThread(for: .milliseconds(2))
    }
    return condition()
}
