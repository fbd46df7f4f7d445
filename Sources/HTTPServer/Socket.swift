import CLinux
import Glibc

/// A server cannot listen.
package enum ListenError: Error, Equatable, CustomStringConvertible {
    /// `host` is not an IPv4 address in dotted form.
    case notAnAddress(String)
    /// The system refused; `reason` is its text.
    case cannotListen(host: String, port: Int, reason: String)

    package var description: String {
        switch self {
        case .notAnAddress(let host):
            "\(host) is not an IPv4 address; use 127.0.0.1 or 0.0.0.0"
        case .cannotListen(let host, let port, let reason):
            "cannot listen on \(host):\(port): \(reason); choose another port, or 0 for any free one"
        }
    }
}

/// System calls on sockets, with the flags that an event loop needs. Descriptors are closed by whoever got them.
enum Socket {
    /// A non-blocking listening socket and the port that it got.
    static func listen(host: String, port: Int) throws(ListenError) -> (descriptor: Int32, port: Int) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { throw .notAnAddress(host) }
        func refused() -> ListenError {
            .cannotListen(host: host, port: port, reason: String(cString: strerror(errno)))
        }
        guard (0...65535).contains(port) else {
            throw .cannotListen(host: host, port: port, reason: "a port is 0 to 65535")
        }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { throw refused() }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var bound = sockaddr_in()
        var boundLength = length
        let isListening =
            withGeneric(&address) { bind(descriptor, $0, length) } == 0
            && Glibc.listen(descriptor, 4096) == 0
            && withGeneric(&bound) { getsockname(descriptor, $0, &boundLength) } == 0
        guard isListening else {
            let error = refused()
            close(descriptor)
            throw error
        }
        return (descriptor, Int(in_port_t(bigEndian: bound.sin_port)))
    }

    enum Accepted {
        case connection(Int32)
        case nobody
        /// No descriptor or memory is left; somebody must hang up first.
        case exhausted
    }

    static func accept(_ listener: Int32) -> Accepted {
        while true {
            let descriptor = accept4(
                listener,
                nil,
                nil,
                Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            )
            let failure = errno
            if descriptor >= 0 {
                var one: Int32 = 1
                setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
                return .connection(descriptor)
            }
            switch failure {
            case EINTR, ECONNABORTED: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
            default: return .nobody
            }
        }
    }

    /// Closes so that the peer gets a reset (RST) instead of an orderly end.
    static func reset(_ descriptor: Int32) {
        var abrupt = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abrupt, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }

    private static func withGeneric(
        _ address: inout sockaddr_in,
        _ body: (UnsafeMutablePointer<sockaddr>) -> Int32
    ) -> Int32 {
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }
}

/// Nanoseconds of the monotonic clock.
package func monotonicNanoseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}
