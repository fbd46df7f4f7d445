import Cryptography
import Glibc
import KafkaTransport
import Logs
import PostgresStore
import SessionCore
import Settings
import Terminal

/// The checks of `usher doctor`, in order: each asks something and lets a judgement say what the answer means.
struct DoctorChecks {
    private let facts: DoctorFacts
    private let log = Log(level: .error, format: .text)

    init(_ facts: DoctorFacts) {
        self.facts = facts
    }

    /// All checks but that of the settings, which rest on it.
    var all: [DoctorCheck] {
        [DoctorCheck(name: "platform", run: platform), DoctorCheck(name: "libraries", run: libraries)]
            + [
                check("files", [], files), check("keys", [], keys),
                check("postgres", [], postgres),
                judged("schema", PostgresJudgement.schema),
                DoctorCheck(name: "rights", basis: ["settings", "postgres", "schema"], run: rights),
                check("database keys", ["keys", "postgres", "schema"], databaseKeys),
                judged("durability", PostgresJudgement.durability),
                judged("server log", PostgresJudgement.logging),
                check("clock", ["postgres"], clock),
                check("workers", ["postgres", "schema"], workers),
                check("waiting jobs", ["postgres", "schema"], waitingJobs),
                check("backlog", ["postgres", "schema"], backlog),
                check("results", ["postgres", "schema"], results),
                check("events", ["postgres", "schema"], events),
                check("kafka", [], kafka),
                check("jobs topics", ["kafka"], jobsTopics),
                check("partitions", ["postgres", "schema", "kafka", "jobs topics"], partitions),
                check("waiting records", ["partitions"], waitingRecords),
                check("results topic", ["kafka"], resultsTopic),
                check("callbacks", [], callbacks), check("callbacks topic", ["kafka"], callbacksTopic),
            ] + accounts
    }

    private func check(
        _ name: String,
        _ basis: [String],
        _ body: @escaping @Sendable (Configuration) async throws -> [Finding]
    ) -> DoctorCheck {
        DoctorCheck(name: name, basis: ["settings"] + basis) { [facts] in
            guard let configuration = facts.loaded?.configuration else { return [] }
            do {
                return try await body(configuration)
            } catch {
                return [.blocking(Explanation.of(error).message)]
            }
        }
    }

    /// A check of what Postgres said before.
    private func judged(_ name: String, _ judge: @escaping @Sendable (ServerStatus) -> [Finding]) -> DoctorCheck {
        check(name, ["postgres"]) { [facts] _ in facts.state.withLock { $0.server }.map(judge) ?? [] }
    }

    // MARK: This machine

    private func platform() -> [Finding] {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        let backtrace = getenv("SWIFT_BACKTRACE").map { String(cString: $0) }
        return PlatformJudgement.crashes(coreLimit: UInt64(limit.rlim_cur), backtrace: backtrace)
    }

    private func libraries() -> [Finding] {
        PlatformJudgement.libraries(
            Version.libraries,
            librdkafka: KafkaLibrary.number,
            mechanism: facts.loaded?.configuration.kafka.security.saslMechanism
        )
    }

    private func files(_: Configuration) -> [Finding] {
        PlatformJudgement.files(facts.files, user: geteuid())
    }

    private func keys(_ configuration: Configuration) throws -> [Finding] {
        _ = try WorkerAssembly.keyRing(configuration)
        return [.ok("\(configuration.keysFile.path) holds the keys that seal data")]
    }

    // MARK: Postgres

    private func postgres(_ configuration: Configuration) async throws -> [Finding] {
        let (status, difference) = try await asking(configuration) { store in
            // The first question opens the connection; the second one's time is the server's alone.
            _ = try await store.schemaStatus()
            return try await ClockCheck.difference(store)
        }
        facts.state.withLock { state in
            state.server = status
            state.clockDifference = difference
        }
        return PostgresJudgement.server(status) + PostgresJudgement.way(configuration.postgres)
    }

    /// Opens the store for a question, and closes it afterwards.
    private func asking<Answer: Sendable>(
        _ configuration: Configuration,
        _ question: (PostgresStore) async throws -> Answer
    ) async throws -> Answer {
        // Nothing sealed is read, so a key file with a problem does not hide what Postgres has to say.
        try await StoreAccess.asking(configuration, log: log, question)
    }

