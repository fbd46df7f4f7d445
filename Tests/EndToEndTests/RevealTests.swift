import Cryptography
import Foundation
import KafkaTransport
import Logs
import PostgresStore
import SessionCore
import Testing
import UsherTestKit

extension EndToEnd {
    /// A link logs a customer in: whoever sees one on a terminal is in the audit before.
    @Suite("Reveals")
    struct RevealTests {
        private static let url = "https://cashier.example.test/login/secret"
        private static let token = "87cfb23a8f1e68e162c276b754d9c061"
        private static let tag = "Jane Roe"
        private static let topic = "topic \(Installation.resultsTopic), all there is"

        @Test("links are shown for a reason and after it is in the audit, or not at all", .timeLimit(.minutes(2)))
        func revealed() async throws {
            // Nothing is worked on: the embedded broker does.
            let kafka = try EmbeddedKafka()
            let cluster = KafkaCluster(kafka)
            let installation = try await Installation(on: cluster, partitions: 1)
            try await installation.use { installation in
                try await publish(on: cluster)
                try await showsForAReason(installation)
                try await showsNothingWithoutTheAudit(installation)
                try await quarantine(installation)
                try await showsAQuarantinedValueForAReason(installation)
            }
            withExtendedLifetime(kafka) {}
        }

        @Test("an order's link is shown from the store while Kafka is away", .timeLimit(.minutes(2)))
        func fromTheStore() async throws {
            let kafka = try EmbeddedKafka(brokers: 1)
            let installation = try await Installation(on: KafkaCluster(kafka), partitions: 1)
            try await installation.use { installation in
                let worker = try installation.startWorker("w1")
                try await Workload(jobs: 1, prefix: "link").enqueue(to: installation)
                try await eventually("it is opened", within: .seconds(60)) {
                    try await installation.count("select count(*) from usher.job where state = 10") == 1
                }
                await worker.end()
                kafka.close()
                try await showsALink(installation)
                try await showsOneAccountsLink(installation)
                try await showsNoLinkThatIsNotAuditedOrNotThere(installation)
            }
        }

        private func showsALink(_ installation: Installation) async throws {
            let plain = try await show(installation, [])
            #expect(plain.code == 0 && plain.output.contains("link-0: opened"), "\(plain)")
            #expect(!plain.output.contains(Self.marked), "\(plain)")
            let bare = try await show(installation, ["--reveal"])
            #expect(bare.code == 64 && bare.error.contains("--reason is missing") && bare.output.isEmpty, "\(bare)")
            #expect(try await installation.count("select count(*) from usher.audit") == 0)
            let text = try await show(installation, Self.reveal)
            #expect(text.code == 0 && text.output.contains(Self.marked), "\(text)")
            let json = try await show(installation, Self.reveal + ["--json"])
            #expect(json.code == 0 && json.output.contains(#""state":"works","redirect_url":"http"#), "\(json)")
            let line = ["show reveal", "main/link-0", "mail was lost", "its links in the store"]
            let audit = "select action, subject, reason, after from usher.audit"
            #expect(try await installation.query(audit) == [line, line])
        }

