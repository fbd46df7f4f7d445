import CashierSimulator
import Cryptography
import Glibc
import KafkaTransport
import Logs
import PostgresStore
import SessionCore
import Settings

/// Everything that Usher needs, embedded in this process and its children: Kafka, Postgres, the Cashier, settings.
/// Lives in one folder that goes with it.
final class DevEnvironment: Sendable {
    static let jobsTopic = "vt.session.jobs"
    static let resultsTopic = "vt.session.results"

    let postgres: ThrowAwayPostgres
    let kafka: EmbeddedKafka
    let simulator: RunningSimulator
    /// A settings file with which every verb works against this environment.
    let settingsFile: String
    let configuration: Configuration

    private init(
        postgres: ThrowAwayPostgres,
        kafka: EmbeddedKafka,
        simulator: RunningSimulator,
        settingsFile: String,
        configuration: Configuration
    ) {
        self.postgres = postgres
        self.kafka = kafka
        self.simulator = simulator
        self.settingsFile = settingsFile
        self.configuration = configuration
    }

    /// Starts the parts, telling each by `tell`. What was started is stopped again when a later one fails.
    static func start(
        _ context: VerbContext,
        faults: FaultPlan,
        tell: (String) -> Void
    ) async throws -> DevEnvironment {
        let postgres = try await ThrowAwayPostgres.start(fsync: false)
        tell("Postgres   a throw-away server in \(postgres.folder)")
        do {
            let kafka = try EmbeddedKafka(brokers: 1)
            try kafka.createTopic(jobsTopic, partitions: 4)
            try kafka.createTopic(resultsTopic, partitions: 4)
            tell("Kafka      an embedded cluster on \(kafka.bootstrapServers)")
            let secret = secureRandomBytes(16).hex
            let simulator = try CashierSimulator.start(simulatorConfiguration(secret: secret, faults: faults))
            tell("Cashier    the simulator on http://127.0.0.1:\(simulator.port)")
            let settingsFile = try writeSettings(postgres, kafka, simulator, secret: secret)
            let configuration = try load(context, settingsFile)
            return DevEnvironment(
                postgres: postgres,
                kafka: kafka,
                simulator: simulator,
                settingsFile: settingsFile,
                configuration: configuration
            )
        } catch {
            await postgres.stop()
            throw error
        }
    }

    func stop() async {
        simulator.stop()
        kafka.close()
        await postgres.stop()
    }

    private static func simulatorConfiguration(secret: String, faults: FaultPlan) -> SimulatorConfiguration {
        let account = SimulatorAccount(
            merchantID: "Test-Integration-Merchant",
            applicationKey: "Sandbox",
            secret: Secret(secret)
        )
        var configuration = SimulatorConfiguration(accounts: [account])
        // Short, so that an order whose outcome is unknown does not keep a newcomer waiting for a minute.
        configuration.requestValiditySeconds = 2
        configuration.clockToleranceSeconds = 1
        configuration.lateAfter = .seconds(4)
        configuration.faults = faults
        return configuration
    }

    private static func writeSettings(
        _ postgres: ThrowAwayPostgres,
        _ kafka: EmbeddedKafka,
        _ simulator: RunningSimulator,
        secret: String
    ) throws -> String {
        let folder = postgres.folder
        try FileAccess.writePrivate("\(folder)/usher-keys", KeyRing.newKeyFile(id: "dev"))
        try FileAccess.writePrivate("\(folder)/usher-secret", secret)
        let path = "\(folder)/usher.yaml"
        try FileAccess.writePrivate(path, settings(folder, kafka.bootstrapServers, simulator.port))
        return path
    }

    private static func settings(_ folder: String, _ bootstrapServers: String, _ port: Int) -> String {
        """
        kafka:
          bootstrap_servers: ["\(bootstrapServers)"]
          jobs_topics: [{name: \(jobsTopic)}]
          results_topic: \(resultsTopic)
          session_timeout: 6s
          security: {protocol: plaintext}
        postgres:
          host: \(folder)
          database: usher
          user: usher
        keys:
          file: \(folder)/usher-keys
        accounts:
          demo:
            endpoint: http://127.0.0.1:\(port)/cashier/virtual-terminal
            merchant_id: Test-Integration-Merchant
            application_key: Sandbox
            secret_file: \(folder)/usher-secret
            allow_http_loopback: true
            clock_offset: 0s
            timeout: 2s
            connect_timeout: 1s
        verify:
          schedule: [200ms, 1s]
          request_validity: 2s
          clock_skew: 1s
        breaker: {failures: 50}
        log: {level: error, format: text}

        """
    }

    private static func load(_ context: VerbContext, _ settingsFile: String) throws -> Configuration {
        var sources = SettingsSources(file: try ProcessSurroundings.settingsFile(settingsFile))
        sources.overrides = try context.invocation.values("set").map { try SettingOverride(assignment: $0) }
        for (flag, key) in [("log-level", "log.level"), ("log-format", "log.format")] {
            guard let value = context.invocation.value(flag) else { continue }
            sources.overrides.append(SettingOverride(key: key, text: value, flag: "--\(flag)"))
        }
        return try SettingsLoader.load(sources).configuration
    }
}
