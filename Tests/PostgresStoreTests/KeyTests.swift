import Cryptography
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// A database takes the keys of whoever comes first, and no others of their ids.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct KeyTests {
    private static let digest = "digest " + String(repeating: "0d", count: 32)
    private static let otherDigest = "digest " + String(repeating: "d0", count: 32)
    private static let first = "k1 " + String(repeating: "11", count: 32)
    private static let otherFirst = "k1 " + String(repeating: "99", count: 32)
    private static let second = "k2 " + String(repeating: "22", count: 32)
    private static let third = "k3 " + String(repeating: "33", count: 32)

    private static let known = """
        SELECT string_agg(key_id || ' of ' || known_from, ', ' ORDER BY key_id) FROM usher.key_check
        """

    private func store(_ worker: String, _ bench: Bench, _ lines: String...) throws -> PostgresStore {
        PostgresStore(
            options: bench.fixture.options,
            keys: try KeyRing(keyFile: lines.joined(separator: "\n")),
            answers: FixedAnswers(),
            worker: worker,
            version: "test",
            log: .silent
        )
    }

    /// Stores a job as intake does: with the digest of its body.
    private func ingest(_ orderID: String, offset: Int64, _ bench: Bench, by store: PostgresStore) async throws {
        let body = Array("body of \(orderID)".utf8)
        let job = AcceptedJob(
            partition: 0,
            offset: offset,
            order: Order(account: "main", orderID: orderID),
            lane: .interactive,
            campaign: nil,
            notBefore: nil,
            notAfter: .farAway,
            contentDigest: store.keys.contentDigest(body),
            body: body,
            traceparent: nil
        )
        let report = try await bench.ingest([job], start: offset, into: store)
        #expect(report.accepted == 1)
    }

    @Test func theFirstKeysAreTakenAndTheSameOnesPass() async throws {
        let bench = try await Bench()
        let a = try store("a", bench, Self.first, Self.digest)
        #expect(try await a.keyStatus() == KeyStatus(foreign: [], new: ["digest", "k1"]))
        #expect(try await bench.value(Self.known) == nil, "a question changes nothing")
        #expect(try await a.learnKeys() == KeyStatus(foreign: [], new: ["digest", "k1"]))
        let b = try store("b", bench, Self.digest, Self.first)
        #expect(try await b.learnKeys() == KeyStatus(foreign: [], new: []))
        #expect(try await bench.value(Self.known) == "digest of a, k1 of a")
    }

    @Test func otherKeysOfTheSameIdsAreNamedAndNothingOfTheirFileIsTaken() async throws {
        let bench = try await Bench()
        let a = try store("a", bench, Self.first, Self.digest)
        try await ingest("o-1", offset: 0, bench, by: a)
        _ = try await a.learnKeys()
        let b = try store("b", bench, Self.second, Self.otherFirst, Self.otherDigest)
        let status = try await b.learnKeys()
        #expect(status.foreign.map(\.keyID) == ["digest", "k1"])
        #expect(status.foreign.allSatisfy { $0.since != nil && $0.holder == "a" })
        #expect(try await b.keyStatus() == status)
        #expect(try await bench.value(Self.known) == "digest of a, k1 of a")
    }

    @Test func keysAreAddedAndTakenAwayAndTheirIdsAreNeverGivenAgain() async throws {
        let bench = try await Bench()
        _ = try await store("a", bench, Self.first, Self.digest).learnKeys()
        let both = try store("b", bench, Self.second, Self.first, Self.digest)
        #expect(try await both.learnKeys() == KeyStatus(foreign: [], new: ["k2"]))
        let new = try store("c", bench, Self.second, Self.digest)
        #expect(try await new.learnKeys() == KeyStatus(foreign: [], new: []))
        #expect(try await bench.value(Self.known) == "digest of a, k1 of a, k2 of b")
        let again = try store("d", bench, Self.second, Self.otherFirst, Self.digest)
        #expect(try await again.learnKeys().foreign.map(\.keyID) == ["k1"])
    }

    /// A host that was left out when the keys were changed.
    @Test func whoLacksTheKeyOfTheNewestJobsIsToldSoAndNothingOfItsFileIsTaken() async throws {
        let bench = try await Bench()
        let a = try store("a", bench, Self.second, Self.first, Self.digest)
        _ = try await a.learnKeys()
        try await ingest("o-1", offset: 0, bench, by: a)
        let late = try store("late", bench, Self.third, Self.first, Self.digest)
        let status = try await late.learnKeys()
        #expect(status == KeyStatus(foreign: [], new: ["k3"], missing: ["k2"]))
        #expect(try await late.keyStatus() == status)
        #expect(try await bench.value(Self.known) == "digest of a, k1 of a, k2 of a")
        // The key is lost for good: the schema's owner has the database forget it.
        try await bench.execute(Self.forgetting("k2"))
        #expect(try await late.learnKeys() == KeyStatus(foreign: [], new: ["k3"]))
    }

    /// As docs/CONFIG.md has it, under Sealing keys.
    private static func forgetting(_ keyID: String) -> String {
        """
        INSERT INTO usher.key_check (key_id, check_value, known_from) VALUES ('lost', sha256('lost'), 'an operator')
          ON CONFLICT DO NOTHING;
        DELETE FROM usher.key_check WHERE key_id = '\(keyID)'
        """
    }

    @Test func whoChangesKeysInTheDocumentedStepsIsNeverRefused() async throws {
        let bench = try await Bench()
        var offset: Int64 = 0
        // Each host starts with its file, and stores a job.
        for (worker, lines) in [
            ("a", [Self.first]),
            // Step 1: the new key opens, and seals nothing yet. A host whose turn has not come may start as it is.
            ("a", [Self.first, Self.second]), ("b", [Self.first]), ("b", [Self.first, Self.second]),
            // Step 2: it seals, while others still seal with the old one.
            ("a", [Self.second, Self.first]), ("b", [Self.first, Self.second]), ("b", [Self.second, Self.first]),
        ] {
            let started = try store(worker, bench, (lines + [Self.digest]).joined(separator: "\n"))
            #expect(try await started.learnKeys().isRight, "\(worker), \(lines.map { $0.prefix(2) })")
            try await ingest("o-\(offset)", offset: offset, bench, by: started)
            offset += 1
            await started.close()
        }
        // Step 3, when nothing is left that the old one sealed.
        try await bench.execute("DELETE FROM usher.job_body WHERE key_id = 'k1'")
        #expect(try await store("a", bench, Self.second, Self.digest).learnKeys().isRight)
        #expect(try await store("b", bench, Self.second, Self.first, Self.digest).learnKeys().isRight)
    }

    @Test func aNewKeyThatSealedNothingYetCanBeTakenBack() async throws {
        let bench = try await Bench()
        let a = try store("a", bench, Self.first, Self.digest)
        _ = try await a.learnKeys()
        try await ingest("o-1", offset: 0, bench, by: a)
        #expect(try await store("b", bench, Self.first, Self.second, Self.digest).learnKeys().new == ["k2"])
        #expect(try await a.learnKeys() == KeyStatus(foreign: [], new: []))
    }

    @Test func aKeyThatSealedOldJobsOnlyIsNotDemanded() async throws {
        let bench = try await Bench()
        let a = try store("a", bench, Self.first, Self.digest)
        _ = try await a.learnKeys()
        try await ingest("o-1", offset: 0, bench, by: a)
        let b = try store("b", bench, Self.second, Self.digest)
        #expect(try await b.learnKeys().missing == ["k1"], "nobody has sealed with another since")
        try await bench.ingest((1...50).map { job("n-\($0)", offset: $0) }, start: 1, into: b)
        #expect(try await b.learnKeys() == KeyStatus(foreign: [], new: ["k2"]))
        #expect(try await b.oldestKeyIDs() == ["k1", "k2"])
    }

    /// A database that an earlier version filled. Whoever starts first after the upgrade may be the wrong one.
    @Test func storedJobsSpeakBeforeTheDatabaseKnowsAnyKey() async throws {
        let bench = try await Bench()
        let a = try store("a", bench, Self.first, Self.digest)
        try await ingest("o-1", offset: 0, bench, by: a)
        let madeAnew = try store("b", bench, Self.otherFirst, Self.otherDigest)
        #expect(try await madeAnew.learnKeys() == KeyStatus(foreign: [ForeignKey(keyID: "k1")], new: ["digest", "k1"]))
        let mixed = try store("c", bench, Self.first, Self.otherDigest)
        #expect(try await mixed.learnKeys().foreign == [ForeignKey(keyID: "digest")])
        #expect(try await mixed.keyStatus().foreign == [ForeignKey(keyID: "digest")])
        #expect(try await bench.value(Self.known) == nil)
        #expect(try await a.learnKeys().foreign.isEmpty)
    }

    /// Such a database says nothing against keys of other ids; but nothing speaks for them either.
    @Test func keysThatNoStoredJobBearsAreTakenOnlyWhenTheLostOnesAreForgotten() async throws {
        let bench = try await Bench()
        let a = try store("a", bench, Self.first, Self.digest)
        try await ingest("o-1", offset: 0, bench, by: a)
        let other = try store("b", bench, Self.second, Self.otherDigest)
        let status = try await other.learnKeys()
        #expect(status == KeyStatus(foreign: [], new: ["digest", "k2"], missing: ["k1"]))
        #expect(try await other.keyStatus() == status)
        #expect(try await bench.value(Self.known) == nil)
        let both = try store("c", bench, Self.second, Self.first, Self.digest)
        #expect(try await both.keyStatus().isRight)
        try await bench.execute(Self.forgetting("k1"))
        #expect(try await other.learnKeys() == KeyStatus(foreign: [], new: ["digest", "k2"]))
        #expect(try await bench.value(Self.known) == "digest of b, k2 of b, lost of an operator")
    }

    @Test func aDamagedBodyKeepsNobodyOut() async throws {
        let bench = try await Bench()
        let a = try store("a", bench, Self.first, Self.digest)
        try await ingest("o-1", offset: 0, bench, by: a)
        try await ingest("o-2", offset: 1, bench, by: a)
        try await bench.execute(
            """
            UPDATE usher.job_body SET sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))
            WHERE job_id = (SELECT max(job_id) FROM usher.job_body)
            """
        )
        #expect(try await a.learnKeys().foreign.isEmpty)
    }

    @Test func ofThoseThatStartTogetherOneIsTaken() async throws {
        let bench = try await Bench()
        let stores = try (0..<4).map { number in
            let file = KeyRing.newKeyFile(id: "k1") + "own-\(number) " + secureRandomBytes(32).hex
            return try store("\(number)", bench, file)
        }
        let statuses: [KeyStatus] = try await withThrowingTaskGroup(of: KeyStatus.self) { group in
            for store in stores { group.addTask { try await store.learnKeys() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count { $0.foreign.isEmpty } == 1)
        #expect(statuses.count { $0.foreign.map(\.keyID) == ["digest", "k1"] } == 3)
        #expect(try await bench.value("SELECT count(*) FROM usher.key_check") == "3")
        #expect(try await bench.value("SELECT count(DISTINCT known_from) FROM usher.key_check") == "1")
    }

    @Test func theOldestValuesThatAreKeptNameTheirKeys() async throws {
        let bench = try await Bench()
        let a = try store("a", bench, Self.first, Self.digest)
        try await ingest("o-1", offset: 0, bench, by: a)
        let claimed = try #require(try await bench.claim(by: a).jobs.first)
        _ = try await a.settle([opened(claimed)])
        let b = try store("b", bench, Self.second, Self.first, Self.digest)
        try await ingest("o-2", offset: 1, bench, by: b)
        #expect(try await b.oldestKeyIDs() == ["k1", "k2"])
        try await bench.execute("DELETE FROM usher.job_body WHERE key_id = 'k1'")
        #expect(try await b.oldestKeyIDs() == ["k1", "k2"], "its result is kept")
        try await bench.execute("UPDATE usher.result SET sealed = NULL")
        #expect(try await b.oldestKeyIDs() == ["k2"])
    }
}