    private func rights() -> [Finding] {
        facts.state.withLock { $0.server }.map(PostgresJudgement.rights) ?? []
    }

    private func databaseKeys(_ configuration: Configuration) async throws -> [Finding] {
        let keys = try WorkerAssembly.keyRing(configuration)
        let (status, oldest) = try await StoreAccess.asking(configuration, keys: keys, log: log) { store in
            (try await store.keyStatus(), try await store.oldestKeyIDs())
        }
        return KeyJudgement.findings(
            status,
            oldest: oldest,
            missing: oldest.filter { !keys.opens(keyID: $0) },
            file: configuration.keysFile.path
        )
    }

    private func clock(_: Configuration) -> [Finding] {
        facts.state.withLock { $0.clockDifference }.map(PostgresJudgement.clock) ?? []
    }

    // MARK: The work

    private func workers(_ configuration: Configuration) async throws -> [Finding] {
        [WorkJudgement.workers(try await workStatus(configuration))]
    }

    private func waitingJobs(_ configuration: Configuration) async throws -> [Finding] {
        let (status, unserved) = try await asking(configuration) { store in
            (try await store.workStatus(), try await store.unserved(besides: []))
        }
        return WorkJudgement.waiting(status, unserved: unserved, configured: Set(configuration.accounts.keys))
    }

    /// Counts as workers do, for whom jobs that nobody sends pause no topic.
    private func backlog(_ configuration: Configuration) async throws -> [Finding] {
        let accounts = configuration.accounts.keys.sorted()
        let backlog = try await asking(configuration) { store in
            let unserved = try await store.unserved(besides: accounts)
            return try await store.backlog(leavingOut: unserved.map(\.name))
        }
        if let failure = backlog.uncounted { throw failure }
        return configuration.kafka.jobsTopics.map { topic in
            WorkJudgement.backlog(
                of: topic.name,
                waiting: backlog.jobsByTopic[topic.name, default: 0],
                cap: topic.backlogMax,
                mayHaveAgents: topic.lane == nil || topic.lane == .interactive
            )
        }
    }

    private func results(_ configuration: Configuration) async throws -> [Finding] {
        let status = try await workStatus(configuration)
        return [WorkJudgement.results(status, unpublishedMax: configuration.publishing.unpublishedMax)]
    }

    /// Whether or not an account receives callbacks now: what was told before is to be published all the same.
    private func events(_ configuration: Configuration) async throws -> [Finding] {
        [WorkJudgement.events(try await workStatus(configuration))]
    }

    private func partitions(_ configuration: Configuration) async throws -> [Finding] {
        let topics = configuration.kafka.jobsTopics.map(\.name)
        let (standings, status) = try await asking(configuration) { store in
            let standings = try await PositionQuestions.standings(
                of: topics,
                store,
                configuration,
                timeout: .seconds(4)
            )
            return (standings, try await store.workStatus())
        }
        facts.state.withLock { $0.standings = standings.told }
        return WorkJudgement.partitions(
            standings.told,
            untold: standings.untold,
            hasWorkers: !status.workers.isEmpty
        )
    }

    private func waitingRecords(_ configuration: Configuration) async throws -> [Finding] {
        let (standings, retention) = facts.state.withLock { ($0.standings, $0.retention) }
        let status = try await workStatus(configuration)
        let probe = ClusterProbe(try configuration.kafka.transportSettings(log: log), timeout: .seconds(3), log: log)
        let first = try await probe.firstRecords(from: WaitingRecords.offsets(standings))
        var records = WaitingRecords(first: first, retention: retention, assigned: nil, now: status.now)
        if !first.isEmpty, !status.workers.isEmpty { records.assigned = await assignedPartitions(probe) }
        return records.findings
    }

    private func assignedPartitions(_ probe: ClusterProbe) async -> Result<Set<TopicPartition>, any Error> {
        do {
            return .success(try await probe.assignedPartitions())
        } catch {
            return .failure(error)
        }
    }

    private func workStatus(_ configuration: Configuration) async throws -> WorkStatus {
        try await asking(configuration) { store in try await store.workStatus() }
    }

