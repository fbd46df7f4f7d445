import KafkaTransport
import Logs
import PostgresStore
import SessionCore
import Terminal
import Worker

/// A worker in a `DevEnvironment`, and what `usher dev` does with it.
final class DevSession: Sendable {
    let environment: DevEnvironment
    private let assembly: WorkerAssembly
    private let worker: RealWorker
    private let work: Task<Void, any Error>
    private let rules: Task<Void, Never>
    private let log: Log

    private init(_ environment: DevEnvironment, _ assembly: WorkerAssembly, _ worker: RealWorker, _ log: Log) {
        self.environment = environment
        self.assembly = assembly
        self.worker = worker
        self.log = log
        work = Task { try await worker.run() }
        rules = Task { await assembly.errorRules.run() }
    }

    /// Makes the schema and starts the worker.
    static func start(_ environment: DevEnvironment) async throws -> DevSession {
        let log = RunVerb.logger(environment.configuration)
        try await environment.postgres.createDatabase("usher")
        var assembly = try WorkerAssembly(environment.configuration, log: log)
        // The embedded broker sits out a fetch's waiting time even when records have come.
        assembly.kafka.fetchWaitMs = 10
        _ = try await assembly.store.migrate()
        try await KeyCheck.require(assembly.store, file: environment.configuration.keysFile.path, log: log)
        try await assembly.errorRules.load(until: { false })
        return DevSession(environment, assembly, try assembly.makeWorker(), log)
    }

    func stop() async {
        worker.stop()
        // What ended the worker was logged by it.
        _ = await work.result
        rules.cancel()
        await rules.value
        await assembly.store.close()
    }

    /// Writes the samples as records; a line that names no order gets a key that says so.
    func enqueue(_ samples: SampleJobs) async throws {
        let producer = try RecordProducer(assembly.kafka, log: log)
        let records = samples.lines.map { line in
            let orderID = line.job?.order.orderID ?? line.refusal?.order?.orderID ?? "unreadable"
            return NewRecord(topic: DevEnvironment.jobsTopic, key: Array(orderID.utf8), value: line.value)
        }
        // One after the other: the samples tell a story in their order.
        for record in records { await producer.send([record]) }
        let summary = await producer.finish(timeout: .seconds(10))
        guard summary.failed == 0 else {
            throw VerbError.ended("\(summary.failed) sample jobs could not be enqueued", .unavailable)
        }
    }

    /// Shows progress until every record has its answer. False when the worker ended or two minutes went by.
    func follow(_ total: Int, _ stop: StopSwitch) async throws -> Bool {
        var progress = ProgressLine(unit: "jobs", total: total)
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(120)
        var done = 0
        while clock.now < deadline, !stop.isTurned {
            let counts = worker.activity.snapshot
            let ended = counts.ended.values.reduce(0, +)
            let answered = counts.duplicates + counts.conflicts + counts.quarantined
            done = ended + answered
            progress.update(done: done)
            if done >= total, try await assembly.store.backlog().oldestUnpublished == nil { break }
            try await clock.sleep(for: .milliseconds(50))
        }
        progress.finish(done: done)
        return done >= total
    }

    /// Everything on the results topic, decoded.
    func readResults() async throws -> [SessionResult] {
        let request = ResultReader.Request(topic: DevEnvironment.resultsTopic, start: .beginning, follows: false)
        let reader = ResultReader(assembly.kafka, request, log: log)
        var results: [SessionResult] = []
        while let records = try await reader.next() {
            for record in records { results.append(try ResultCodec.decode(record.value ?? [])) }
        }
        await reader.close()
        return results
    }

    /// How to reach the parts from another terminal.
    var addresses: String {
        let kafka = environment.kafka.bootstrapServers
        let port = environment.simulator.port
        return """

            Everything is running. From another terminal:
              usher show ORDER -c \(environment.settingsFile)
              usher results --follow -c \(environment.settingsFile)
              kcat -b \(kafka) -C -t \(DevEnvironment.resultsTopic) -o beginning -e -f '%k %h\\n'
              curl -s http://127.0.0.1:\(port)/stats
              psql '\(environment.postgres.connection(database: "usher"))'
            Ctrl-C ends it and leaves nothing behind.
            """
    }
}
