import CashierClient
import Cryptography
import Glibc
import KafkaTransport
import Logs
import PostgresStore
import SessionCore
import Settings
import Worker

typealias RealWorker = WorkerService<PostgresStore, KafkaJobSource, KafkaResultSink, CashierHTTPClient>

/// Puts a worker together from a configuration.
struct WorkerAssembly {
    let configuration: Configuration
    let keys: KeyRing
    let store: PostgresStore
    var kafka: KafkaSettings
    let cashier: CashierHTTPClient
    let errorRules: ErrorRules
    let log: Log
    private let secrets: SecretWatch
    let identity = ResultIdentity(sha256: { Hashes.sha256($0) })

    /// Reads every file that the configuration names. Throws what is wrong with the first of them.
    init(_ configuration: Configuration, log: Log) throws {
        self.configuration = configuration
        self.log = log
        keys = try Self.keyRing(configuration)
        store = try Self.store(configuration, keys: keys, log: log)
        kafka = try configuration.kafka.transportSettings(log: log)
        var limits = HTTPLimits()
        // Campaigns may have all of `in_flight_max` in flight: agents' calls then come on top.
        limits.reserve = Self.interactiveReserve(configuration.dispatch)
        limits.inFlightMax = configuration.dispatch.inFlightMax + limits.reserve
        limits.waitMax = configuration.sendWithin * 2 / 5
        let accounts = configuration.accounts.values.sorted { $0.name < $1.name }
        let secrets = try SecretWatch(accounts, digest: { [keys] in keys.contentDigest($0) }, log: log)
        self.secrets = secrets
        let replies = ReplyBuffer()
        let cashier = try CashierHTTPClient(
            accounts: accounts.map { $0.cashierAccount(secrets: secrets.secrets(of: $0.name)) },
            limits: limits,
            onUnsuccessful: { replies.add($0) }
        )
        self.cashier = cashier
        errorRules = ErrorRules(
            accounts: accounts.map(\.name),
            store: store,
            replies: replies,
            log: log,
            apply: { cashier.replace(errorTables: $0) }
        )
    }

    /// Begins to read secret files again when they change.
    ///
    /// A held account is tried at once when another secret signs for it.
    ///
    /// - Returns: what is to be stopped in the end.
    func watchSecrets() -> SecretWatch {
        secrets.start(
            SecretWatch.Actions(
                apply: { [cashier, log] account, secrets in
                    do throws(CashierAccountError) {
                        try cashier.replace(secrets: secrets, ofAccount: account)
                    } catch {
                        log.error("a changed secret was not taken", [.error: .text(error.description)])
                    }
                },
                onSecretChange: { [store, log] account in
                    Task {
                        do {
                            try await store.hastenTrial(account: account)
                        } catch {
                            // The trial then comes when its interval is over.
                            log.info("no trial at once: the database is away", [.account: .text(account)])
                        }
                    }
                }
            )
        )
        return secrets
    }

    static func keyRing(_ configuration: Configuration) throws -> KeyRing {
        let text = String(decoding: try configuration.keysFile.read(), as: UTF8.self)
        do {
            return try KeyRing(keyFile: text)
        } catch {
            throw KeyFileProblem(path: configuration.keysFile.path, error: error)
        }
    }

    static func store(_ configuration: Configuration, keys: KeyRing, log: Log) throws -> PostgresStore {
        PostgresStore(
            options: try configuration.postgres.storeOptions(log: log),
            keys: keys,
            answers: AnswerCodec(identity: ResultIdentity(sha256: { Hashes.sha256($0) })),
            worker: configuration.workerName ?? Self.defaultName,
            version: Version.usher,
            log: log
        )
    }

    /// Joins the group and starts the producer. Throws `TransportError`.
    func makeWorker() throws -> RealWorker {
        let source = try KafkaJobSource(
            kafka,
            topics: configuration.kafka.jobsTopics.map(\.name),
            log: log,
            positions: { [store] in try await store.positions(of: $0) }
        )
        var producer = kafka
        producer.properties["linger.ms"] = "\(configuration.publishing.linger.wholeMilliseconds)"
        let sink = try KafkaResultSink(
            producer,
            topic: configuration.kafka.resultsTopic,
            schema: ResultCodec.schema,
            log: log
        )
        return WorkerService(
            store: store,
            source: source,
            sink: sink,
            cashier: cashier,
            decider: decider,
            identity: identity,
            settings: settings,
            // Where no skew is allowed for, the drift of a minute is no step all the same.
            clock: WorkerClock(wall: .systemNow, stepMax: max(configuration.verify.clockSkew, .seconds(1)), log: log),
            log: log
        )
    }

    private var decider: IntakeDecider {
        IntakeDecider(
            codec: JobCodec(rules: configuration.jobRules),
            answers: AnswerCodec(identity: identity),
            topics: topics,
            notAfterDefault: configuration.dispatch.notAfterDefault,
            contentDigest: { [keys] in keys.contentDigest($0) },
            sha256: { Hashes.sha256($0) }
        )
    }

    private var topics: [WorkerTopic] {
        configuration.kafka.jobsTopics.map { WorkerTopic(name: $0.name, lane: $0.lane, backlogMax: $0.backlogMax) }
    }

    /// Calls that only the interactive lane may have in flight.
    private static func interactiveReserve(_ dispatch: Configuration.Dispatch) -> Int {
        dispatch.inFlightMax * dispatch.interactiveReservePercent / 100
    }

    private var settings: WorkerSettings {
        let dispatch = configuration.dispatch
        var settings = WorkerSettings(
            accounts: configuration.accounts.mapValues { $0.workerAccount(in: configuration) },
            topics: topics,
            inFlightMax: dispatch.inFlightMax,
            interactiveReserve: Self.interactiveReserve(dispatch),
            laneWeights: dispatch.laneWeights,
            lease: dispatch.lease,
            notAfterDefault: dispatch.notAfterDefault,
            unpublishedMax: configuration.publishing.unpublishedMax,
            shutdownGrace: configuration.shutdownGrace,
            retention: configuration.retention,
            pollInterval: .milliseconds(250)
        )
        settings.leaveAfter = configuration.kafka.leaveAfter
        settings.turnWaitMax = configuration.sendWithin * 3 / 5
        return settings
    }

    /// `host:pid`.
    private static var defaultName: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "\(host):\(getpid())"
    }
}

/// A key file that cannot be used, with its path.
struct KeyFileProblem: Error, CustomStringConvertible {
    let path: String
    let error: KeyFileError

    var description: String {
        let what =
            switch error {
            case .empty: "holds no sealing key; add a line: ID and 64 hexadecimal digits"
            case .malformed(let line): "line \(line): expected ID and 64 hexadecimal digits"
            case .repeatedID(let id, let line): "line \(line): the id \(id) stands twice"
            case .noDigestKey: "holds no digest key; add a line: digest and 64 hexadecimal digits, and never change it"
            }
        return "keys.file \(path): \(what)"
    }
}

extension Timestamp {
    /// The process's own clock: for labels and first guesses only.
    static var systemNow: Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(microseconds: Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000)
    }
}
