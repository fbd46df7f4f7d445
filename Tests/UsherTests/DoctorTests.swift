import Synchronization
import Terminal
import Testing

@testable import CashierClient
@testable import KafkaTransport
@testable import PostgresStore
@testable import SessionCore
@testable import Settings
@testable import usher

@Suite("The chain of checks")
struct CheckChainTests {
    private func run(_ checks: [DoctorCheck], limit: Duration = .seconds(10)) async throws -> [String] {
        var chain = CheckChain(checks, limit: limit)
        var told: [String] = []
        try await chain.run { told.append($0.line(nameWidth: 1)) }
        #expect(told.count == chain.findings.count)
        return told
    }

    @Test("tells findings in order")
    func order() async throws {
        let told = try await run([
            DoctorCheck(name: "a") { [.ok("one"), .advice("two")] },
            DoctorCheck(name: "b", basis: ["a"]) { [.problem("three; do something")] },
        ])
        #expect(told == ["a  ok      one", "a  advice  two", "b  problem three; do something"])
    }

    @Test("skips what rests on a check that failed, and what rests on that, and goes on with the others")
    func skips() async throws {
        let ran = Mutex<[String]>([])
        func check(_ name: String, _ basis: [String], _ finding: Finding) -> DoctorCheck {
            DoctorCheck(name: name, basis: basis) {
                ran.withLock { $0.append(name) }
                return [finding]
            }
        }
        let told = try await run([
            check("a", [], .blocking("is away; start it")),
            check("b", ["a"], .ok("never")),
            check("c", ["b"], .ok("never")),
            check("d", [], .ok("runs")),
            check("e", ["d"], .problem("does not block")),
            check("f", ["e"], .ok("runs")),
        ])
        #expect(ran.withLock { $0 } == ["a", "d", "e", "f"])
        #expect(told[1] == "b  skipped because a has a problem")
        #expect(told[2] == "c  skipped because b has a problem")
    }

    @Test("ends a check that does not end, which is a problem to those that rest on it")
    func bounded() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let told = try await run(
            [
                DoctorCheck(name: "a") {
                    // Hangs for longer than the test would wait, and cannot be cancelled.
                    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                        Task {
                            try? await clock.sleep(for: .seconds(30))
                            continuation.resume()
                        }
                    }
                    return [.ok("too late")]
                },
                DoctorCheck(name: "b", basis: ["a"]) { [.ok("never")] },
            ],
            limit: .milliseconds(100)
        )
        #expect(start.duration(to: clock.now) < .seconds(20))
        #expect(told.count == 2)
        #expect(told[0].hasPrefix("a  problem did not end within 100ms"))
        #expect(told[1] == "b  skipped because a has a problem")
    }

    @Test("leads to a code and a summary")
    func verdict() {
        let fine = [CheckedFinding(check: "a", finding: .ok("")), CheckedFinding(check: "a", finding: .advice(""))]
        let wrong = fine + [CheckedFinding(check: "b", finding: .problem(""))]
        #expect(DoctorVerb.verdict(fine, isUsable: true) == .success)
        #expect(DoctorVerb.verdict(wrong, isUsable: true) == .failure)
        #expect(DoctorVerb.verdict(wrong, isUsable: false) == .configuration)
        #expect(DoctorVerb.summary(fine) == "no problems, 1 worth a thought")
        #expect(DoctorVerb.summary(wrong) == "1 problem, 1 worth a thought")
    }
}

@Suite("What Postgres's answers mean")
struct PostgresJudgementTests {
    static func status(_ change: (inout ServerStatus) -> Void = { _ in }) -> ServerStatus {
        var status = ServerStatus(
            version: 170_011,
            user: "usher",
            database: "usher",
            isStandby: false,
            isSuperuser: false,
            usesTLS: true,
            mayCreateSchemas: true,
            clock: Timestamp(seconds: 0),
            oldestTransaction: nil,
            settings: [
                "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "autovacuum": "on",
                "server_encoding": "UTF8", "data_checksums": "on", "log_statement": "none",
                "log_min_duration_statement": "-1", "log_parameter_max_length": "-1",
            ],
            missingRights: [],
            schema: .current(version: 1)
        )
        change(&status)
        return status
    }

