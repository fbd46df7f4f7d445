package import Logs
import SessionCore
import Synchronization

/// Runs a database transaction until it has happened: every one is safe to run again, so an unreachable database is
/// waited for, said at once and every minute, and said again when it is back.
package final class Patience: Sendable {
    private struct Wait {
        /// When the first transaction found no database.
        var since: Duration
        /// When it was last said.
        var told: Duration
    }

    private let log: Log
    private let clock: WorkerClock
    private let repeatAfter: Duration
    private let wait = Mutex<Wait?>(nil)
    private let stopped = Mutex(false)

    package init(log: Log, clock: WorkerClock, repeatAfter: Duration = .seconds(60)) {
        self.log = log
        self.clock = clock
        self.repeatAfter = repeatAfter
    }

    /// Whether the last transaction found no database.
    package var waitsForDatabase: Bool {
        wait.withLock { $0 != nil }
    }

    /// For how long no transaction has got through; nil while they do.
    func silence(at uptime: Duration) -> Duration? {
        wait.withLock { wait in wait.map { uptime - $0.since } }
    }

    /// From now on an unreachable database is an error at once.
    package func stopWaiting() {
        stopped.withLock { $0 = true }
    }

    /// Throws what `transaction` throws, except what passes by itself, which is waited out.
    package func untilDone<Answer: Sendable>(
        _ transaction: @Sendable () async throws -> Answer
    ) async throws -> Answer {
        var pause = Backoff(base: .milliseconds(100), cap: .seconds(2))
        while true {
            if let answer = try await once(transaction) { return answer }
            try await clock.wait(for: pause.base)
            pause.base = min(pause.cap, pause.base * 2)
        }
    }

    /// Runs a transaction that is better left than run late: nil without a database. Throws what `transaction` throws,
    /// except what passes by itself.
    func once<Answer: Sendable>(_ transaction: @Sendable () async throws -> Answer) async throws -> Answer? {
        do {
            let answer = try await transaction()
            reachable()
            return answer
        } catch let error as StoreError {
            guard let reason = error.passingReason else { throw error }
            if stopped.withLock({ $0 }) { throw StoreError.unavailable(reason) }
            unreachable(reason)
            return nil
        }
    }

    private func unreachable(_ reason: String) {
        let now = clock.uptime
        let news: Wait? = wait.withLock { wait in
            guard let known = wait else {
                wait = Wait(since: now, told: now)
                return wait
            }
            guard now - known.told >= repeatAfter else { return nil }
            wait?.told = now
            return known
        }
        guard let news else { return }
        if news.since == now {
            log.warning("waiting for the database", [.waitingFor: "postgres", .reason: .text(reason)])
        } else {
            log.warning(
                "still waiting for the database",
                [
                    .waitingFor: "postgres", .elapsedMs: .init((now - news.since).wholeMilliseconds),
                    .reason: .text(reason),
                ]
            )
        }
    }

    private func reachable() {
        let isNews = wait.withLock { wait in
            defer { wait = nil }
            return wait != nil
        }
        if isNews { log.notice("the database is back", [.waitingFor: "postgres"]) }
    }
}
