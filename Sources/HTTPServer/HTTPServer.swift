import BlockingThreads
import CLinux
package import Cryptography
import Glibc
import Synchronization

/// A small HTTP/1.1 server on one thread and one epoll set. It knows nothing of what it serves.
package final class HTTPServer: Sendable {
    package let port: Int
    private let mailbox: LoopMailbox
    private let thread: NamedThread
    private let isStopped = Mutex(false)

    /// Listens and starts the thread.
    ///
    /// - Parameters:
    ///   - name: of the thread, followed by the port.
    ///   - host: an IPv4 address in dotted form.
    ///   - port: 0 takes any free one.
    ///   - tls: the certificate to show; nil speaks plain HTTP.
    package init(
        name: String,
        host: String,
        port: Int,
        limits: HTTPLimits,
        tls: TLSServerContext? = nil,
        handler: any HTTPHandler
    ) throws(ListenError) {
        let (listener, boundPort) = try Socket.listen(host: host, port: port)
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0, let mailbox = LoopMailbox() else {
            let reason = String(cString: strerror(errno))
            for descriptor in [listener, epoll] where descriptor >= 0 { close(descriptor) }
            throw .cannotListen(host: host, port: port, reason: reason)
        }
        self.port = boundPort
        self.mailbox = mailbox
        thread = NamedThread("\(name)-\(boundPort)") {
            let loop = EventLoop(
                epoll: epoll,
                listener: listener,
                mailbox: mailbox,
                limits: limits,
                tls: tls,
                handler: handler
            )
            loop.run()
        }
    }

    /// Closes the port at once and every connection when its request is answered, at the latest after `grace`, and
    /// waits until the thread has ended. A second call returns at once.
    package func stop(grace: Duration = .zero) {
        isStopped.withLock { isStopped in
            guard !isStopped else { return }
            isStopped = true
            mailbox.send(.stop(at: grace > .zero ? monotonicNanoseconds() + grace.nanoseconds : nil))
            thread.join()
        }
    }

    deinit {
        stop()
    }
}