    private static func all(_ status: ServerStatus) -> [Finding] {
        PostgresJudgement.server(status) + PostgresJudgement.schema(status) + PostgresJudgement.rights(status)
            + PostgresJudgement.durability(status) + PostgresJudgement.logging(status)
    }

    @Test("Between machines a connection that nobody verified is a problem; on one machine it is not")
    func way() throws {
        var postgres = try AccountWiringTests.configuration().postgres
        func statuses(_ host: String) -> [Finding.Status] {
            postgres.host = host
            return Configuration.Postgres.SSLMode.allCases.flatMap { mode in
                postgres.sslMode = mode
                return PostgresJudgement.way(postgres).map(\.status)
            }
        }
        #expect(statuses("db.example.net") == [.problem, .problem, .advice])
        #expect(statuses("127.0.0.1,[2001:db8::1]") == [.problem, .problem, .advice])
        #expect(statuses("/run/postgresql,[::1]") == [])
    }

    @Test("A server in order has nothing to tell but that")
    func fine() {
        let findings = Self.all(Self.status())
        #expect(findings.allSatisfy { $0.status == .ok })
        #expect(findings.first?.text == "PostgreSQL 17.11, database usher, user usher, over TLS")
    }

    static let faults: [(String, Finding.Status, @Sendable (inout ServerStatus) -> Void)] = [
        ("older than 14", .problem, { $0.version = 130_010 }),
        ("standby", .problem, { $0.isStandby = true }),
        ("superuser", .advice, { $0.isSuperuser = true }),
        ("usher migrate", .problem, { $0.schema = .behind(from: 0, to: 1) }),
        ("newer version", .problem, { $0.schema = .newer(found: 2, known: 1) }),
        ("lacks job INSERT: grant it", .problem, { $0.missingRights = ["job INSERT"] }),
        ("owns Usher's tables", .advice, { $0.ownsTables = true }),
        ("fsync", .problem, { $0.settings["fsync"] = "off" }),
        ("synchronous_commit", .problem, { $0.settings["synchronous_commit"] = "off" }),
        ("full_page_writes", .problem, { $0.settings["full_page_writes"] = "off" }),
        ("autovacuum", .problem, { $0.settings["autovacuum"] = "off" }),
        ("UTF8", .problem, { $0.settings["server_encoding"] = "SQL_ASCII" }),
        ("data_checksums", .advice, { $0.settings["data_checksums"] = "off" }),
        ("vacuum", .problem, { $0.oldestTransaction = .seconds(61) }),
        ("log_parameter_max_length", .advice, { $0.settings["log_statement"] = "all" }),
        ("log_parameter_max_length", .advice, { $0.settings["log_min_duration_statement"] = "0" }),
    ]

    @Test("Each fault is told once, with what to do", arguments: faults.indices)
    func fault(index: Int) {
        let (words, status, change) = Self.faults[index]
        let found = Self.all(Self.status(change)).filter { $0.status != .ok }
        #expect(found.count == 1)
        #expect(found.first?.status == status)
        #expect(found.first?.text.contains(words) == true, "\(found)")
    }

    @Test("Statements that are logged without their values are no leak")
    func loggedWithoutValues() {
        let status = Self.status {
            $0.settings["log_statement"] = "all"
            $0.settings["log_parameter_max_length"] = "0"
        }
        #expect(PostgresJudgement.logging(status).map(\.status) == [.ok])
    }

    @Test("Clocks apart by more than a second are told with the direction")
    func clock() {
        #expect(PostgresJudgement.clock(.milliseconds(-900)).map(\.status) == [.ok])
        #expect(PostgresJudgement.clock(.seconds(-3)).first?.text.contains("3s behind this machine's") == true)
        #expect(PostgresJudgement.clock(.seconds(3)).map(\.status) == [.advice])
        // No worker starts there.
        let far = PostgresJudgement.clock(.seconds(90))
        #expect(far.map(\.status) == [.problem])
        #expect(far.first?.text.contains("1m 30s behind the database's") == true)
    }
}

