package import Cryptography
package import Logs
package import SessionCore
import Synchronization

/// The durable state in PostgreSQL: `JobStore`, one transaction a method. Every method is safe to run again, because
/// a commit whose answer was lost may have happened; those that take whatever they find wait for that commit first.
package final class PostgresStore: JobStore {
    let pool: PostgresPool
    let keys: KeyRing
    let answers: any CollisionAnswers
    let log: Log
    let identity: WorkerIdentity
    private let topics = Mutex<[String: Int16]>([:])
    let leases = LeaseBook()
    let doubts = Mutex(Doubts())
    let claimDoubts = Mutex(ClaimDoubts())
    let backlogCount = Mutex(BacklogCount())

    /// - Parameters:
    ///   - keys: seal what is personal or secret; `.keyless` for a store that only answers questions and takes an
    ///     operator's acts.
    ///   - answers: write the answers to records that collide with a stored order.
    ///   - worker: names this process for the operator; need not be unique.
    ///   - version: of Usher, for the operator.
    package init(
        options: PostgresOptions,
        keys: KeyRing,
        answers: any CollisionAnswers,
        worker: String,
        version: String,
        log: Log
    ) {
        pool = PostgresPool(options: options, log: log)
        self.keys = keys
        self.answers = answers
        self.log = log
        identity = WorkerIdentity(name: worker, version: version)
    }

    /// Closes the connections; a later call opens them again.
    package func close() async {
        await pool.close()
    }

    /// The number of a topic; gives it one when it is new.
    func topicID(of name: String) async throws(StoreError) -> Int16 {
        if let known = topics.withLock({ $0[name] }) { return known }
        let found = try await pool.run { link in
            var found = try Self.readTopics(link)
            if found[name] == nil {
                try link.run(SQL.Topics.add, [.text(name)])
                found = try Self.readTopics(link)
            }
            return found
        }
        topics.withLock { $0.merge(found) { _, new in new } }
        guard let id = found[name] else { throw .refused(sqlState: "XX000", "a topic was added but is not there") }
        return id
    }

    func forgetTopics() {
        topics.withLock { $0 = [:] }
    }

    private static func readTopics(_ link: PostgresLink) throws -> [String: Int16] {
        let rows = try link.run(SQL.Topics.list).map { row in
            let id: Int16 = try row.next()
            return (try row.next(String.self), id)
        }
        return Dictionary(rows) { _, new in new }
    }
}

// Workers.
extension PostgresStore {
    package func heartbeat(lifetime: Duration) async throws {
        let known = identity.id
        let microseconds = lifetime.wholeMicroseconds
        if let known {
            let isKnown = try await pool.run { link in
                try link.run(SQL.Workers.prune)
                return try link.run(SQL.Workers.renew, [.int8(known), .int8(microseconds)]).count == 1
            }
            if isKnown { return }
            log.warning("the database does not know this worker any more; it registers again", [.worker: .init(known)])
            try await bury(known)
        }
        _ = try await register(lifetime: lifetime)
    }

    /// Says that this worker has ended: others may publish at once what it left in the outbox.
    package func retire() async throws {
        guard let known = identity.id else { return }
        _ = try await pool.run { link in try link.run(SQL.Workers.retire, [.int8(known)]).count }
    }

    /// This worker's number; registers it for half a minute if no heartbeat did yet.
    func workerID() async throws(StoreError) -> Int64 {
        if let id = identity.id { return id }
        return try await register(lifetime: .seconds(30))
    }

    /// Makes sure that what was read as committed is durable, by a write of our own that comes after it.
    func confirmDurability(worker: Int64) async throws(StoreError) {
        let wrote = try await pool.run { link in try link.run(SQL.Workers.touch, [.int8(worker)]).count == 1 }
        if wrote { return }
        try await bury(worker)
        _ = try await workerID()
    }

    /// Gives up a number that the database does not know any more. What was written under it since then would have an
    /// owner that never ends, and would be published by nobody.
    private func bury(_ lost: Int64) async throws(StoreError) {
        let parameters: [PGParameter] = [.int8(lost), .text(identity.name), .text(identity.version)]
        _ = try await pool.run { link in try link.run(SQL.Workers.bury, parameters).count }
        identity.forget(lost)
    }

    private func register(lifetime: Duration) async throws(StoreError) -> Int64 {
        precondition(!keys.isKeyless, "a worker without keys would set everything aside")
        let identity = self.identity
        let forgotten = identity.forgotten
        let id = try await pool.run { link in
            // A new number conflicts with nothing: while commits hang, each would hang beside the others. This row is
            // the same for all, so only the first of them hangs, and the others end at its lock.
            if let forgotten { try link.run(SQL.Workers.touch, [.int8(forgotten)]) }
            let parameters: [PGParameter] = [
                .text(identity.name), .text(identity.version), .int8(lifetime.wholeMicroseconds),
            ]
            return try link.run(SQL.Workers.register, parameters).first { row in try row.next(Int64.self) } ?? 0
        }
        return identity.settle(on: id)
    }
}

/// The row of `worker` that stands for this process.
final class WorkerIdentity: Sendable {
    let name: String
    let version: String
    private let state = Mutex(State())

    private struct State {
        var number: Int64?
        /// The number before, while there is no other yet.
        var forgotten: Int64?
    }

    init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    var id: Int64? {
        state.withLock { $0.number }
    }

    /// The number that was given up, until there is another.
    var forgotten: Int64? {
        state.withLock { $0.forgotten }
    }

    /// Keeps the first of two registrations that ran at the same time.
    func settle(on new: Int64) -> Int64 {
        state.withLock { state in
            let settled = state.number ?? new
            state = State(number: settled)
            return settled
        }
    }

    func forget(_ old: Int64) {
        state.withLock { state in
            if state.number == old { state = State(forgotten: old) }
        }
    }
}