    // MARK: Kafka

    private func kafka(_ configuration: Configuration) async throws -> [Finding] {
        let settings = try configuration.kafka.transportSettings(log: log)
        let topics =
            configuration.kafka.jobsTopics.map(\.name)
            + [configuration.kafka.resultsTopic, configuration.callbacks.topic]
        let probe = ClusterProbe(settings, timeout: .seconds(8), log: log)
        let cluster = try await probe.describe(topics: topics)
        facts.state.withLock { $0.cluster = cluster }
        return KafkaJudgement.cluster(cluster)
    }

    private func jobsTopics(_ configuration: Configuration) async throws -> [Finding] {
        var findings: [Finding] = []
        for topic in configuration.kafka.jobsTopics {
            findings += try await self.topic(topic.name, configuration, KafkaJudgement.jobsRetention)
        }
        return findings
    }

    private func resultsTopic(_ configuration: Configuration) async throws -> [Finding] {
        try await topic(configuration.kafka.resultsTopic, configuration, KafkaJudgement.resultsRetention)
    }

    /// Asks nothing of Kafka that was not asked already.
    private func callbacksTopic(_ configuration: Configuration) -> [Finding] {
        guard configuration.accounts.values.contains(where: \.receivesCallbacks),
            let cluster = facts.state.withLock({ $0.cluster }),
            let topic = cluster.topics.first(where: { $0.name == configuration.callbacks.topic })
        else { return [] }
        return CallbackJudgement.topic(
            topic,
            brokers: cluster.brokers.count,
            isServed: facts.state.withLock { $0.areCallbacksServed }
        )
    }

    private func callbacks(_ configuration: Configuration) async throws -> [Finding] {
        guard configuration.accounts.values.contains(where: \.receivesCallbacks) else {
            return [.ok("no account receives callbacks")]
        }
        let settings = configuration.callbacks
        let listener = await ListenerProbe(
            host: settings.host,
            port: settings.port,
            isTLS: settings.certificateFile != nil
        ).state()
        facts.state.withLock { $0.areCallbacksServed = listener.isServed }
        let finding = CallbackJudgement.listener(listener, address: "\(settings.host):\(settings.port)")
        guard let certificateFile = settings.certificateFile, let keyFile = settings.keyFile else { return [finding] }
        let context = try TLSServerContext(certificateFile: certificateFile, keyFile: keyFile.path)
        return [finding, CallbackJudgement.certificate(certificateFile, endsIn: context.certificateEndsIn)]
    }

    private func topic(
        _ name: String,
        _ configuration: Configuration,
        _ retention: (String, [String: String]) -> [Finding]
    ) async throws -> [Finding] {
        guard let cluster = facts.state.withLock({ $0.cluster }),
            let topic = cluster.topics.first(where: { $0.name == name })
        else { return [] }
        let findings = KafkaJudgement.topic(topic, brokers: cluster.brokers.count)
        guard topic.error == nil else { return findings }
        let probe = ClusterProbe(try configuration.kafka.transportSettings(log: log), timeout: .seconds(4), log: log)
        let settings: [String: String]
        do {
            settings = try await probe.settings(ofTopic: name)
        } catch {
            return findings + [
                .advice(
                    "\(name): retention and min.insync.replicas cannot be read: "
                        + Explanation.of(error).message
                )
            ]
        }
        facts.state.withLock { $0.retention[name] = KafkaJudgement.retention(settings) }
        let replicas = topic.partitions.map(\.replicas.count).min() ?? 0
        return findings + KafkaJudgement.settings(name, settings, replicas: replicas) + retention(name, settings)
    }

    // MARK: Accounts

    private var accounts: [DoctorCheck] {
        let accounts = facts.loaded?.configuration.accounts.values.sorted { $0.name < $1.name } ?? []
        let each = accounts.map { account in
            check("account \(account.name)", []) { [facts] _ in
                let probe = AccountProbe(account: account, facts: facts)
                return try await probe.findings() + AccountJudgement.hosts(account)
                    + ProviderFileJudgement.findings(account, host: probe.host, now: .systemNow)
            }
        }
        return [check("accounts", []) { _ in AccountJudgement.sharing(accounts) }] + each
    }
}
