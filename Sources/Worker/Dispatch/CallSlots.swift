import SessionCore
import Synchronization

/// Counts the calls that this worker may make, those that it makes, and the jobs that it holds; says who waits when
/// there is room again; stops the counting at shutdown.
///
/// More jobs are taken than calls may be in flight by as many as will be answered while the next are claimed: then the
/// provider is never waited for by an idle slot, and a worker that dies leaves few that it had claimed too early. How
/// many these are the accounts say: `ahead`.
final class CallSlots: Sendable {
    /// Jobs whose outcomes wait to be stored, before no more are taken.
    static let unsettledMax = 4_000

    private struct State {
        /// Calls begun and not answered, those that still wait in line included.
        var calling = 0
        /// Those of them that are agents'.
        var ofAgents = 0
        /// Jobs leased and not settled.
        var held = 0
        /// Room that a claim or an intake on its way has been given.
        var reserved = 0
        var rate = CallRate()
        var isStopping = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// What may be taken.
    struct Room: Equatable, Sendable {
        /// Jobs of any lane.
        var free: Int
        /// Jobs of agents, be slots free or not: what they do not use yet of their reserve.
        var past: Int
        /// Jobs of agents that were taken and are not answered.
        var ofAgents: Int
    }

    private let state = Mutex(State())
    let limit: Int
    private let agentsReserve: Int

    /// - Parameter reserve: slots that only agents' jobs may use.
    init(limit: Int, reserve: Int = 0) {
        precondition(limit > 0, "a worker without call slots")
        self.limit = limit
        agentsReserve = reserve
    }

    /// How many jobs may be taken now, if `ahead` of those that were use no slot.
    func free(ahead: Int) -> Int {
        room(ahead: ahead).free
    }

    /// What may be taken now, as in `free`.
    func room(ahead: Int) -> Room {
        state.withLock { state in
            Room(
                free: Self.free(&state, limit, ahead),
                past: Self.past(&state, agentsReserve),
                ofAgents: state.ofAgents
            )
        }
    }

    /// Whether jobs may be taken at all: not once the worker stops, nor while too many outcomes wait to be stored.
    var mayTake: Bool {
        state.withLock { Self.mayTake(&$0) }
    }

    private static func free(_ state: inout State, _ limit: Int, _ ahead: Int) -> Int {
        guard mayTake(&state) else { return 0 }
        return max(0, limit + min(ahead, unsettledMax) - state.calling - state.reserved)
    }

    /// What is set aside may become agents' as well.
    private static func past(_ state: inout State, _ reserve: Int) -> Int {
        mayTake(&state) ? max(0, reserve - state.ofAgents - state.reserved) : 0
    }

    private static func mayTake(_ state: inout State) -> Bool {
        !state.isStopping && state.held - state.calling < unsettledMax
    }

    /// Sets room aside for jobs about to be taken, at most `wanted`; `taken` gives it back.
    func reserve(_ wanted: Int, ahead: Int, areAgents: Bool) -> Int {
        state.withLock { state in
            let free = Self.free(&state, limit, ahead)
            let granted = min(wanted, areAgents ? max(free, Self.past(&state, agentsReserve)) : free)
            state.reserved += granted
            return granted
        }
    }

    /// Sets room aside for jobs that are being claimed: how many, was decided before.
    func reserve(_ jobs: Int) -> Int {
        state.withLock { state in
            state.reserved += jobs
            return jobs
        }
    }

    /// Of the room set aside, jobs were taken, some of them agents'.
    func taken(_ jobs: Int, ofAgents: Int = 0, of reserved: Int) {
        state.withLock { state in
            state.reserved -= reserved
            state.held += jobs
            state.calling += jobs
            state.ofAgents += ofAgents
            precondition(state.reserved >= 0, "more room given back than was set aside")
        }
    }

    /// Calls were answered, some of them agents'.
    func answered(_ jobs: Int, ofAgents: Int = 0, at uptime: Duration) {
        ended(jobs, ofAgents, answeredAt: uptime)
    }

    /// Jobs need no call after all, some of them agents'. That tells nothing of how many are answered.
    func uncalled(_ jobs: Int, ofAgents: Int = 0) {
        ended(jobs, ofAgents, answeredAt: nil)
    }

    private func ended(_ jobs: Int, _ ofAgents: Int, answeredAt uptime: Duration?) {
        let waiters = state.withLock { state in
            state.calling -= jobs
            state.ofAgents -= ofAgents
            precondition(state.calling >= 0 && state.ofAgents >= 0, "more calls answered than begun")
            if let uptime { state.rate.answered(jobs, at: uptime) }
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
