import Cryptography
import Logs
import PostgresStore
import SessionCore
import Testing
import UsherTestKit

@testable import usher

@Suite("Key check")
struct KeyCheckTests {
    private static let file = "/etc/usher/keys"

    @Test(
        "a start with a file that was made anew is refused, with the keys, the file and what to do",
        .enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed")
    )
    func startIsRefused() async throws {
        let fixture = try await PostgresFixture.make()
        let own = fixture.store(worker: "host-a:17")
        try await KeyCheck.require(own, file: Self.file, log: .silent)
        try await KeyCheck.require(own, file: Self.file, log: .silent)
        let other = PostgresStore(
            options: fixture.options,
            keys: try KeyRing(keyFile: KeyRing.newKeyFile(id: "k1")),
            answers: FixedAnswers(),
            worker: "host-b:4",
            version: "test",
            log: .silent
        )
        do {
            try await KeyCheck.require(other, file: Self.file, log: .silent)
            Issue.record("started with another host's keys")
        } catch VerbError.ended(let message, let code) {
            #expect(code == .configuration)
            for words in [
                "keys.file \(Self.file) is not this database's", "its key digest is another than the one known since ",
                "its key k1 is another", "first used by host-a:17", "which host has the right file",
            ] { #expect(message.contains(words), "\(message)") }
        }
        await own.close()
        await other.close()
    }

    @Test("keys against which stored jobs speak are told so")
    func againstStoredJobs() throws {
        let foreign = ["digest", "k1"].map { ForeignKey(keyID: $0) }
        let problem = try #require(KeyCheck.problem(KeyStatus(foreign: foreign, new: []), file: Self.file))
        #expect(problem.contains("by its key digest no stored job has the digest that it has; its key k1 opens "))
        #expect(KeyCheck.problem(KeyStatus(foreign: [], new: ["k2"]), file: Self.file) == nil)
    }

    @Test(
        "a start with a file that was not brought up to date is refused, with the keys that it lacks and what to do",
        .enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed")
    )
    func outOfDateFile() async throws {
        let fixture = try await PostgresFixture.make()
        func store(_ lines: [String]) throws -> PostgresStore {
            PostgresStore(
                options: fixture.options,
                keys: try KeyRing(keyFile: lines.joined(separator: "\n")),
                answers: FixedAnswers(),
                worker: "host-a:17",
                version: "test",
                log: .silent
            )
        }
        let old = ["k1 " + String(repeating: "11", count: 32), "digest " + String(repeating: "0d", count: 32)]
        let present = try store(["k2 " + String(repeating: "22", count: 32)] + old)
        try await KeyCheck.require(present, file: Self.file, log: .silent)
        try await ingestOne(into: present)
        let late = try store(old)
        do {
            try await KeyCheck.require(late, file: Self.file, log: .silent)
            Issue.record("started with keys that are out of date")
        } catch VerbError.ended(let message, let code) {
            #expect(code == .configuration)
            for words in [
                "keys.file \(Self.file) lacks keys", "sealed with: k2.", "Copy the file that the other hosts have",
                "docs/CONFIG.md",
            ] { #expect(message.contains(words), "\(message)") }
        }
        try await KeyCheck.require(present, file: Self.file, log: .silent)
        await present.close()
        await late.close()
    }

    private func ingestOne(into store: PostgresStore) async throws {
        let job = AcceptedJob(
            partition: 0,
            offset: 0,
            order: Order(account: "main", orderID: "o-1"),
            lane: .interactive,
            campaign: nil,
            notBefore: nil,
            notAfter: Timestamp(seconds: 4_102_444_800),
            contentDigest: Hashes.sha256(Array("content".utf8)),
            body: Array("body".utf8),
            traceparent: nil
        )
        let range = PartitionRange(partition: 0, start: 0, next: 1)
        _ = try await store.ingest(
            IngestBatch(topic: "jobs", ranges: [range], jobs: [job], quarantined: [], lease: .seconds(60))
        )
    }

    private func findings(
        _ status: KeyStatus = KeyStatus(foreign: [], new: []),
        oldest: [String] = [],
        missing: [String] = []
    ) -> [Finding] {
        KeyJudgement.findings(status, oldest: oldest, missing: missing, file: Self.file)
    }

    @Test("doctor finds a problem in foreign keys, and in keys that are missing, and else tells what the oldest sealed")
    func doctor() {
        #expect(findings() == [.ok("\(Self.file) is this database's")])
        let new = findings(KeyStatus(foreign: [], new: ["k2"]), oldest: ["k0", "k1"])
        #expect(
            new == [
                .ok(
                    "\(Self.file) is this database's; the next start tells it of k2; the oldest values kept were "
                        + "sealed by k0, k1"
                )
            ]
        )
        let missing = findings(oldest: ["k0", "k1"], missing: ["k0"])
        #expect(missing.map(\.status) == [.problem])
        #expect(missing.first?.text.contains("lacks keys that sealed what is still kept: k0;") == true)
        let foreign = findings(KeyStatus(foreign: [ForeignKey(keyID: "k1")], new: []), missing: ["k0"])
        #expect(foreign.map(\.status) == [.problem])
        #expect(foreign.first?.text.contains("is not this database's: its key k1 opens nothing") == true)
        let late = findings(KeyStatus(foreign: [], new: [], missing: ["k2"]), oldest: ["k1"])
        #expect(late.map(\.status) == [.problem])
        #expect(late.first?.text.contains("lacks keys that the newest stored jobs were sealed with: k2.") == true)
    }
}
