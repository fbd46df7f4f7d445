import Glibc
import Testing
import UsherTestKit

@testable import PostgresStore

/// A server of its own, whose role `guest` logs in with a password.
struct GuestServer: Sendable {
    let server: ThrowAwayPostgres
    private let administrator: PostgresPool

    /// A libpq connection string, without the password.
    var connection: String { "host=\(server.folder) user=guest dbname=postgres" }

    /// The server may not ask for passwords yet: it reads the new rules by and by.
    static func start(password: String) async throws -> GuestServer {
        let server = try await ThrowAwayPostgres.start(fsync: false)
        let administrator = PostgresPool(options: PostgresOptions(connection: server.connection()), log: .silent)
        let guest = GuestServer(server: server, administrator: administrator)
        try await guest.execute("CREATE ROLE guest LOGIN PASSWORD '\(password)'")
        let rules = try #require(fopen("\(server.folder)/data/pg_hba.conf", "w"))
        fputs("local all guest scram-sha-256\nlocal all all trust\n", rules)
        fclose(rules)
        try await guest.execute("SELECT pg_reload_conf()")
        return guest
    }

    func change(password: String) async throws {
        try await execute("ALTER ROLE guest PASSWORD '\(password)'")
    }

    /// Ends every connection of the role's; none is left when it returns.
    func endConnections() async throws {
        try await execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'guest'")
    }

    func stop() async {
        await administrator.close()
        await server.stop()
    }

    private func execute(_ sql: String) async throws {
        let script = Script(name: "test", text: sql)
        try await administrator.run { link in try link.run(script) }
    }
}
