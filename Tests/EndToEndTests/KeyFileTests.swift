import Foundation
import PostgresStore
import Testing
import UsherTestKit

extension EndToEnd {
    /// What the program works without.
    @Suite("Key files")
    struct KeyFileTests {
        private static let decide = ["decide", "order-17", "give-up", "--reason", "a drill"]

        @Test("operators need no key file, but for what seals or opens", .timeLimit(.minutes(2)))
        func withoutKeys() async throws {
            let server = try await ThrowAwayPostgres.start(fsync: false)
            try await server.createDatabase("usher")
            let folder = try ProgramTests.settingsFolder(databaseHost: server.folder)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            // Those of another user could not be read either.
            for name in ["keys", "secret"] { try FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
            func usher(_ words: [String]) async throws -> Shell.Answer {
                try await Shell.run([UsherProcess.binary] + words + ["-c", "\(folder)/usher.yaml"])
            }
            let hold = ["account", "hold", "main", "--reason", "a drill"]
            for words in [["migrate"], hold, ["list"], ["audit"], ["account", "errors", "list"]] {
                let done = try await usher(words)
                #expect(done.code == 0, "\(words): \(done)")
            }
            for words in [Self.decide, ["show", "order-17", "--reveal", "--reason", "a drill"]] {
                let refused = try await usher(words)
                #expect(refused.code == 78 && refused.error.contains("\(folder)/keys: "), "\(words): \(refused)")
            }
            await server.stop()
        }
    }
}
