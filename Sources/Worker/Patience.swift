package import Logs
import SessionCore
import Synchronization

/// Runs a database transaction until it has happened: every one is safe to run again, so an unreachable database is
/// waited for, said at once and every minute, and said again when it is back: when nothing waits for it any more, since
/// others may get through all the while, where a disk is full, a standby away or a row locked.
package final class Patience: Sendable {
    private struct Wait {
        /// When the first transaction found no database.
        var since: Duration
        /// When it was last said.
        var told: Duration
    }

    private struct State {
        var wait: Wait?
        /// Transactions that found no database and will be run again.
        var waiting = 0
        /// Since when none that writes has got through; nil while they do.
        var silentSince: Duration?
    }

    /// What a transaction found in place of a database.
    private struct Away: Error {
        var reason: String
    }

    private let log: Log
    private let clock: WorkerClock
    private let repeatAfter: Duration
    private let state = Mutex(State())
    private let stopped = Mutex(false)

    package init(log: Log, clock: WorkerClock, repeatAfter: Duration = .seconds(60)) {
        self.log = log
        self.clock = clock
        self.repeatAfter = repeatAfter
    }

    /// Whether a transaction found no database, and the database is not back yet.
    package var waitsForDatabase: Bool {
        state.withLock { $0.wait != nil }
    }

    /// For how long no transaction that writes has got through; nil while they do. A server that only takes reads, as a
    /// standby does, is no database for a worker.
    func silence(at uptime: Duration) -> Duration? {
        state.withLock { state in state.silentSince.map { uptime - $0 } }
    }

    /// From now on an unreachable database is an error at once.
    package func stopWaiting() {
        stopped.withLock { $0 = true }
    }

    /// Throws what `transaction` throws, except what passes by itself, which is waited out.
    ///
    /// - Parameter onlyReads: The transaction would get through where nothing can be written.
    package func untilDone<Answer: Sendable>(
        onlyReads: Bool = false,
        _ transaction: @Sendable () async throws -> Answer
    ) async throws -> Answer {
        var pause = Backoff(base: .milliseconds(100), cap: .seconds(2))
        var isWaiting = false
        defer { gaveUp(isWaiting: isWaiting) }
        while true {
            let answer = try await once(onlyReads: onlyReads, isWaiting: &isWaiting, transaction)
            if let answer { return answer }
            try await clock.wait(for: pause.base)
            pause.base = min(pause.cap, pause.base * 2)
        }
    }

    /// Runs a transaction that is better left than run late: nil without a database. Throws what `transaction` throws,
    /// except what passes by itself.
    ///
    /// - Parameter onlyReads: The transaction would get through where nothing can be written.
    func once<Answer: Sendable>(
        onlyReads: Bool = false,
        _ transaction: @Sendable () async throws -> Answer
    ) async throws -> Answer? {
        var isWaiting = false
        defer { gaveUp(isWaiting: isWaiting) }
        return try await once(onlyReads: onlyReads, isWaiting: &isWaiting, transaction)
    }

    /// As `once`, for a caller that comes again until it gets through or gives up: it waits for the database meanwhile.
    func once<Answer: Sendable>(
        onlyReads: Bool = false,
        isWaiting: inout Bool,
        _ transaction: @Sendable () async throws -> Answer
    ) async throws -> Answer? {
        switch try await attempt(transaction) {
        case .success(let answer):
            reachable(onlyReads: onlyReads, endsWaiting: isWaiting)
            isWaiting = false
            return answer
        case .failure(let away):
            unreachable(away, onlyReads: onlyReads, beginsWaiting: !isWaiting)
            isWaiting = true
            return nil
        }
    }

    /// A caller of `once` does not come again.
    func gaveUp(isWaiting: Bool) {
        if isWaiting { state.withLock { $0.waiting -= 1 } }
    }

    private func attempt<Answer: Sendable>(
        _ transaction: @Sendable () async throws -> Answer
    ) async throws -> Result<Answer, Away> {
        do {
            return .success(try await transaction())
        } catch let error as StoreError {
            guard let reason = error.passingReason else { throw error }
            if stopped.withLock({ $0 }) { throw StoreError.unavailable(reason) }
            return .failure(Away(reason: reason))
        }
    }

    private func unreachable(_ away: Away, onlyReads: Bool, beginsWaiting: Bool) {
        let now = clock.uptime
        let news: Wait? = state.withLock { state in
            if beginsWaiting { state.waiting += 1 }
            if !onlyReads { state.silentSince = state.silentSince ?? now }
            guard let known = state.wait else {
                state.wait = Wait(since: now, told: now)
                return state.wait
            }
            guard now - known.told >= repeatAfter else { return nil }
            state.wait?.told = now
            return known
        }
        guard let news else { return }
        if news.since == now {
            log.warning("waiting for the database", [.waitingFor: "postgres", .reason: .text(away.reason)])
        } else {
            log.warning(
                "still waiting for the database",
                [
                    .waitingFor: "postgres", .elapsedMs: .init((now - news.since).wholeMilliseconds),
                    .reason: .text(away.reason),
                ]
            )
        }
    }

    private func reachable(onlyReads: Bool, endsWaiting: Bool) {
        let isNews: Bool = state.withLock { state in
            if endsWaiting { state.waiting -= 1 }
            if !onlyReads { state.silentSince = nil }
            guard state.waiting == 0 else { return false }
            defer { state.wait = nil }
            return state.wait != nil
        }
        if isNews { log.notice("the database is back", [.waitingFor: "postgres"]) }
    }
}
