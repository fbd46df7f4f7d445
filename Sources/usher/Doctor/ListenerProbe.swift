import BlockingThreads
import Glibc

/// Finds out who listens where callbacks are to be received, without listening there itself.
struct ListenerProbe: Sendable {
    private static let patienceSeconds = 2

    /// An IPv4 address.
    let host: String
    let port: Int
    let isTLS: Bool

    func state() async -> ListenerState {
        await withCheckedContinuation { continuation in
            _ = NamedThread("doctor-callbacks") { continuation.resume(returning: look()) }
        }
    }

    private func look() -> ListenerState {
        guard var address = address(host) else { return .unusable("\(host) is not an IPv4 address") }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return .unusable(Self.reason(errno)) }
        defer { close(descriptor) }
        // As the listener does: connections that have just ended do not count.
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        if Self.with(&address, { bind(descriptor, $0, $1) }) == 0 { return .free }
        let failure = errno
        guard failure == EADDRINUSE else { return .unusable(Self.reason(failure)) }
        if isTLS { return .taken }
        return answersAsUsher ? .usher : .other
    }

    private var answersAsUsher: Bool {
        guard var address = address(host == "0.0.0.0" ? "127.0.0.1" : host) else { return false }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        let request = Array("GET /healthz HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
        guard Self.with(&address, { connect(descriptor, $0, $1) }) == 0,
            send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count
        else { return false }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 2_048)
        while answer.count < 8_192 {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        let text = String(decoding: answer, as: UTF8.self)
        return text.hasPrefix("HTTP/1.1 200 ") && text.hasSuffix("\r\n\r\nok\n")
    }

    private func address(_ host: String) -> sockaddr_in? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        return inet_pton(AF_INET, host, &address.sin_addr) == 1 ? address : nil
    }

    private static func with(
        _ address: inout sockaddr_in,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func reason(_ code: Int32) -> String {
        String(cString: strerror(code))
    }
}
