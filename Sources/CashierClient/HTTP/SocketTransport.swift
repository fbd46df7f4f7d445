import BlockingThreads

/// HTTP/1.1 over sockets of our own: one thread, a pool of connections, no redirects, no proxies, no second sending.
final class SocketTransport: HTTPTransport {
    private let inbox = HTTPInbox()
    private let thread: NamedThread

    /// `onTurn` runs on the transport's thread after each turn of its loop in which completions ran, so that what they
    /// gathered can go on as one batch. It must not block.
    init(
        limits: HTTPLimits = HTTPLimits(),
        onTurn: @escaping @Sendable () -> Void = {},
        prepare: @escaping HTTPPreparation.Maker = { HTTPPreparation.make(for: $0) }
    ) {
        thread = NamedThread("cashier-http") { [inbox] in
            HTTPLoop(inbox: inbox, limits: limits, prepare: prepare, onTurn: onTurn).run()
        }
    }

    deinit {
        inbox.send(.end)
    }

    func start(_ starts: [HTTPStart]) {
        guard !starts.isEmpty else { return }
        inbox.send(.start(starts, at: monotonicNanoseconds()))
    }

    func close(timeout: Duration) async {
        await withCheckedContinuation { continuation in
            inbox.send(
                .close(deadline: monotonicNanoseconds() + timeout.nanoseconds, closed: { continuation.resume() })
            )
        }
    }
}
