import Cryptography
import SessionCore
import Synchronization
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
        try makeStore(PostgresOptions(connection: connection, password: password.map { Secret($0) }))
    }

    private func makeStore(_ options: PostgresOptions) throws -> PostgresStore {
        PostgresStore(
            options: options,
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
        let guest = try await GuestServer.start(password: "right")
        try await asksForPasswords(guest)
        guard case .refused("28P01", _) = await error(try makeStore(guest.connection)) else {
            Issue.record("no password is no wrong one")
            return
        }
        let store = try makeStore(guest.connection, password: "right")
        #expect(await error(store) == nil)
        try await guest.change(password: "other")
        try await guest.endConnections()
        try await isWaitedFor(store)
        try await guest.change(password: "right")
        try await eventually("it is let in again") { await error(store) == nil }
        await store.close()
        await guest.stop()
    }

    /// In either order: whichever of the two changed last, its change lets logins in again.
    @Test func aPasswordThatIsChangedOnBothSidesUnderWayIsTheNextLogins() async throws {
        let guest = try await GuestServer.start(password: "first")
        try await asksForPasswords(guest)
        let source = Mutex("first")
        var options = PostgresOptions(connection: guest.connection)
        options.currentPassword = { Secret(source.withLock { $0 }) }
        let store = try makeStore(options)
        #expect(await error(store) == nil)

        try await guest.change(password: "second")
        try await guest.endConnections()
        try await isWaitedFor(store)
        source.withLock { $0 = "second" }
        try await eventually("the source came second") { await error(store) == nil }

        source.withLock { $0 = "third" }
        #expect(await error(store) == nil, "a connection that there is stays")
        try await guest.endConnections()
        try await isWaitedFor(store)
        try await guest.change(password: "third")
        try await eventually("the server came second") { await error(store) == nil }
        await store.close()
        await guest.stop()
    }

    private func asksForPasswords(_ guest: GuestServer) async throws {
        let refusal = StoreError.refused(sqlState: "28P01", "password authentication failed for user \"guest\"")
        try await eventually("the server asks for passwords, and a wrong one is refused") {
            let wrong = try makeStore(guest.connection, password: "wrong")
            let ending = await error(wrong)
            await wrong.close()
            return ending == refusal
        }
    }

    private func isWaitedFor(_ store: PostgresStore) async throws {
        guard case .unavailable(let reason) = await error(store) else {
            Issue.record("it is not waited for")
            return
        }
        #expect(reason.contains("password authentication failed"))
    }
}
