import Cryptography
import Foundation
import Glibc
import KafkaTransport
import Logs
import PostgresStore
import SessionCore
import UsherTestKit

/// A whole installation for a test: a broker, a Postgres with fsync on, the simulated Cashier, settings, and as many
/// `usher run` processes as the test starts. Everything is real but the provider, and everything is on loopback.
final class Installation {
    static let jobsTopic = "vt.session.jobs"
    static let resultsTopic = "vt.session.results"
    static let secret = "MerchantSecretKey-of-the-tests-32"

    let folder: String
    let bootstrapServers: String
    /// Of each topic.
    let partitions: Int
    let postgres: any TestDatabase
    private let simulator: UsherProcess
    let simulatorPort: Int
    let settingsFile: String
    private(set) var processes: [UsherProcess] = []

    /// - Parameters:
    ///   - cluster: where the topics are made.
    ///   - faults: the simulator's fault plan.
    ///   - settings: YAML that is added to the settings file.
    ///   - database: nil for one of its own, that goes with it.
    init(
        on cluster: KafkaCluster,
        partitions: Int,
        faults: String = "",
        settings: String = Installation.shortWindows,
        keepsEvents: Bool = true,
        database: (any TestDatabase)? = nil
    ) async throws {
        try await cluster.createTopic(Self.jobsTopic, partitions: partitions)
        try await cluster.createTopic(Self.resultsTopic, partitions: partitions)
        bootstrapServers = cluster.bootstrapServers
        self.partitions = partitions
        folder = NSTemporaryDirectory() + "usher-e2e-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if let database { postgres = database } else { postgres = try await ThrowAwayPostgres.start(fsync: true) }
        try await postgres.createDatabase("usher", template: nil)
        try Self.writePrivate("\(folder)/keys", KeyRing.newKeyFile(id: "k1"))
        try Self.writePrivate("\(folder)/secret", Self.secret)
        simulator = try UsherProcess(
            Self.simulatorArguments(merchant: "M-1", application: "A-1", secretFile: "\(folder)/secret")
                + (faults.isEmpty ? [] : ["--faults", faults]) + (keepsEvents ? [] : ["--no-accepts"]),
            log: "\(folder)/simulator.log"
        )
        simulatorPort = try await Self.port(of: simulator)
        settingsFile = "\(folder)/usher.yaml"
        let text = Self.settings(folder, cluster.bootstrapServers, postgres.folder, simulatorPort) + settings
        try Data(text.utf8).write(to: URL(fileURLWithPath: settingsFile))
        let migrated = try await Shell.run([UsherProcess.binary, "migrate", "-c", settingsFile])
        guard migrated.code == 0 else { throw Failure("migrate ended with \(migrated.code): \(migrated.error)") }
    }

    /// Windows of seconds instead of a minute, so that unknown outcomes are settled within the test. The simulator
    /// keeps to the same: it refuses requests that are older than three seconds.
    static var shortWindows: String {
        """
        verify:
          schedule: [200ms, 1s]
          request_validity: 3s
          clock_skew: 1s
        dispatch:
          in_flight_max: 200
          lease: 15s
        retry:
          attempts_max: 10
          fast: {base: 100ms, cap: 1s}
          slow: {base: 500ms, cap: 2s}
          limited: {base: 100ms, cap: 1s}
        shutdown: {grace: 5s}

        """
    }

    /// Starts a worker and waits until it says that it has started.
    @discardableResult
    func startWorker(_ name: String, with settings: [String] = []) throws -> UsherProcess {
        let words = (["worker.name=\(name)"] + settings).flatMap { ["--set", $0] }
        return try startProcess(["run", "-c", settingsFile] + words, name: name)
    }

    /// Starts a process of the program that ends with the installation.
    func startProcess(_ arguments: [String], name: String) throws -> UsherProcess {
        let process = try UsherProcess(arguments, log: "\(folder)/\(name).log")
        processes.append(process)
        return process
    }

    /// Ends everything that is still there and deletes the folder; keeps it when `keepLogs` is set, for a look.
    func tearDown() async {
        for process in processes { await process.end() }
        await simulator.end()
        await postgres.stop()
        if ProcessInfo.processInfo.environment["USHER_KEEP_LOGS"] == nil {
            try? FileManager.default.removeItem(atPath: folder)
        } else {
            print("kept: \(folder)")
        }
    }

