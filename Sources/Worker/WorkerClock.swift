package import SessionCore
import Synchronization

/// Time for the worker: monotonic for waits and deadlines, and the database's wall clock, estimated from its last
/// answer plus the monotonic time since.
package final class WorkerClock: Sendable {
    private struct Reference {
        var database: Timestamp
        var uptime: Duration
    }

    private let monotonic: ContinuousClock
    private let origin: ContinuousClock.Instant
    private let reference: Mutex<Reference>

    /// - Parameter wall: a first guess of the database's clock, replaced by its first answer.
    package init(wall: Timestamp) {
        monotonic = ContinuousClock()
        origin = monotonic.now
        reference = Mutex(Reference(database: wall, uptime: .zero))
    }

    /// Monotonic time since the worker started; goes on while the machine sleeps.
    package var uptime: Duration {
        origin.duration(to: monotonic.now)
    }

    /// The database's clock now, as far as it is known.
    package var databaseNow: Timestamp {
        let reference = reference.withLock { $0 }
        return reference.database.advanced(by: uptime - reference.uptime)
    }

    /// Takes the database's clock from an answer that arrived at `uptime`. The answer is older than its arrival, so the
    /// estimate runs late, which is the safe side: nothing is signed in the provider's future.
    package func learn(_ database: Timestamp, receivedAt uptime: Duration) {
        reference.withLock { $0 = Reference(database: database, uptime: uptime) }
    }

    package func wait(for duration: Duration) async throws {
        try await monotonic.sleep(for: duration)
    }

    /// Waits, or not to the end if the task is cancelled: for a rest that nothing depends on.
    func rest(for duration: Duration) async {
        guard duration > .zero else { return }
        do { try await wait(for: duration) } catch { return }
    }
}