@Suite("What Kafka's answers mean")
struct KafkaJudgementTests {
    private func topic(_ replicas: [[Int32]], inSync: [[Int32]]? = nil, leader: Int32? = 1) -> ClusterDescription.Topic
    {
        ClusterDescription.Topic(
            name: "t",
            partitions: replicas.enumerated().map { index, replicas in
                ClusterDescription.Partition(
                    id: Int32(index),
                    leader: leader,
                    replicas: replicas,
                    inSyncReplicas: inSync?[index] ?? replicas
                )
            },
            error: nil
        )
    }

    @Test("A topic whose copies are all there is well")
    func fine() {
        let findings = KafkaJudgement.topic(topic([[1, 2, 3], [2, 3, 1]]), brokers: 3)
        #expect(findings == [.ok("t: 2 partitions, 3 copies")])
    }

    @Test("A topic that is not there blocks what asks for more")
    func missing() {
        var missing = topic([])
        missing.error = .kafka(code: "UNKNOWN_TOPIC_OR_PART", reason: "there is none", isFatal: false)
        let findings = KafkaJudgement.topic(missing, brokers: 1)
        #expect(findings.map(\.blocks) == [true])
        #expect(findings.first?.text.hasPrefix("t: Kafka: there is none") == true)
    }

    @Test("Partitions without a leader, late copies and single copies are told")
    func trouble() {
        let headless = KafkaJudgement.topic(topic([[1, 2]], leader: nil), brokers: 2)
        #expect(headless.map(\.status) == [.problem])
        let late = KafkaJudgement.topic(topic([[1, 2]], inSync: [[1]]), brokers: 2)
        #expect(late.map(\.status) == [.ok, .problem])
        #expect(KafkaJudgement.topic(topic([[1]]), brokers: 3).map(\.status) == [.ok, .problem])
        #expect(KafkaJudgement.topic(topic([[1]]), brokers: 1).map(\.status) == [.ok, .advice])
    }

    @Test("Settings under which acknowledged records can be lost, or the largest job does not fit, are problems")
    func settings() {
        func status(_ settings: [String: String], replicas: Int = 3) -> [Finding.Status] {
            KafkaJudgement.settings("t", settings, replicas: replicas).map(\.status)
        }
        #expect(status(["min.insync.replicas": "2", "max.message.bytes": "1048588"]) == [])
        #expect(status(["min.insync.replicas": "1"]) == [.problem])
        #expect(status(["min.insync.replicas": "3"]) == [.advice])
        #expect(status(["min.insync.replicas": "1"], replicas: 1) == [])
        #expect(status(["max.message.bytes": "65536"]) == [.problem])
        #expect(status(["max.message.bytes": "500000"]) == [.problem])
        #expect(status([:]) == [])
    }

    @Test("Links are kept for an hour at most, as the contract has it, and never compacted; jobs for days")
    func retention() {
        func results(_ settings: [String: String]) -> [Finding.Status] {
            KafkaJudgement.resultsRetention("t", settings).map(\.status)
        }
        func jobs(_ settings: [String: String]) -> [Finding.Status] {
            KafkaJudgement.jobsRetention("t", settings).map(\.status)
        }
        #expect(results(["cleanup.policy": "delete", "retention.ms": "3600000", "segment.ms": "3600000"]) == [])
        #expect(results(["retention.ms": "3600001"]) == [.advice])
        #expect(results(["retention.ms": "-1"]) == [.advice])
        #expect(results(["retention.ms": "3600000", "segment.ms": "604800000"]) == [.advice])
        #expect(results(["cleanup.policy": "compact", "retention.ms": "-1"]) == [.problem, .advice])
        #expect(results(["cleanup.policy": "compact,delete", "retention.ms": "3600000"]) == [.problem])
        #expect(jobs(["cleanup.policy": "delete", "retention.ms": "604800000"]) == [])
        #expect(jobs(["cleanup.policy": "delete", "retention.ms": "-1"]) == [])
        #expect(jobs(["retention.ms": "3600000"]) == [.advice])
        #expect(jobs(["cleanup.policy": "compact,delete"]) == [.problem])
    }
}

