import BlockingThreads
import Callbacks
import Cryptography
import HTTPServer
import KafkaTransport
import Logs
import PostgresStore
import SessionCore
import Settings
import Terminal

/// Puts the receiver of callbacks together from a configuration.
struct CallbacksAssembly {
    let configuration: Configuration
    let store: PostgresStore
    private let kafka: KafkaSettings
    private let accounts: [CallbackAccount]
    private let secrets: SecretWatch
    private let tls: TLSServerContext?
    private let log: Log

    var accountNames: [String] { accounts.map(\.name) }

    /// Reads every file that the configuration names. Throws what is wrong with the first of them.
    init(_ configuration: Configuration, log: Log) throws {
        self.configuration = configuration
        self.log = log
        let keys = try WorkerAssembly.keyRing(configuration)
        store = try WorkerAssembly.store(configuration, keys: keys, log: log)
        kafka = try configuration.kafka.transportSettings(log: log)
        let received = configuration.accounts.values.filter(\.receivesCallbacks).sorted { $0.name < $1.name }
        let secrets = try SecretWatch(received, digest: { keys.contentDigest($0) }, log: log)
        self.secrets = secrets
        accounts = received.map { $0.callbackAccount(secrets: secrets.secrets(of: $0.name)) }
        guard !accounts.isEmpty else {
            throw VerbError.ended("no account has `callbacks: true`; there is nothing to receive", .configuration)
        }
        let callbacks = configuration.callbacks
        if let certificateFile = callbacks.certificateFile, let keyFile = callbacks.keyFile {
            // Read once to check its mode; OpenSSL reads the file itself.
            _ = try keyFile.read()
            tls = try TLSServerContext(certificateFile: certificateFile, keyFile: keyFile.path)
        } else {
            tls = nil
        }
    }

    /// Starts the producer and the listener. Throws `TransportError` and `ListenError`.
    func start() throws -> CallbackReceiver {
        let callbacks = configuration.callbacks
        var producer = kafka
        producer.properties["linger.ms"] = "\(configuration.publishing.linger.wholeMilliseconds)"
        let service = CallbackService(
            store: store,
            sink: try KafkaEventSink(producer, topic: callbacks.topic, log: log),
            settings: settings,
            identity: ResultIdentity(sha256: { Hashes.sha256($0) }),
            wall: { .systemNow },
            log: log
        )
        var limits = HTTPLimits(connectionsMax: callbacks.connectionsMax)
        limits.bodyBytesMax = callbacks.bodyMax
        limits.requestTimeout = .seconds(10)
        limits.idleTimeout = .seconds(60)
        limits.sendTimeout = .seconds(10)
        let server = try HTTPServer(
            name: "callbacks",
            host: callbacks.host,
            port: callbacks.port,
            limits: limits,
            tls: tls,
            handler: service
        )
        return CallbackReceiver(server: server, service: service, grace: configuration.shutdownGrace)
    }

    /// Begins to read secret files again when they change; returns what is to be stopped in the end.
    func watchSecrets(for receiver: CallbackReceiver) -> SecretWatch {
        secrets.start(
            SecretWatch.Actions(
                apply: { receiver.replace(secrets: $1, ofAccount: $0) },
                onSecretChange: { _ in }
            )
        )
        return secrets
    }

    private var settings: CallbackSettings {
        let callbacks = configuration.callbacks
        var settings = CallbackSettings(accounts: accounts)
        settings.deadline = callbacks.deadline
        settings.clockSkew = callbacks.clockSkew
        settings.replayWindow = callbacks.replayWindow
        settings.refusalText = callbacks.refusalText
        settings.signatureHeader = callbacks.signatureHeader
        settings.answerHeaders = callbacks.answerHeaders
        settings.bodyBytesMax = callbacks.bodyMax
        settings.undecidedMax = 2 * callbacks.connectionsMax
        settings.retention = configuration.retention.otherResult
        settings.grace = configuration.shutdownGrace
        return settings
    }
}

/// The listener and the service behind it.
final class CallbackReceiver: Sendable {
    private let server: HTTPServer
    private let service: CallbackService<PostgresStore, KafkaEventSink>
    private let grace: Duration

    init(server: HTTPServer, service: CallbackService<PostgresStore, KafkaEventSink>, grace: Duration) {
        self.server = server
        self.service = service
        self.grace = grace
    }

    var port: Int { server.port }

    func replace(secrets: [Secret], ofAccount name: String) {
        service.replace(secrets: secrets, ofAccount: name)
    }

    /// Runs until `stop`, and until what was stored is published.
    func run() async {
        await service.run()
    }

    /// Blocks until what was posted is answered: call it on a thread of its own.
    func stop() {
        server.stop(grace: grace)
        service.stop()
    }
}

extension Configuration.Account {
    /// For receiving callbacks.
    fileprivate func callbackAccount(secrets: [Secret]) -> CallbackAccount {
        CallbackAccount(
            name: name,
            merchantID: merchantID,
            applicationKey: applicationKey,
            secrets: secrets,
            version: apiVersion
        )
    }
}
