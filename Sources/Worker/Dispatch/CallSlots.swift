import SessionCore
import Synchronization

/// Counts the calls that this worker may make, those that it makes, and the jobs that it holds; says who waits when
/// there is room again; stops the counting at shutdown.
///
/// More jobs are taken than calls may be in flight by as many as will be answered while the next are claimed: then the
/// provider is never waited for by an idle slot, and a worker that dies leaves few that it had claimed too early.
final class CallSlots: Sendable {
    /// How far ahead jobs are taken.
    static let lookAhead = Duration.milliseconds(100)
    /// Jobs whose outcomes wait to be stored, before no more are taken.
    static let unsettledMax = 4_000

    private struct State {
        /// Calls begun and not answered, those that still wait in line included.
        var calling = 0
        /// Jobs leased and not settled.
        var held = 0
        /// Room that a claim or an intake on its way has been given.
        var reserved = 0
        var rate = CallRate()
        var isStopping = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    let limit: Int

    init(limit: Int) {
        precondition(limit > 0, "a worker without call slots")
        self.limit = limit
    }

    /// How many jobs may be taken now.
    func free(at uptime: Duration) -> Int {
        state.withLock { Self.free(&$0, limit, uptime) }
    }

    private static func free(_ state: inout State, _ limit: Int, _ uptime: Duration) -> Int {
        guard !state.isStopping, state.held - state.calling < unsettledMax else { return 0 }
        let ahead = state.rate.expected(within: lookAhead, at: uptime)
        return max(0, limit + min(ahead, unsettledMax) - state.calling - state.reserved)
    }

    /// Sets room aside for jobs about to be taken, at most `wanted`; `taken` gives it back.
    func reserve(_ wanted: Int, at uptime: Duration) -> Int {
        state.withLock { state in
            let granted = min(wanted, Self.free(&state, limit, uptime))
            state.reserved += granted
            return granted
        }
    }

    /// Of the room set aside, jobs were taken.
    func taken(_ jobs: Int, of reserved: Int) {
        state.withLock { state in
            state.reserved -= reserved
            state.held += jobs
            state.calling += jobs
            precondition(state.reserved >= 0, "more room given back than was set aside")
        }
    }

    /// Calls were answered, or jobs need none after all.
    func answered(_ jobs: Int, at uptime: Duration) {
        let waiters = state.withLock { state in
            state.calling -= jobs
            precondition(state.calling >= 0, "more calls answered than begun")
            state.rate.answered(jobs, at: uptime)
            return Self.takeWaiters(&state)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Outcomes were stored.
    func settled(_ jobs: Int) {
        state.withLock { state in
            state.held -= jobs
            precondition(state.held >= 0, "more jobs settled than held")
        }
    }

    /// Jobs that will be answered within `duration`, as far as can be told.
    func expected(within duration: Duration, at uptime: Duration) -> Int {
        state.withLock { $0.rate.expected(within: duration, at: uptime) }
    }

    /// Whether so many calls will probably be answered within `duration`. While the first calls are out nobody can
    /// tell, and they may.
    func mayAnswer(_ calls: Int, within duration: Duration, at uptime: Duration) -> Bool {
        state.withLock { state in
            state.rate.isUnknown(at: uptime)
                ? state.calling > 0 : state.rate.possible(within: duration, at: uptime) >= calls
        }
    }

    /// Waits until calls have been answered, or `nudge`.
    func change() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard !state.isStopping else { return true }
                state.waiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Lets whoever waits look again.
    func nudge() {
        let waiters = state.withLock { Self.takeWaiters(&$0) }
        for waiter in waiters { waiter.resume() }
    }

    private static func takeWaiters(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        let waiters = state.waiters
        state.waiters = []
        return waiters
    }

    var held: Int {
        state.withLock { $0.held }
    }

    /// Whether no job is held or on its way.
    var isIdle: Bool {
        state.withLock { $0.held == 0 && $0.reserved == 0 }
    }

    var isStopping: Bool {
        state.withLock { $0.isStopping }
    }

    /// From now on there is no room.
    func stop() {
        let waiters = state.withLock { state in
            state.isStopping = true
            return Self.takeWaiters(&state)
        }
        for waiter in waiters { waiter.resume() }
    }
}
