import PostgresStore
import SessionCore
import Terminal

/// Compares this machine's clock with the database's.
enum ClockCheck {
    /// A worker does not start beyond this.
    static let differenceMax: Duration = .seconds(5)

    /// The database's clock less this machine's, within half of the time that the question takes. Throws `StoreError`.
    static func difference(
        _ store: PostgresStore,
        now: () -> Timestamp = { .systemNow }
    ) async throws -> (ServerStatus, Duration) {
        let before = now()
        let status = try await store.status()
        let after = now()
        let middle = before.advanced(by: before.duration(to: after) / 2)
        return (status, middle.duration(to: status.clock))
    }

    /// Throws `VerbError` when the clocks are too far apart, `StoreError`.
    static func require(_ store: PostgresStore, now: () -> Timestamp = { .systemNow }) async throws {
        let (_, difference) = try await difference(store, now: now)
        if let problem = problem(difference) { throw VerbError.ended(problem, .tryAgain) }
    }

    /// Why not to start; nil when the clocks are near enough. Pure.
    static func problem(_ difference: Duration) -> String? {
        let size = max(difference, .zero - difference)
        guard size > differenceMax else { return nil }
        let side = difference > .zero ? "behind" : "ahead of"
        return
            "this machine's clock is \(size.inWords) \(side) the database's; the Cashier refuses requests of a wrong "
            + "time, so nothing is started beyond \(differenceMax.inWords): set the wrong clock, then start again"
    }
}
