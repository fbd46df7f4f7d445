package import Cryptography
import Glibc
package import Logs
package import PostgresStore
package import SessionCore

/// A migrated database of its own for a test, on one throw-away server (fsync on) per test process.
package struct PostgresFixture: Sendable {
    package let options: PostgresOptions
    package let keys: KeyRing
    package let server: ThrowAwayPostgres

    /// Whether tests with a database can run: PostgreSQL is installed. Where `CI` is set they run regardless, so that
    /// they fail there instead of being skipped.
    package static var isAvailable: Bool {
        ThrowAwayPostgres.isInstalled || getenv("CI").map { String(cString: $0) }.map { !$0.isEmpty } == true
    }

    /// Makes a fresh, migrated database.
    package static func make() async throws -> PostgresFixture {
        try await SharedServer.shared.fixture()
    }

    /// Makes a fresh, empty database.
    package static func makeEmpty() async throws -> PostgresFixture {
        try await SharedServer.shared.fixture(isEmpty: true)
    }

    /// A store on this database. Several of them are several workers.
    package func store(
        worker: String = "test",
        answers: any CollisionAnswers = FixedAnswers(),
        log: Log = .silent
    ) -> PostgresStore {
        PostgresStore(options: options, keys: keys, answers: answers, worker: worker, version: "test", log: log)
    }
}

/// Answers to collisions that say in their value what they saw.
package struct FixedAnswers: CollisionAnswers {
    package init() {}

    package func conflict(_ collision: Collision) -> EncodedResult {
        answer(collision, .conflict)
    }

    package func duplicateOfWiped(_ collision: Collision) -> EncodedResult {
        answer(collision, .duplicate)
    }

    private func answer(_ collision: Collision, _ outcome: ResultOutcome) -> EncodedResult {
        let stored = collision.storedBody.map { String(decoding: $0, as: UTF8.self) } ?? "-"
        let body = String(decoding: collision.body, as: UTF8.self)
        return EncodedResult(
            resultID: ResultIdentity(sha256: Hashes.sha256).answer(outcome, to: collision.record),
            orderID: collision.order.orderID,
            generation: 0,
            outcome: outcome,
            value: Array("\(outcome.rawValue):\(collision.state.name):\(stored):\(body)".utf8)
        )
    }
}

private actor SharedServer {
    static let shared = SharedServer()

    private let keys: KeyRing?
    private var starting: Task<ThrowAwayPostgres, any Error>?
    private var databases = 0

    init() {
        keys = try? KeyRing(keyFile: KeyRing.newKeyFile(id: "k1"))
    }

    func fixture(isEmpty: Bool = false) async throws -> PostgresFixture {
        guard let keys else { throw KeyFileError.empty }
        let server = try await server(keys)
        databases += 1
        let name = "test_\(databases)"
        try await server.createDatabase(name, template: isEmpty ? "template0" : "usher_template")
        return PostgresFixture(
            options: Self.options(server, database: name),
            keys: keys,
            server: server
        )
    }

    /// With a minute to connect: when many tests begin at once, a slow machine must not look like a fault.
    private static func options(_ server: ThrowAwayPostgres, database: String) -> PostgresOptions {
        PostgresOptions(connection: server.connection(database: database) + " connect_timeout=60")
    }

    private func server(_ keys: KeyRing) async throws -> ThrowAwayPostgres {
        if let starting { return try await starting.value }
        let task = Task {
            let server = try await ThrowAwayPostgres.start(settings: ["max_connections=400"])
            try await server.createDatabase("usher_template")
            let options = Self.options(server, database: "usher_template")
            let store = PostgresStore(
                options: options,
                keys: keys,
                answers: FixedAnswers(),
                worker: "template",
                version: "test",
                log: .silent
            )
            try await store.migrate()
            // A database that somebody is connected to is no template.
            await store.close()
            return server
        }
        starting = task
        return try await task.value
    }
}
