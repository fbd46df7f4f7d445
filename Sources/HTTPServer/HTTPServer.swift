import BlockingThreads
import CLinux
import Glibc
import Synchronization

/// What a server asks for answers. Called on the server's thread, and must not block.
package protocol HTTPHandler: Sendable {
    /// - Parameter isHeld: the request waited for `WireFault.hold` and comes a second time.
    func answer(_ request: HTTPRequest, isHeld: Bool, connectionsOpen: Int) -> HTTPAnswer
    /// The next piece of a streamed body; empty at its end.
    func nextPiece(of range: inout EventRange) -> [UInt8]
}

/// A small HTTP/1.1 server on one thread and one epoll set. It knows nothing of what it serves.
package final class HTTPServer: Sendable {
    package let port: Int
    private let wake: Int32
    private let thread: NamedThread
    private let isStopped = Mutex(false)

    /// Listens and starts the thread.
    ///
    /// - Parameters:
    ///   - name: of the thread, followed by the port.
    ///   - connectionsMax: beyond it, connections wait in the system's queue until one is closed.
    package init(
        name: String,
        host: String,
        port: Int,
        connectionsMax: Int,
        handler: any HTTPHandler
    ) throws(ListenError) {
        let (listener, boundPort) = try Socket.listen(host: host, port: port)
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        let wake = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard epoll >= 0, wake >= 0 else {
            let reason = String(cString: strerror(errno))
            for descriptor in [listener, epoll, wake] where descriptor >= 0 { close(descriptor) }
            throw .cannotListen(host: host, port: port, reason: reason)
        }
        self.port = boundPort
        self.wake = wake
        thread = NamedThread("\(name)-\(boundPort)") {
            let loop = EventLoop(
                epoll: epoll,
                listener: listener,
                wake: wake,
                connectionsMax: connectionsMax,
                handler: handler
            )
            loop.run()
        }
    }

    /// Closes every connection and the port, and waits until the thread has ended. A second call returns at once.
    package func stop() {
        isStopped.withLock { isStopped in
            guard !isStopped else { return }
            isStopped = true
            eventfd_write(wake, 1)
            thread.join()
            close(wake)
        }
    }

    deinit {
        stop()
    }
}
