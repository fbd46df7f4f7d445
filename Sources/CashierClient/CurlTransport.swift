import BlockingThreads
import CLibcurl
import SessionCore
import Synchronization

/// The bounds of the HTTP client.
package struct CurlLimits: Equatable, Sendable {
    /// Requests in flight, and so connections in use; more wait in order.
    package var inFlightMax = 256
    /// A connection idle for longer is not used again. Below the usual 60–75 s after which servers hang up.
    package var idleSecondsMax = 30
    /// A connection older than this is not used again, so that changes of names take effect.
    package var connectionSecondsMax = 300
    /// How long a request may wait for its first byte of body, with connecting; then it is not sent.
    package var waitMax: Duration = .seconds(10)
    package var replyBytesMax = 64 * 1024
    package var headerBytesMax = 16 * 1024

    package init() {}
}

/// HTTP/1.1 with libcurl: one thread, a pool of connections, no redirects, no proxies, no second sending.
final class CurlTransport: HTTPTransport {
    private let inbox: CurlInbox
    private let thread: NamedThread

    init(limits: CurlLimits) {
        let inbox = CurlInbox()
        self.inbox = inbox
        thread = NamedThread("cashier-http") { CurlLoop(inbox: inbox, limits: limits).run() }
    }

    deinit {
        inbox.send(.end)
    }

    func start(_ request: HTTPRequest, completion: @escaping @Sendable (HTTPEnding) -> Void) {
        inbox.send(.start(request, at: .now, completion: completion))
    }

    func run(_ work: @escaping @Sendable () -> Void) {
        inbox.send(.run(work))
    }

    func close(timeout: Duration) async {
        await withCheckedContinuation { continuation in
            inbox.send(.close(deadline: .now + timeout, closed: { continuation.resume() }))
        }
    }
}

/// What the loop is told.
enum CurlCommand: Sendable {
    case start(HTTPRequest, at: ContinuousClock.Instant, completion: @Sendable (HTTPEnding) -> Void)
    case run(@Sendable () -> Void)
    /// No request is begun from now on; those in flight may end until the deadline.
    case close(deadline: ContinuousClock.Instant, closed: @Sendable () -> Void)
    /// The transport is gone.
    case end
}

/// Commands on their way to the loop, and the handle that wakes it. Owns the multi handle's life.
final class CurlInbox: @unchecked Sendable {
    // `@unchecked`: `multi` is a pointer; libcurl allows `curl_multi_wakeup` on it from any thread while it exists, and
    // it exists as long as this inbox, which both the sender and the loop hold. All else with it is the loop's.
    let multi: UnsafeMutableRawPointer
    private let commands = Mutex<[CurlCommand]>([])

    init() {
        precondition(Self.isReady, "libcurl does not start")
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl has no memory") }
        self.multi = multi
    }

    deinit {
        curl_multi_cleanup(multi)
    }

    func send(_ command: CurlCommand) {
        commands.withLock { $0.append(command) }
        curl_multi_wakeup(multi)
    }

    func take() -> [CurlCommand] {
        commands.withLock { commands in
            let taken = commands
            commands = []
            return taken
        }
    }

    private static let isReady = curl_global_init(Int(CURL_GLOBAL_SSL)) == CURLE_OK
}
