import Glibc
import HTTPServer
import SessionCore

@testable import CashierSimulator

/// An answer as it came over the wire.
struct WireAnswer: Equatable {
    var status: Int
    var headers: [HTTPHeader]
    var body: [UInt8]

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    var text: String { String(decoding: body, as: UTF8.self) }
    /// Larger than requests may be: statistics are, and so is one of the faults.
    var json: JSONTree? {
        try? JSONTree.read(body, limits: JSONLimits(size: 8 * 1024 * 1024, depth: 16, keys: 100_000))
    }
    /// The provider's own status.
    var code: Int64? { json?["status"]?.integer }
}

/// What a client sees instead of an answer, or as one.
enum Seen: Equatable {
    case answer(WireAnswer)
    case reset
    /// An orderly end after this many bytes.
    case closed(bytes: Int)
    /// Nothing more within the time, after this many bytes.
    case silence(bytes: Int)

    var answer: WireAnswer? {
        guard case .answer(let answer) = self else { return nil }
        return answer
    }
}

/// One TCP connection, blocking, with nothing between the test and the socket.
final class RawClient {
    let descriptor: Int32
    private var buffer: [UInt8] = []

    init?(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard isConnected == 0 else {
            Glibc.close(descriptor)
            return nil
        }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { Glibc.close(descriptor) }

    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(
                    descriptor,
                    bytes.baseAddress.map { $0 + sent },
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Waits for one whole answer.
    func receive(within milliseconds: Int = 5000, isHead: Bool = false) -> Seen {
        let deadline = monotonicNanoseconds() + Int64(milliseconds) * 1_000_000
        while true {
            if let answer = takeAnswer(isHead: isHead) { return .answer(answer) }
            let left = (deadline - monotonicNanoseconds()) / 1_000_000
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard left > 0, poll(&wanted, 1, Int32(left)) > 0 else { return .silence(bytes: buffer.count) }
            var received = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &received, received.count, 0)
            let failure = errno
            if count > 0 {
                buffer += received[0..<count]
            } else if count == 0 {
                return .closed(bytes: buffer.count)
            } else if failure == ECONNRESET {
                return .reset
            }
        }
    }

    private func takeAnswer(isHead: Bool) -> WireAnswer? {
        guard let end = firstRange(of: Array("\r\n\r\n".utf8), in: buffer, from: 0) else { return nil }
        let lines = String(decoding: buffer[..<end], as: UTF8.self).split(separator: "\r\n")
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        let headers = lines.dropFirst().map { line -> HTTPHeader in
            let parts = line.split(separator: ":", maxSplits: 1)
            let value = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
            return HTTPHeader(name: parts[0].lowercased(), value: value)
        }
        var answer = WireAnswer(status: status, headers: headers, body: [])
        let start = end + 4
        if status == 100 || isHead {
            buffer.removeFirst(start)
            return answer
        }
        if answer.header("transfer-encoding") == "chunked" {
            guard let (body, used) = dechunked(buffer, from: start) else { return nil }
            answer.body = body
            buffer.removeFirst(used)
            return answer
        }
        let length = answer.header("content-length").flatMap { Int($0) } ?? 0
        guard buffer.count >= start + length else { return nil }
        answer.body = Array(buffer[start..<start + length])
        buffer.removeFirst(start + length)
        return answer
    }
}

private func firstRange(of pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    guard bytes.count >= pattern.count, start <= bytes.count - pattern.count else { return nil }
    return (start...(bytes.count - pattern.count)).first { bytes[$0..<$0 + pattern.count].elementsEqual(pattern) }
}

private func dechunked(_ bytes: [UInt8], from start: Int) -> (body: [UInt8], used: Int)? {
    var body: [UInt8] = []
    var index = start
    while true {
        guard let end = firstRange(of: [0x0D, 0x0A], in: bytes, from: index),
            let length = Int(String(decoding: bytes[index..<end], as: UTF8.self), radix: 16),
            bytes.count >= end + 2 + length + 2
        else { return nil }
        body += bytes[end + 2..<end + 2 + length]
        index = end + 2 + length + 2
        if length == 0 { return (body, index) }
    }
}
