package import Logs
package import SessionCore
import Synchronization

/// Time for the worker: monotonic for waits and deadlines, and the database's wall clock, estimated from its answers
/// and the monotonic time between them.
package final class WorkerClock: Sendable {
    private let monotonic: ContinuousClock
    private let origin: ContinuousClock.Instant
    private let database: Mutex<DatabaseClock>
    private let log: Log

    /// - Parameters:
    ///   - wall: a first guess of the database's clock, replaced by its first answer.
    ///   - stepMax: by how much the database's clock may run ahead of this one before it counts as set, which is said
    ///     as an error. nil: it may be set at will, as tests do.
    package init(wall: Timestamp, stepMax: Duration? = nil, log: Log = .silent) {
        monotonic = ContinuousClock()
        origin = monotonic.now
        database = Mutex(DatabaseClock(wall: wall, stepMax: stepMax))
        self.log = log
    }

    /// Monotonic time since the worker started; goes on while the machine sleeps.
    package var uptime: Duration {
        origin.duration(to: monotonic.now)
    }

    /// The database's clock now, as far as it is known.
    package var databaseNow: Timestamp {
        let uptime = uptime
        return database.withLock { $0.now(at: uptime) }
    }

    /// Since when the database's clock has gone on evenly, by its present time: what it shows of the time before may
    /// not have passed. nil: for as long as this worker knows it.
    package var steadySince: Timestamp? {
        database.withLock { $0.steadySince }
    }

    /// Whether the database's clock was not set ahead within so long, as far as this worker saw.
    package func hasGoneOnEvenly(for duration: Duration) -> Bool {
        let uptime = uptime
        return database.withLock { $0.steppedAt }.map { uptime - $0 >= duration } ?? true
    }

    /// Takes the database's clock from an answer that arrived at the uptime `received`, to a question of the uptime
    /// `asked`. An answer is older than its arrival. The first is taken for the time then all the same, so the estimate
    /// begins late, which is the safe side: nothing is signed in the provider's future. A later one moves it only so
    /// far that it lies between what the answer shows and that plus the time that the answer took.
    package func learn(_ shown: Timestamp, asked: Duration, receivedAt received: Duration) {
        guard let step = database.withLock({ $0.learn(shown, asked: asked, received: received) }) else { return }
        log.error(
            "the database's clock was set ahead: what was sent before counts as sent now where that decides a repeat",
            [
                .differenceMs: .init(step.wholeMilliseconds),
                .reason: """
                see that its time is right, and have it slewed, never stepped (chrony without makestep); orders of \
                unknown outcome are looked up for longer, and none of before is sent again too early
                """,
            ]
        )
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
