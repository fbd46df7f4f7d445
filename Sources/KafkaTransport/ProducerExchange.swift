import Synchronization

/// What the producing thread and its callers share.
final class ProducerExchange: Sendable {
    /// What the thread finds when it looks.
    struct Turn: Sendable {
        var records: [OutgoingRecord]
        /// Those that do not wait for groups of others.
        var urgent: [OutgoingRecord]
        /// Set once no more will come: until when to wait for acknowledgements.
        var deadline: ContinuousClock.Instant?
        /// The producer is to fail, as librdkafka would make it.
        var isToFail: Bool
    }

    private struct State {
        var inbox: [OutgoingRecord] = []
        var urgent: [OutgoingRecord] = []
        var deadline: ContinuousClock.Instant?
        var isToFail = false
        var sleep = ProducerSleep.deep
        var isOver = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    let waker = Waker()

    /// Hands records to the thread; urgent ones go before those that are not. False, and nothing taken, once the
    /// producer is closing.
    func send(_ records: [OutgoingRecord], areUrgent: Bool = false) -> Bool {
        let (isTaken, isToWake) = state.withLock { state in
            guard state.deadline == nil, !state.isOver else { return (false, false) }
            if areUrgent {
                state.urgent.append(contentsOf: records)
            } else {
                state.inbox.append(contentsOf: records)
            }
            guard state.sleep.isEnded(byUrgent: areUrgent) else { return (true, false) }
            state.sleep = .deep
            return (true, true)
        }
        if isToWake { waker.wake() }
        return isTaken
    }

    /// The thread looks for work; `sleep` says what it is to be woken for should there be none.
    func turn(before sleep: ProducerSleep) -> Turn {
        state.withLock { state in
            let turn = Turn(
                records: state.inbox,
                urgent: state.urgent,
                deadline: state.deadline,
                isToFail: state.isToFail
            )
            state.inbox = []
            state.urgent = []
            state.isToFail = false
            state.sleep = sleep.with(turn)
            return turn
        }
    }

    func failForTest() {
        state.withLock { $0.isToFail = true }
        waker.wake()
    }

    func beginClose(timeout: Duration) {
        let deadline = ContinuousClock.now + timeout
        state.withLock { $0.deadline = min($0.deadline ?? deadline, deadline) }
        waker.wake()
    }

    func closed() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.closers.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }

    /// The thread has ended.
    func finish() {
        let closers = state.withLock { state in
            state.isOver = true
            let closers = state.closers
            state.closers = []
            return closers
        }
        for closer in closers { closer.resume() }
    }
}