@Suite("What this machine and an account's endpoint mean")
struct OtherJudgementTests {
    @Test("SCRAM with an older librdkafka gets advice, anything else does not")
    func libraries() {
        func count(_ version: Int32, _ mechanism: String?) -> Int {
            PlatformJudgement.libraries([("librdkafka", "x")], librdkafka: version, mechanism: mechanism).count
        }
        #expect(count(0x0200_02FF, "SCRAM-SHA-512") == 2)
        #expect(count(0x0206_01FF, "SCRAM-SHA-512") == 1)
        #expect(count(0x0200_02FF, "PLAIN") == 1)
        #expect(count(0x0200_02FF, nil) == 1)
    }

    @Test("A librdkafka before 2.0 is a problem")
    func oldLibrary() {
        func status(_ version: Int32) -> [Finding.Status] {
            PlatformJudgement.libraries([("librdkafka", "x")], librdkafka: version, mechanism: "PLAIN").map(\.status)
        }
        #expect(status(0x0109_02FF) == [.problem])
        #expect(status(0x0200_00FF) == [.ok])
    }

    @Test("Lists of hosts that are not set are worth a thought, each")
    func hosts() throws {
        func advised(_ lines: String) throws -> [String] {
            let account = try #require(try AccountWiringTests.configuration(lines).accounts["main"])
            let findings = AccountJudgement.hosts(account)
            #expect(findings.allSatisfy { $0.status == .advice })
            return findings.map { String($0.text.prefix { $0 != " " }) }
        }
        #expect(try advised("") == ["allowed_redirect_hosts", "allowed_callback_hosts"])
        #expect(try advised("allowed_redirect_hosts: [cashier.example.net]") == ["allowed_callback_hosts"])
        let both = "allowed_redirect_hosts: [cashier.example.net]\nallowed_callback_hosts: [crm.example.net]"
        #expect(try advised(both).isEmpty)
    }

    @Test("Names that are one account at the Cashier are worth a thought, once, with all of them")
    func sharing() throws {
        let main = try #require(try AccountWiringTests.configuration().accounts["main"])
        func account(
            _ name: String,
            _ change: (inout Configuration.Account) -> Void = { _ in }
        ) -> Configuration.Account {
            var account = main
            account.name = name
            change(&account)
            return account
        }
        let apart = [
            main, account("a") { $0.merchantID = "Other" }, account("b") { $0.applicationKey = "Other" },
            account("c") { $0.endpoint = "https://other.example.net/cashier/virtual-terminal" },
        ]
        #expect(AccountJudgement.sharing(apart).isEmpty)
        let again = account("again") { $0.endpoint = "https://CASHIER.example.net/cashier/virtual-terminal" }
        let found = AccountJudgement.sharing(apart + [account("renamed"), again])
        #expect(found.map(\.status) == [.advice])
        #expect(found.first?.text.hasPrefix("again, main, renamed have the same endpoint, merchant_id and ") == true)
        let other = account("x") { $0.merchantID = "Other" }
        let both = AccountJudgement.sharing(apart + [again, other]).map { String($0.text.prefix { $0 != " " }) }
        #expect(both == ["a,", "again,"])
    }

    @Test(
        "Crash reports that show no memory are well",
        arguments: [
            ("enable=no", true), ("enable=yes,registers=none,color=no", true), ("enable=yes", false), (nil, false),
        ] as [(String?, Bool)]
    )
    func backtraces(value: String?, isQuiet: Bool) {
        let findings = PlatformJudgement.crashes(coreLimit: 0, backtrace: value)
        #expect(findings.map(\.status) == [.ok, isQuiet ? .ok : .advice])
        #expect(PlatformJudgement.crashes(coreLimit: .max, backtrace: value).first?.status == .advice)
    }

    private func probe(_ change: (inout CashierProbe) -> Void) -> CashierProbe {
        var probe = CashierProbe(unknownAccount: "main")
        probe.isReached = true
        probe.code = "ok"
        probe.message = "answered with HTTP 405"
        probe.elapsed = .milliseconds(40)
        change(&probe)
        return probe
    }

