import BlockingThreads
import CLinux
import Glibc
import Synchronization

/// Sends callbacks when their time has come, on threads of its own; those of one lane in order. The threads start with
/// the first callback.
final class CallbackSender: Sendable {
    /// Makes the bytes of a callback; nil sends nothing.
    typealias Prepare = @Sendable (CallbackTicket) -> (id: Int, post: CallbackPost)?
    /// Takes the answer; returns what shall be sent next.
    typealias Finish = @Sendable (Int, CallbackTicket, Result<CallbackReply, CallbackFailure>) -> [CallbackTicket]

    private static let lanes = 4

    private struct State {
        var lanes: [CallbackLane] = []
        var isStopped = false
    }

    private let state = Mutex(State())
    private let prepare: Prepare
    private let finish: Finish

    init(prepare: @escaping Prepare, finish: @escaping Finish) {
        self.prepare = prepare
        self.finish = finish
    }

    func add(_ tickets: [CallbackTicket]) {
        guard !tickets.isEmpty else { return }
        let lanes = state.withLock { state -> [CallbackLane] in
            guard !state.isStopped else { return [] }
            if state.lanes.isEmpty {
                state.lanes = (0..<Self.lanes).map { CallbackLane($0, prepare: prepare, finish: finish) }
            }
            return state.lanes
        }
        guard !lanes.isEmpty else { return }
        for ticket in tickets { lanes[ticket.lane % lanes.count].add(ticket) }
        for lane in lanes { lane.wake() }
    }

    /// Ends what is under way and waits for the threads.
    func stop() {
        let lanes = state.withLock { state in
            state.isStopped = true
            defer { state.lanes = [] }
            return state.lanes
        }
        for lane in lanes { lane.stop() }
    }
}

/// One thread of the sender's, with the callbacks that it will send.
private final class CallbackLane: Sendable {
    private struct State {
        var timers = CallbackQueue()
        var isStopped = false
    }

    private let shared: Shared
    private let thread: NamedThread

    /// What the thread works with; the thread must not keep its own lane alive.
    private final class Shared: Sendable {
        let state = Mutex(State())
        /// Written to when there is something new; read by the thread.
        let news = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        /// Readable once the lane has stopped.
        let end = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))

        deinit {
            close(news)
            close(end)
        }
    }

    init(_ number: Int, prepare: @escaping CallbackSender.Prepare, finish: @escaping CallbackSender.Finish) {
        let shared = Shared()
        self.shared = shared
        thread = NamedThread("callbacks-\(number)") { Self.run(shared, prepare, finish) }
    }

    func add(_ ticket: CallbackTicket) {
        Self.add(ticket, shared)
    }

    func wake() {
        eventfd_write(shared.news, 1)
    }

    func stop() {
        shared.state.withLock { $0.isStopped = true }
        eventfd_write(shared.end, 1)
        thread.join()
    }

    private static func add(_ ticket: CallbackTicket, _ shared: Shared) {
        let at = CallbackQueue.now() + ticket.delay.nanoseconds
        shared.state.withLock { $0.timers.add(ticket, at: at) }
    }

    private static func run(_ shared: Shared, _ prepare: CallbackSender.Prepare, _ finish: CallbackSender.Finish) {
        while true {
            let (due, next, isStopped) = shared.state.withLock { state in
                (state.timers.takeDue(now: CallbackQueue.now()), state.timers.nextAt, state.isStopped)
            }
            if isStopped { return }
            if let due {
                guard let (id, post) = prepare(due) else { continue }
                let result = CallbackExchange(post, stop: shared.end).run()
                for ticket in finish(id, due, result) { add(ticket, shared) }
            } else {
                wait(shared, until: next)
            }
        }
    }

    private static func wait(_ shared: Shared, until next: Int64?) {
        let milliseconds = next.map { max(0, $0 - CallbackQueue.now() + 999_999) / 1_000_000 }
        var waiting = [
            pollfd(fd: shared.news, events: Int16(POLLIN), revents: 0),
            pollfd(fd: shared.end, events: Int16(POLLIN), revents: 0),
        ]
        poll(&waiting, 2, milliseconds.map { Int32(clamping: $0) } ?? -1)
        var count: eventfd_t = 0
        eventfd_read(shared.news, &count)
    }
}
