import CLibcurl
import SessionCore

/// The transport's loop: begins requests, lets libcurl move bytes, reports what ended. Lives on one thread.
final class CurlLoop {
    private let inbox: CurlInbox
    private let limits: CurlLimits
    private var waiting: [CurlExchange] = []
    /// The first of `waiting` that has not begun; those before it have.
    private var waitingStart = 0
    private var active: [UnsafeMutableRawPointer: CurlExchange] = [:]
    /// Handles for the next requests; libcurl allocates much in each.
    private var idleHandles: [UnsafeMutableRawPointer] = []
    private var closing: [(deadline: ContinuousClock.Instant, closed: @Sendable () -> Void)] = []
    private var isClosed = false
    private var isEnded = false

    init(inbox: CurlInbox, limits: CurlLimits) {
        self.inbox = inbox
        self.limits = limits
        usher_multi_set_long(inbox.multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        usher_multi_set_long(inbox.multi, CURLMOPT_MAXCONNECTS, limits.inFlightMax)
        usher_multi_set_long(inbox.multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, limits.inFlightMax)
    }

    func run() {
        while !isEnded {
            for command in inbox.take() { obey(command) }
            beginWaiting()
            var running: Int32 = 0
            curl_multi_perform(inbox.multi, &running)
            reportEnded()
            beginWaiting()
            closeWhenDue()
            if !isEnded { curl_multi_poll(inbox.multi, nil, 0, pollMilliseconds, nil) }
        }
        endAll("the client is gone")
        for easy in idleHandles { curl_easy_cleanup(easy) }
    }

    private func obey(_ command: CurlCommand) {
        switch command {
        case .start(let request, let startedAt, let completion):
            let exchange = CurlExchange(
                request: request,
                startedAt: startedAt,
                limits: limits,
                completion: completion
            )
            if isClosed { return exchange.end(failure: "closed", "the client is closed") }
            waiting.append(exchange)
        case .run(let work):
            work()
        case .close(let deadline, let closed):
            isClosed = true
            closing.append((deadline, closed))
        case .end:
            isEnded = true
        }
    }

    // MARK: Beginning

    private func beginWaiting() {
        let now = ContinuousClock.now
        while waitingStart < waiting.count {
            let exchange = waiting[waitingStart]
            if exchange.hasWaitedTooLong(at: now) {
                waitingStart += 1
                exchange.end(failure: "waited", "waited too long for a free connection, and was not sent")
            } else if active.count < limits.inFlightMax {
                waitingStart += 1
                begin(exchange)
            } else {
                break
            }
        }
        if waitingStart == waiting.count || waitingStart > 1024 {
            waiting.removeFirst(waitingStart)
            waitingStart = 0
        }
    }

    private func begin(_ exchange: CurlExchange) {
        guard let easy = idleHandles.popLast() ?? curl_easy_init() else {
            return exchange.end(failure: "memory", "libcurl has no memory")
        }
        guard exchange.prepare(easy) else {
            curl_easy_cleanup(easy)
            return exchange.end(failure: "setup", "libcurl refuses the request's settings")
        }
        guard curl_multi_add_handle(inbox.multi, easy) == CURLM_OK else {
            curl_easy_cleanup(easy)
            return exchange.end(failure: "setup", "libcurl does not take the request")
        }
        active[easy] = exchange
    }

    // MARK: Ending

    private func reportEnded() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(inbox.multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            // The message is gone once its handle is removed.
            let code = usher_message_result(message)
            var status = 0
            usher_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
            release(easy, isWell: code == CURLE_OK)?.end(code, httpStatus: status)
        }
    }

    /// Takes the request's handle from libcurl; its exchange stays to be told, and may go then.
    ///
    /// Only a handle that did well is used again: one whose body would have had to be rewound keeps that wish in spite
    /// of `curl_easy_reset` (seen with libcurl 8.14), and every later request with it fails before it is sent.
    private func release(_ easy: UnsafeMutableRawPointer, isWell: Bool) -> CurlExchange? {
        curl_multi_remove_handle(inbox.multi, easy)
        if isWell {
            curl_easy_reset(easy)
            idleHandles.append(easy)
        } else {
            curl_easy_cleanup(easy)
        }
        return active.removeValue(forKey: easy)
    }

    private func closeWhenDue() {
        guard let deadline = closing.map(\.deadline).min() else { return }
        let isIdle = active.isEmpty && waitingStart == waiting.count
        guard isIdle || deadline <= .now else { return }
        endAll("the client was closed before the reply")
        for (_, closed) in closing { closed() }
        closing = []
    }

    private func endAll(_ detail: String) {
        for easy in Array(active.keys) { release(easy, isWell: false)?.end(failure: "closed", detail) }
        let unsent = waiting[waitingStart...]
        waiting = []
        waitingStart = 0
        for exchange in unsent { exchange.end(failure: "closed", detail) }
    }

    /// Until the next thing to do that libcurl does not know of; a command wakes the loop earlier.
    private var pollMilliseconds: Int32 {
        var next: Duration = .seconds(5)
        let now = ContinuousClock.now
        if waitingStart < waiting.count {
            next = min(next, waiting[waitingStart].startedAt + limits.waitMax - now + .milliseconds(1))
        }
        if let deadline = closing.map(\.deadline).min() { next = min(next, deadline - now + .milliseconds(1)) }
        return Int32(max(0, next.wholeMilliseconds))
    }
}