    /// Puts another secret into the file that the workers and the simulator read, in one step.
    func writeSecret(_ text: String) throws {
        let new = "\(folder)/secret-new"
        try Self.writePrivate(new, text)
        guard rename(new, "\(folder)/secret") == 0 else { throw Failure("cannot put \(new) in place") }
    }

    /// The provider changes the account's secret to what the file holds, from one request to the next.
    func changeProvidersSecret() async throws {
        let told = simulator.lines.count { $0.contains("the secret was read again") }
        simulator.signal(SIGHUP)
        try await eventually("the provider has the secret", within: .seconds(10), every: .milliseconds(5)) {
            simulator.lines.count { $0.contains("the secret was read again") } > told
        }
    }

    /// Rows of a query, with tabs between columns.
    func query(_ sql: String) async throws -> [[String]] {
        let arguments = ["psql", "-XAt", "-F", "\t", "-d", postgres.connection(database: "usher"), "-c", sql]
        let answer = try await Shell.run(arguments)
        guard answer.code == 0 else { throw Failure("psql: \(answer.error)") }
        return answer.output.split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    func count(_ sql: String) async throws -> Int {
        Int(try await query(sql).first?.first ?? "") ?? -1
    }

    /// Starts another simulated Cashier, for an account whose secret is in the folder. Returns its port.
    func startSimulator(merchant: String, secretFile: String) async throws -> Int {
        let arguments = Self.simulatorArguments(
            merchant: merchant,
            application: "A-2",
            secretFile: "\(folder)/\(secretFile)"
        )
        return try await Self.port(of: startProcess(arguments, name: "simulator-\(merchant)"))
    }

    /// `usher simulator` with windows to match those of the settings.
    private static func simulatorArguments(merchant: String, application: String, secretFile: String) -> [String] {
        [
            "simulator", "--port", "0", "--merchant-id", merchant, "--application-key", application,
            "--secret-file", secretFile, "--request-validity", "3s", "--clock-tolerance", "1s",
            "--held-for", "10s", "--late-after", "4s",
        ]
    }

    private static func port(of simulator: UsherProcess) async throws -> Int {
        let greeting = "listening on http://127.0.0.1:"
        try await eventually("the simulator listens", within: .seconds(20)) {
            simulator.lines.contains { $0.hasPrefix(greeting) }
        }
        let line = simulator.lines.first { $0.hasPrefix(greeting) } ?? ""
        guard let port = Int(line.dropFirst(greeting.count)) else { throw Failure("no port in: \(line)") }
        return port
    }

    /// Puts a file that only its owner reads into the folder, or another in its place, as deployments do it.
    func replacePrivate(_ name: String, _ text: String) throws {
        try Self.writePrivate("\(folder)/\(name).new", text)
        guard rename("\(folder)/\(name).new", "\(folder)/\(name)") == 0 else { throw Failure("rename \(name)") }
    }

    private static func writePrivate(_ path: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
    }

    private static func settings(_ folder: String, _ kafka: String, _ socket: String, _ port: Int) -> String {
        """
        kafka:
          bootstrap_servers: [\(kafka.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ", "))]
          jobs_topics: [{name: \(jobsTopic)}]
          results_topic: \(resultsTopic)
          session_timeout: 6s
          security: {protocol: plaintext}
        postgres: {host: "\(socket)", database: usher, user: usher}
        keys: {file: \(folder)/keys}
        accounts:
          main:
            endpoint: http://127.0.0.1:\(port)/cashier/virtual-terminal
            merchant_id: M-1
            application_key: A-1
            secret_file: \(folder)/secret
            allow_http_loopback: true
            clock_offset: 0s
            timeout: 2s
            connect_timeout: 1s
            concurrency_max: 500
        log: {level: info, format: text}

        """
    }
}

/// What a test's support could not do.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Waits until a condition holds. Records when it did not within the deadline.
func eventually(
    _ what: String,
    within deadline: Duration,
    every pause: Duration = .milliseconds(100),
    _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    while clock.now < end {
        if try await condition() { return }
        try await clock.sleep(for: pause)
    }
    throw Failure("not within \(deadline): \(what)")
}