    @Test("An endpoint that answers is well as long as the clocks agree")
    func endpoint() {
        func status(_ change: (inout CashierProbe) -> Void) -> [Finding.Status] {
            AccountJudgement.findings(probe(change), isTLS: true, reference: "Postgres's", offset: .zero).map(\.status)
        }
        #expect(status { $0.clockDifference = .seconds(5) } == [.ok, .ok])
        #expect(status { $0.clockDifference = .seconds(6) } == [.ok, .problem])
        #expect(status { _ in } == [.ok, .advice])
        #expect(status { $0.isReached = false } == [.problem])
    }

    /// The provider's clock less Postgres's in milliseconds, `clock_offset` in seconds, and what is told of them.
    static let clocks: [(Int, Int, Finding.Status, String)] = [
        (200, -1, .ok, "is 0.2 s ahead of Postgres's; with clock_offset -1s requests are signed 1.2 s behind it"),
        (1_200, 1, .ok, "is 1.2 s ahead of Postgres's; with clock_offset 1s requests are signed 0.2 s behind it"),
        // A Date without fractions and a call of 40 ms may hide as much.
        (-500, 0, .ok, "is 0.5 s behind Postgres's; with clock_offset 0s requests are signed 0.5 s ahead of it"),
        (-3_000, -1, .advice, "2.0 s ahead of it: the Cashier refuses timestamps of its future; "),
        (-3_000, -1, .advice, "or set `clock_offset: -4s`"),
        (-3_000, -4, .ok, "are signed 1.0 s behind it"),
        (-20_000, -1, .problem, "or set `clock_offset: -21s`"),
        (-20_000, -21, .ok, "are signed 1.0 s behind it"),
        (30_000, -1, .problem, "31.0 s behind it: the Cashier refuses old timestamps; "),
        (30_000, -1, .problem, "or set `clock_offset: 29s`"),
        (30_000, 29, .ok, "are signed 1.0 s behind it"),
        // Right clocks, and an offset that makes up for a difference that is gone.
        (0, 29, .problem, "29.0 s ahead of it: the Cashier refuses timestamps of its future; "),
        (0, 29, .problem, "or set `clock_offset: -1s`"),
        (900_000, -1, .problem, "is 15m ahead of Postgres's"),
        (900_000, -1, .problem, "no clock_offset makes that good"),
    ]

    @Test("What is signed is judged, with clock_offset, and the figures are told in any case", arguments: clocks)
    func clock(difference: Int, offset: Int, status: Finding.Status, words: String) {
        let answered = probe { $0.clockDifference = .milliseconds(difference) }
        let findings = AccountJudgement.findings(
            answered,
            isTLS: true,
            reference: "Postgres's",
            offset: .seconds(offset)
        )
        #expect(findings.map(\.status) == [.ok, status])
        #expect(findings.last?.text.contains(words) == true, "\(findings)")
    }

    @Test("A worker that signs with the offset that is advised does not step back from it", arguments: [-20, 0, 15])
    func advisedOffset(seconds: Int) throws {
        let difference = Duration.seconds(seconds) + .milliseconds(300)
        let answered = probe { $0.clockDifference = difference }
        let far = AccountJudgement.findings(answered, isTLS: true, reference: "x", offset: .seconds(seconds + 60))
        let text = try #require(far.last?.text)
        let words = try #require(text.split(separator: "clock_offset: ").last)
        let advised = try #require(Int(words.prefix { $0 != "s" }))
        var clock = AccountClock(bound: .seconds(30), offset: .seconds(advised))
        let doubt = Duration.milliseconds(500) + answered.elapsed / 2
        _ = clock.read(AccountClock.Reading(least: difference - doubt, most: difference + doubt), at: .zero)
        #expect(clock.adjustment == .zero)
    }

    @Test(
        "A way that is broken is told with what to look at",
        arguments: [
            ("dns", "name server"), ("connect", "firewall"), ("tls", "ca_file"), ("weird", "endpoint"),
        ]
    )
    func unreachable(code: String, advice: String) {
        let broken = probe {
            $0.isReached = false
            $0.code = code
        }
        let text = AccountJudgement.findings(broken, isTLS: true, reference: "x", offset: .zero).first?.text
        #expect(text?.contains(advice) == true)
    }
}
