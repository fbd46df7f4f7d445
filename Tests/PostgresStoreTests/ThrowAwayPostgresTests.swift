import Glibc
import Testing
import UsherTestKit

@testable import PostgresStore

@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct ThrowAwayPostgresTests {
    @Test func aStoppedServerLeavesNothing() async throws {
        let server = try await ThrowAwayPostgres.start(fsync: false)
        #expect(access("\(server.folder)/.s.PGSQL.5432", F_OK) == 0)
        await server.stop()
        #expect(access(server.folder, F_OK) == -1)
    }

    /// Closing its input is what the guard sees when this process is killed.
    @Test func aServerWhoseOwnerVanishesStopsAndClearsUp() async throws {
        var server: ThrowAwayPostgres? = try await ThrowAwayPostgres.start(fsync: false)
        let folder = try #require(server?.folder)
        server = nil
        try await eventually("the folder is gone") { access(folder, F_OK) == -1 }
    }

    @Test func anAbandonedFolderIsRemovedAtTheNextStart() async throws {
        let folder: String
        do {
            let made = try OwnerLock.makeFolder()
            folder = made.folder
            OwnerLock.removeAbandonedFolders()
            #expect(access(folder, F_OK) == 0, "a folder whose owner lives stays")
        }
        // A process that another test is starting holds the descriptor until it runs its program.
        try await eventually("the folder is gone") {
            OwnerLock.removeAbandonedFolders()
            return access(folder, F_OK) == -1
        }
    }

    @Test func aServerThatRefusesItsSettingsSaysWhy() async throws {
        var detail = ""
        do {
            _ = try await ThrowAwayPostgres.start(settings: ["no_such_setting=1"])
        } catch ThrowAwayPostgresError.failed(step: "postgres", detail: let text) {
            detail = text
        }
        #expect(detail.contains("no_such_setting"))
    }
}

/// Waits for a condition, for at most 20 seconds.
func eventually(_ what: Comment, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("not within 20 s: \(what)")
            return
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}
