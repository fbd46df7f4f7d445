package import Logs
import SessionCore
import Synchronization

/// Runs a database transaction until it has happened: every one is safe to run again, so an unreachable database is
/// waited for, said once and said again when it is back.
package final class Patience: Sendable {
    private let log: Log
    private let clock: WorkerClock
    private let isWaiting = Mutex(false)
    private let stopped = Mutex(false)

    package init(log: Log, clock: WorkerClock) {
        self.log = log
        self.clock = clock
    }

    /// Whether the last transaction found no database.
    package var waitsForDatabase: Bool {
        isWaiting.withLock { $0 }
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
        let isNews = isWaiting.withLock { waiting in
            defer { waiting = true }
            return !waiting
        }
        if isNews { log.warning("waiting for the database", [.waitingFor: "postgres", .reason: .text(reason)]) }
    }

    private func reachable() {
        let isNews = isWaiting.withLock { waiting in
            defer { waiting = false }
            return waiting
        }
        if isNews { log.notice("the database is back", [.waitingFor: "postgres"]) }
    }
}
