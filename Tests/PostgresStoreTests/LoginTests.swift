import Cryptography
import Glibc
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// What libpq's text of a connection that was not made tells of a login.
@Suite
struct LoginRefusalTests {
    private static let place = "connection to server at \"db\" (10.0.0.1), port 5432 failed: "
    private static let away = "Connection refused\n\tIs the server running on that host?\n"

    /// What follows the first place, the code and the server's message.
    static let refusals: [(String, String, String)] = [
        ("FATAL:  28P01: wrong password of \"x\"\nLOCATION:  auth_failed, a.c:3\n", "28P01", "wrong password of \"x\""),
        ("FATAL:  28P01: Anmeldung als »x« fehlgeschlagen\n", "28P01", "Anmeldung als »x« fehlgeschlagen"),
        ("致命错误:  28000: 角色 \"x\" 不存在\n", "28000", "角色 \"x\" 不存在"),
        ("FATAL:  3D000: database \"x\" does not exist\n", "3D000", "database \"x\" does not exist"),
        ("FATAL:  42501: permission denied\nDETAIL:  User has no CONNECT privilege.\n", "42501", "permission denied"),
        // The first of two servers is away, or not up yet.
        ("\(away)\(place)FATAL:  28000: no pg_hba.conf entry\n", "28000", "no pg_hba.conf entry"),
        ("FATAL:  57P03: starting up\n\(place)FATAL:  28P01: wrong password\n", "28P01", "wrong password"),
    ]

    @Test(arguments: refusals)
    func aRefusalIsReadWhateverTheLanguage(text: String, sqlState: String, message: String) {
        #expect(LoginRefusal.isAnswered(Self.place + text))
        let refusal = LoginRefusal(verbose: Self.place + text)
        #expect(refusal?.sqlState == sqlState)
        #expect(refusal?.message == message)
    }

    @Test(arguments: [
        "FATAL:  57P03: the database system is starting up\n",
        "FATAL:  53300: sorry, too many clients already\n",
        "FATAL:  57P03: the database \":  28P01: x\" is starting up\n",
        "FATAL:  password authentication failed for user \"usher\"\n",
        "session is read-only\n",
        "",
    ])
    func anythingElseIsNone(text: String) {
        #expect(LoginRefusal(verbose: Self.place + text) == nil)
        #expect(LoginRefusal(verbose: Self.place + text + Self.place + Self.away) == nil)
    }

    @Test func aServerThatIsAwayHasNotAnswered() {
        #expect(!LoginRefusal.isAnswered(Self.place + Self.away))
        #expect(LoginRefusal.isAnswered(Self.place + "FATAL:  password authentication failed for user \"usher\"\n"))
    }
}

@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct LoginTests {
    private func makeStore(_ connection: String, password: String? = nil) throws -> PostgresStore {
        PostgresStore(
            options: PostgresOptions(connection: connection, password: password.map { Secret($0) }),
            keys: try KeyRing(keyFile: KeyRing.newKeyFile(id: "k1")),
            answers: FixedAnswers(),
            worker: "login",
            version: "test",
            log: .silent
        )
    }

    /// What a first question to the database meets.
    private func error(_ store: PostgresStore) async -> StoreError? {
        do {
            _ = try await store.schemaStatus()
            return nil
        } catch {
            return error as? StoreError
        }
    }

    @Test func anUnknownUserOrDatabaseIsNoServerThatIsAway() async throws {
        let connection = try await PostgresFixture.make().options.connection
        let user = await error(try makeStore(connection + " user=nobody_here"))
        #expect(user == StoreError.refused(sqlState: "28000", "role \"nobody_here\" does not exist"))
        let database = await error(try makeStore(connection + " dbname=not_there"))
        #expect(database == StoreError.refused(sqlState: "3D000", "database \"not_there\" does not exist"))
        #expect(user?.passingReason == nil && database?.passingReason == nil, "nobody waits for it to pass")
    }

    /// It is refused at the first login; a store that had a connection waits, as for a server that is away.
    @Test func aWrongPasswordIsRefusedAndOneThatIsChangedUnderWayIsWaitedFor() async throws {
        let server = try await ThrowAwayPostgres.start(fsync: false)
        let administrator = PostgresPool(options: PostgresOptions(connection: server.connection()), log: .silent)
        func execute(_ sql: String) async throws {
            let script = Script(name: "test", text: sql)
            try await administrator.run { link in try link.run(script) }
        }
        try await execute("CREATE ROLE guest LOGIN PASSWORD 'right'")
        let rules = try #require(fopen("\(server.folder)/data/pg_hba.conf", "w"))
        fputs("local all guest scram-sha-256\nlocal all all trust\n", rules)
        fclose(rules)
        try await execute("SELECT pg_reload_conf()")
        let connection = "host=\(server.folder) user=guest dbname=postgres"
        let refusal = StoreError.refused(sqlState: "28P01", "password authentication failed for user \"guest\"")
        try await eventually("the server asks for passwords, and a wrong one is refused") {
            let wrong = try makeStore(connection, password: "wrong")
            let ending = await error(wrong)
            await wrong.close()
            return ending == refusal
        }
        guard case .refused("28P01", _) = await error(try makeStore(connection)) else {
            Issue.record("no password is no wrong one")
            return
        }
        let store = try makeStore(connection, password: "right")
        #expect(await error(store) == nil)
        let guests = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'guest'"
        try await execute("ALTER ROLE guest PASSWORD 'other'; \(guests)")
        guard case .unavailable(let reason) = await error(store) else {
            Issue.record("it is not waited for")
            return
        }
        #expect(reason.contains("password authentication failed"))
        try await execute("ALTER ROLE guest PASSWORD 'right'")
        try await eventually("it is let in again") { await error(store) == nil }
        await store.close()
        await administrator.close()
        await server.stop()
    }
}
