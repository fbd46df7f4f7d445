import Glibc

/// One callback over one connection, blocking: for a thread of the sender's.
struct CallbackExchange {
    private static let answerBytesMax = 256 * 1024

    let post: CallbackPost
    /// Readable once everything shall end.
    let stop: Int32
    private let deadline: Int64

    init(_ post: CallbackPost, stop: Int32) {
        self.post = post
        self.stop = stop
        deadline = CallbackQueue.now() + post.timeout.nanoseconds
    }

    /// Sends the callback and reads its answer, all within the callback's timeout.
    func run() -> Result<CallbackReply, CallbackFailure> {
        do throws(CallbackFailure) {
            let target = try WebTarget(post.url)
            let descriptor = try connected(target)
            defer { close(descriptor) }
            try send(head(target) + post.body, descriptor)
            return .success(try receive(descriptor))
        } catch {
            return .failure(error)
        }
    }

    private func head(_ target: WebTarget) -> [UInt8] {
        var text = "POST \(target.path) HTTP/1.1\r\nHost: \(target.authority)\r\n"
        text += "Content-Type: application/json; charset=utf-8\r\nAccept: application/json\r\n"
        if let signature = post.signature { text += "Gt-Authentication: \(signature)\r\n" }
        text += "Content-Length: \(post.body.count)\r\nConnection: close\r\n\r\n"
        return Array(text.utf8)
    }

    // MARK: Socket

    private func connected(_ target: WebTarget) throws(CallbackFailure) -> Int32 {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(target.host, String(target.port), &hints, &found) == 0, let found else {
            throw CallbackFailure("the host's name has no IPv4 address")
        }
        defer { freeaddrinfo(found) }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { throw Self.failure("cannot open a socket") }
        do throws(CallbackFailure) {
            if connect(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) != 0 {
                guard errno == EINPROGRESS else { throw Self.failure("cannot connect") }
                try wait(for: POLLOUT, descriptor)
                var code: Int32 = 0
                var length = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
                errno = code
                guard code == 0 else { throw Self.failure("cannot connect") }
            }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Waits until the socket is ready; throws at the deadline and when the simulator stops.
    private func wait(for event: Int32, _ descriptor: Int32) throws(CallbackFailure) {
        while true {
            let left = (deadline - CallbackQueue.now()) / 1_000_000
            guard left > 0 else { throw CallbackFailure("no answer in time") }
            var waiting = [
                pollfd(fd: descriptor, events: Int16(event), revents: 0),
                pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&waiting, 2, Int32(clamping: left))
            if waiting[1].revents != 0 { throw CallbackFailure("the simulator stopped") }
            if count > 0, waiting[0].revents != 0 { return }
        }
    }

    private func send(_ bytes: [UInt8], _ descriptor: Int32) throws(CallbackFailure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(for: POLLOUT, descriptor)
            } else if errno != EINTR {
                throw Self.failure("the connection broke while the callback was sent")
            }
        }
    }

    private func receive(_ descriptor: Int32) throws(CallbackFailure) -> CallbackReply {
        var reader = CallbackReplyReader()
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            if let reply = try reader.reply(isEnd: false) { return reply }
            try wait(for: POLLIN, descriptor)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                reader.append(buffer[..<count])
                guard reader.count <= Self.answerBytesMax else { throw CallbackFailure("the answer is too large") }
            } else if count == 0 {
                guard let reply = try reader.reply(isEnd: true) else {
                    throw CallbackFailure("the connection was closed before the answer was whole")
                }
                return reply
            } else if errno != EAGAIN, errno != EINTR {
                throw Self.failure("the connection broke before the answer")
            }
        }
    }

    private static func failure(_ what: String) -> CallbackFailure {
        CallbackFailure("\(what): \(String(cString: strerror(errno)))")
    }
}
