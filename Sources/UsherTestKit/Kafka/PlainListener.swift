import BlockingThreads
import Glibc

/// A listener that speaks no TLS: it answers a first message with a line of text, and hangs up.
package final class PlainListener: Sendable {
    package let port: UInt16
    private let socket: Int32

    /// Listens on all addresses of this machine. Throws `RealKafka.Failure` where no port is free.
    package init() throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) == 0 && listen(socket, 16) == 0 && getsockname(socket, $0, &size) == 0
            }
        }
        guard isListening else { throw RealKafka.Failure("found no free port: errno \(errno)") }
        self.socket = socket
        port = UInt16(bigEndian: address.sin_port)
        _ = NamedThread("plain-listener") {
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let line = Array("this is no TLS\n".utf8)
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else { break }
                if recv(connection, &buffer, buffer.count, 0) > 0 {
                    _ = send(connection, line, line.count, Int32(MSG_NOSIGNAL))
                }
                Glibc.close(connection)
            }
            Glibc.close(socket)
        }
    }

    /// Ends it; call it once.
    package func close() {
        shutdown(socket, Int32(SHUT_RDWR))
    }
}
