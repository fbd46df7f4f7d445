import BlockingThreads
import Glibc
import KafkaTransport
import Logs

/// An Apache Kafka that a test starts by itself: one process, broker and controller, on loopback, in a folder of its
/// own under `/tmp`. `KAFKA_HOME` names an unpacked Kafka, of which only `libs/*.jar` are used; Java 17 is needed.
///
/// The broker dies with the process that started it, whichever way that ends.
package actor RealKafka {
    /// What went wrong with a broker, for a person.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    /// What the broker is to be like.
    package struct Options: Sendable {
        /// Adds a SASL_SSL listener, with the user `usher`, password `usher-secret`, for PLAIN and SCRAM.
        package var isSecure = false
        /// With `isSecure`: that listener takes a client's certificate instead of a user's password.
        package var asksForClientCertificate = false
        /// Adds a plaintext listener that clients reach through `wire` alone, which is where it sends them.
        package var hasWire = false
        /// More lines of `server.properties`.
        package var properties: [String: String] = [:]

        package init() {}
    }

    package static let username = "usher"
    package static let password = "usher-secret"

    /// Where Kafka is unpacked; nil where `KAFKA_HOME` is not set.
    package static var home: String? {
        guard let home = getenv("KAFKA_HOME").map({ String(cString: $0) }), !home.isEmpty else { return nil }
        return home
    }

    /// Whether tests can have a real Kafka. Where not, says so on standard error once; with `CI` set, which promises
    /// one, the answer is yes, so that starting it fails the test.
    package static let isAvailable: Bool = {
        if home != nil { return true }
        if getenv("CI").map({ !String(cString: $0).isEmpty }) == true { return true }
        let text = Array("skipped: scenarios on a real Kafka; set KAFKA_HOME to an unpacked Apache Kafka\n".utf8)
        _ = text.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        return false
    }()

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let executor = ThreadExecutor(name: "real-kafka")
    package nonisolated let bootstrapServers: String
    /// `host:port` of the SASL_SSL listener; nil without `isSecure`.
    package nonisolated let secureServers: String?
    /// The PEM file of the authority to trust; nil without `isSecure`.
    package nonisolated let authorityFile: String?
    /// A certificate that the authority has signed, and its key, as PEM files; nil without `isSecure`.
    package nonisolated let clientFiles: (certificate: String, key: String, lockedKey: String)?
    /// Leads to a listener of its own, and clients that begin with it use no other way; nil without `hasWire`.
    package nonisolated let wire: Wire?
    private let folder: String
    private let javaHome: String
    private var process: BrokerProcess?

    private init(home: String, folder: String, ports: [UInt16], isSecure: Bool, wire: Wire?) {
        self.folder = folder
        self.wire = wire
        javaHome = home
        bootstrapServers = "127.0.0.1:\(ports[0])"
        secureServers = isSecure ? "localhost:\(ports[2])" : nil
        authorityFile = isSecure ? "\(folder)/ca.pem" : nil
        clientFiles = isSecure ? ("\(folder)/client.crt", "\(folder)/client.key", "\(folder)/client.locked.key") : nil
    }

    /// Starts a broker and waits until it answers. Throws `Failure`.
    package static func start(_ options: Options = Options()) async throws -> RealKafka {
        guard let home else { throw Failure("KAFKA_HOME is not set; it must name an unpacked Apache Kafka") }
        let folder = try BrokerFolder.make()
        let ports = try BrokerFolder.freePorts(5)
        let wire = try options.hasWire ? Wire(port: ports[4], to: .port(ports[3])) : nil
        let broker = RealKafka(home: home, folder: folder, ports: ports, isSecure: options.isSecure, wire: wire)
        try await broker.format(ports: ports, options)
        try await broker.launch()
        return broker
    }

    private func format(ports: [UInt16], _ options: Options) throws {
        if options.isSecure { try BrokerFolder.writeCertificates(folder) }
        try BrokerFolder.writeConfiguration(folder, ports: ports, options)
        try BrokerProcess.run(
            ["java", "-Xmx256m", "-cp", "\(javaHome)/libs/*", "kafka.tools.StorageTool", "format"]
                + ["--cluster-id", "kVdqbOvuQ5mWOTWtHtLkvw", "--config", "\(folder)/server.properties"]
                + ["--add-scram", "SCRAM-SHA-512=[name=\(Self.username),password=\(Self.password)]"],
            output: "\(folder)/format.log"
        )
    }

    /// Starts the broker again after `stop` or `kill`, with its data.
    package func restart() async throws {
        try await launch()
    }

    private func launch() async throws {
        guard process == nil else { return }
        let command =
            ["java", "-Xms256m", "-Xmx512m", "-XX:+UseG1GC"]
            + ["-Dlog4j2.configurationFile=\(folder)/log4j2.properties", "-cp", "\(javaHome)/libs/*"]
            + ["kafka.Kafka", "\(folder)/server.properties"]
        let process = try BrokerProcess.start(command, folder: folder)
        self.process = process
        let settings = KafkaSettings(bootstrapServers: bootstrapServers)
        let deadline = ContinuousClock.now + .seconds(90)
        while ContinuousClock.now < deadline {
            guard process.isRunning else {
                throw Failure("the broker ended at its start: \(BrokerFolder.lastWords(folder))")
            }
            let probe = ClusterProbe(settings, timeout: .seconds(1), log: .silent)
            if let answer = try? await probe.describe(topics: []), !answer.brokers.isEmpty { return }
        }
        throw Failure("the broker does not answer after 90 s: \(BrokerFolder.lastWords(folder))")
    }

    /// Deletes the records of a partition before an offset, as retention does.
    package static func deleteRecords(of topic: String, partition: Int32, before offset: Int64, on servers: String)
        throws
    {
        guard let home else { throw Failure("KAFKA_HOME is not set; it must name an unpacked Apache Kafka") }
        let folder = try BrokerFolder.make()
        defer { BrokerFolder.remove(folder) }
        let wanted =
            #"{"partitions":[{"topic":"\#(topic)","partition":\#(partition),"offset":\#(offset)}],"version":1}"#
        try BrokerFolder.write(wanted, to: "\(folder)/offsets.json")
        try BrokerProcess.run(
            ["java", "-Xmx256m", "-cp", "\(home)/libs/*", "org.apache.kafka.tools.DeleteRecordsCommand"]
                + ["--bootstrap-server", servers, "--offset-json-file", "\(folder)/offsets.json"],
            output: "\(folder)/delete.log"
        )
    }

    /// Adds partitions to a topic, which has `total` of them then. Throws `Failure`.
    package static func addPartitions(to topic: String, total: Int, on servers: String) throws {
        guard let home else { throw Failure("KAFKA_HOME is not set; it must name an unpacked Apache Kafka") }
        let folder = try BrokerFolder.make()
        defer { BrokerFolder.remove(folder) }
        try BrokerProcess.run(
            ["java", "-Xmx256m", "-cp", "\(home)/libs/*", "org.apache.kafka.tools.TopicCommand"]
                + ["--bootstrap-server", servers, "--alter", "--topic", topic, "--partitions", String(total)],
            output: "\(folder)/topics.log"
        )
    }

    /// Takes every right to a topic from clients that do not log in, or gives it back. The broker needs an authorizer.
    /// Throws `Failure`.
    package static func deny(_ isDenied: Bool, topic: String, on servers: String) throws {
        guard let home else { throw Failure("KAFKA_HOME is not set; it must name an unpacked Apache Kafka") }
        let folder = try BrokerFolder.make()
        defer { BrokerFolder.remove(folder) }
        try BrokerProcess.run(
            ["java", "-Xmx256m", "-cp", "\(home)/libs/*", "org.apache.kafka.tools.AclCommand"]
                + ["--bootstrap-server", servers, "--topic", topic, "--deny-principal", "User:ANONYMOUS"]
                + ["--operation", "All"] + (isDenied ? ["--add"] : ["--remove", "--force"]),
            output: "\(folder)/acls.log"
        )
    }

    /// Turns the last byte of what was written to a partition, as a failing disk might. Done again, all is as before.
    /// Throws `Failure`.
    package func turnLastByte(of topic: String, partition: Int32) throws {
        let path = "\(folder)/data/\(topic)-\(partition)/00000000000000000000.log"
        try BrokerFolder.turnLastByte(of: path)
    }

    /// Ends the broker cleanly; its data stays.
    package func stop() throws {
        try end(SIGTERM)
    }

    /// Ends the broker as a crash would; its data stays.
    package func kill() throws {
        try end(SIGKILL)
    }

    private func end(_ signal: Int32) throws {
        guard let process else { return }
        try process.end(signal)
        self.process = nil
    }

    /// Ends the broker and removes its folder.
    package func remove() {
        wire?.close()
        process?.remove()
        process = nil
        BrokerFolder.remove(folder)
    }
}