        private func showsOneAccountsLink(_ installation: Installation) async throws {
            for (table, other) in [("job", #""account": "second", "job_id": 7000"#), ("result", #""job_id": 7000"#)] {
                let copy = "(jsonb_populate_record(t, '{\(other)}')).*"
                _ = try await installation.query("insert into usher.\(table) select \(copy) from usher.\(table) t")
            }
            let both = try await show(installation, Self.reveal)
            #expect(both.code == 64 && both.error.contains("name one by --account: main, second"), "\(both)")
            #expect(both.output.isEmpty)
            #expect(try await installation.count("select count(*) from usher.audit") == 2)
            let one = try await show(installation, Self.reveal + ["--account", "main"])
            #expect(one.code == 0 && one.output.split(separator: Self.marked).count == 2, "\(one)")
            let other = try await show(installation, Self.reveal + ["--account", "second"])
            #expect(other.code == 1 && !other.output.contains(Self.marked), "\(other)")
        }

        private func showsNoLinkThatIsNotAuditedOrNotThere(_ installation: Installation) async throws {
            let main = Self.reveal + ["--account", "main"]
            _ = try await installation.query(
                """
                create function usher.no_audit() returns trigger language plpgsql as $$
                begin raise exception 'the audit is full' using errcode = '53100'; end $$;
                create trigger no_room before insert on usher.audit for each row execute function usher.no_audit()
                """
            )
            let refused = try await show(installation, main)
            #expect(refused.code == 75 && refused.error.contains("the audit is full"), "\(refused)")
            #expect(refused.output.isEmpty)
            _ = try await installation.query(
                "drop trigger no_room on usher.audit; update usher.result set sealed = null"
            )
            let wiped = try await show(installation, main)
            #expect(wiped.code == 1 && wiped.output.contains("was wiped from the store"), "\(wiped)")
        }

        private func quarantine(_ installation: Installation) async throws {
            let keyFile = try String(contentsOfFile: "\(installation.folder)/keys", encoding: .utf8)
            let store = PostgresStore(
                options: PostgresOptions(connection: installation.postgres.connection(database: "usher")),
                keys: try KeyRing(keyFile: keyFile),
                answers: FixedAnswers(),
                worker: "test",
                version: "test",
                log: .silent
            )
            let raw = Array("{planted}".utf8)
            var record = QuarantinedRecord(
                partition: 0,
                offset: 7,
                reason: "syntax",
                field: nil,
                detail: "is not JSON",
                rawSHA256: Hashes.sha256(raw)
            )
            record.raw = raw
            let batch = IngestBatch(
                topic: Installation.jobsTopic,
                ranges: [PartitionRange(partition: 0, start: 7, next: 8)],
                jobs: [],
                quarantined: [record],
                lease: .seconds(60)
            )
            #expect(try await store.ingest(batch).quarantined == 1)
            await store.close()
        }

        private func showsAQuarantinedValueForAReason(_ installation: Installation) async throws {
            func ask(_ offset: String, _ words: [String] = []) async throws -> Shell.Answer {
                let verb = [UsherProcess.binary, "quarantine", "show", Installation.jobsTopic, "0", offset]
                return try await Shell.run(verb + words + ["-c", installation.settingsFile])
            }
            let hidden = try await ask("7")
            #expect(hidden.code == 0 && hidden.output.contains("refused, syntax"), "\(hidden)")
            #expect(!hidden.output.contains("planted"))
            let bare = try await ask("7", ["--reveal"])
            #expect(bare.code == 64 && bare.error.contains("--reason is missing") && bare.output.isEmpty, "\(bare)")
            let revealed = try await ask("7", ["--reveal", "--reason", "a drill"])
            #expect(revealed.code == 0 && revealed.output.hasSuffix("\n{planted}\n"), "\(revealed)")
            let audit = try await installation.query(
                "select subject, reason from usher.audit where action = 'quarantine reveal'"
            )
            #expect(audit == [["\(Installation.jobsTopic)[0]@7", "a drill"]])
            let none = try await ask("8")
            #expect(none.code == 1 && none.error.contains("no record was quarantined at"), "\(none)")
        }

        private func showsForAReason(_ installation: Installation) async throws {
            let hidden = try await results(installation, [])
            #expect(hidden.code == 0 && hidden.output.contains("main/o-1"), "\(hidden)")
            #expect(!hidden.output.contains(Self.url))
            let json = try await results(installation, ["--json"])
            #expect(json.code == 0 && json.output.contains("\"order_id\":\"o-1\""), "\(json)")
            for secret in [Self.url, Self.token, Self.tag] { #expect(!json.output.contains(secret), "\(json)") }
            let bare = try await results(installation, ["--reveal"])
            #expect(bare.code == 64 && bare.error.contains("--reason is missing"), "\(bare)")
            #expect(bare.output.isEmpty)
            #expect(try await installation.count("select count(*) from usher.audit") == 0)

            let one = try await results(installation, ["--reveal", "--reason", "mail was lost", "--order", "o-1"])
            #expect(one.code == 0 && one.output.contains(Self.url), "\(one)")
            let all = try await results(installation, ["--reveal", "--reason", "a drill", "--json"])
            #expect(all.code == 0, "\(all)")
            for secret in [Self.url, Self.token, Self.tag] { #expect(all.output.contains(secret), "\(all)") }
            let audit = try await installation.query(
                "select action, subject, reason, after from usher.audit order by audit_id"
            )
            #expect(
                audit == [
                    ["results reveal", "o-1", "mail was lost", Self.topic],
                    ["results reveal", Installation.resultsTopic, "a drill", Self.topic],
                ]
            )
        }

        private func showsNothingWithoutTheAudit(_ installation: Installation) async throws {
            let away = ["--set", "postgres.port=1"]
            let revealed = try await results(installation, ["--reveal", "--reason", "a drill"] + away)
            #expect(revealed.code == 69 && revealed.error.contains("Postgres cannot be reached"), "\(revealed)")
            #expect(revealed.output.isEmpty)
            // Who reveals nothing needs neither the database nor the keys.
            let hidden = try await results(installation, away + ["--set", "keys.file=/nowhere/keys"])
            #expect(hidden.code == 0 && hidden.output.contains("main/o-1"), "\(hidden)")
        }

        private func publish(on cluster: KafkaCluster) async throws {
            let now = Timestamp(seconds: 1_795_262_400)
            var result = SessionResult(
                resultID: ResultID(bytes: [UInt8](repeating: 1, count: 16)),
                order: Order(account: "main", orderID: "o-1"),
                generation: 1,
                outcome: .opened,
                attempts: 1,
                completedAt: now
            )
            result.session = OpenedSession(redirectURL: Self.url, answeredAt: now, customerToken: Self.token)
            result.variable1 = Self.tag
            result.openedAt = now
            result.expiresAt = now.advanced(by: .seconds(900))
            let producer = try RecordProducer(cluster.settings(), log: .silent)
            let value = ResultCodec.encode(result)
            let record = NewRecord(topic: Installation.resultsTopic, key: Array("o-1".utf8), value: value)
            await producer.send([record])
            let summary = await producer.finish(timeout: .seconds(30))
            #expect(summary.acknowledged == 1, "\(summary)")
        }

        private static let reveal = ["--reveal", "--reason", "mail was lost"]
        private static let marked = "SECRET, logs the customer in: http"

        private func show(_ installation: Installation, _ words: [String]) async throws -> Shell.Answer {
            try await Shell.run([UsherProcess.binary, "show", "link-0"] + words + ["-c", installation.settingsFile])
        }

        private func results(_ installation: Installation, _ words: [String]) async throws -> Shell.Answer {
            try await Shell.run([UsherProcess.binary, "results"] + words + ["-c", installation.settingsFile])
        }
    }
}
