import Cryptography
import Foundation
import KafkaTransport
import PostgresStore
import Testing
import UsherTestKit

extension EndToEnd {
    /// Whose keys the program works with, and what it works without.
    @Suite("Key files")
    struct KeyFileTests {
        private static let decide = ["decide", "order-17", "give-up", "--reason", "a drill"]

        @Test("what seals ends with 78 where the key file is another host's, and doctor tells", .timeLimit(.minutes(2)))
        func foreignFile() async throws {
            // Nothing is worked on: the embedded broker does.
            let kafka = try EmbeddedKafka()
            let installation = try await Installation(on: KafkaCluster(kafka), partitions: 1)
            try await installation.use(scenario)
            withExtendedLifetime(kafka) {}
        }

        private func scenario(_ installation: Installation) async throws {
            func usher(_ words: [String]) async throws -> Shell.Answer {
                let command = [UsherProcess.binary] + words + ["-c", installation.settingsFile]
                return try await Shell.run(command, within: .seconds(40))
            }
            // The first that may seal tells the database its keys.
            let first = try await usher(Self.decide)
            #expect(first.code == 1 && first.error.contains("there is no order order-17"), "\(first)")
            // A host that was built anew: the same ids, other keys.
            try installation.replacePrivate("keys", KeyRing.newKeyFile(id: "k1"))
            for words in [["run"], ["callbacks"], Self.decide] {
                let refused = try await usher(words)
                #expect(refused.code == 78, "\(words): \(refused)")
                let problem = "keys.file \(installation.folder)/keys is not this database's: its key digest is another"
                #expect(refused.error.contains(problem), "\(words): \(refused)")
            }
            let doctor = try await usher(["doctor"])
            #expect(doctor.code == 1 && doctor.output.contains("its key k1 is another than the one known"), "\(doctor)")
            #expect(try await installation.count("select count(*) from usher.key_check") == 2)
        }

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
