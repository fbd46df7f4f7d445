import CashierSimulator
import KafkaTransport
import Logs
import PostgresStore
import SessionCore
import Terminal
import Worker

/// `usher dev`.
enum DevVerb {
    static let command = Command(
        "dev",
        "run everything embedded and watch the sample jobs go through",
        discussion: """
            Starts an embedded Kafka, a throw-away Postgres, the Cashier simulator and a worker, enqueues the
            sample jobs, and ends with a table of what became of each. Nothing stays behind: no process, no
            folder, no port.

            The windows for unknown outcomes are shortened to seconds here; with a real provider they are a minute.
            """,
        options: [
            CommandTree.json, .flag("stay", "Keeps everything running and prints the addresses, until Ctrl-C."),
            .value(
                "jobs",
                "FILE",
                "The jobs to enqueue, one JSON object a line. Default: the samples (docs/examples/jobs.ndjson)."
            ),
            .value("faults", "PLAN", "Faults of the simulator, such as `503=5%,latency=200ms` (docs/SIMULATOR.md)."),
        ],
        examples: [
            CommandExample("usher dev", "see the sample jobs go through"),
            CommandExample("usher dev --stay", "and then try kcat, curl and the other verbs against it"),
        ],
        exitCodes: [.success, .failure, .noInput, .unavailable]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let file = context.invocation.value("jobs")
        let ndjson = try file.map { try FileAccess.read($0) } ?? Array(SampleJobs.text.utf8)
        let faults = try context.invocation.value("faults").map { try FaultPlan(parsing: $0) } ?? FaultPlan()
        let stop = StopSwitch()
        let signals = StopSignals { _ in stop.turn() }
        defer { withExtendedLifetime(signals) {} }
        context.note("starting everything that Usher needs, embedded:")
        let environment = try await DevEnvironment.start(context, faults: faults) { context.note("  \($0)") }
        let ending: Result<ExitCode, any Error>
        do {
            ending = .success(try await work(environment, ndjson, file, stop, context))
        } catch {
            ending = .failure(error)
        }
        await environment.stop()
        if stop.isTurned { context.note("stopped; nothing is left behind") }
        return try ending.get()
    }

    private static func work(
        _ environment: DevEnvironment,
        _ ndjson: [UInt8],
        _ file: String?,
        _ stop: StopSwitch,
        _ context: VerbContext
    ) async throws -> ExitCode {
        let session = try await DevSession.start(environment)
        context.note("  Usher      a worker, group \(environment.configuration.kafka.groupID)")
        let ending: Result<ExitCode, any Error>
        do {
            ending = .success(try await show(session, ndjson, file, stop, context))
        } catch {
            ending = .failure(error)
        }
        await session.stop()
        return try ending.get()
    }

    private static func show(
        _ session: DevSession,
        _ ndjson: [UInt8],
        _ file: String?,
        _ stop: StopSwitch,
        _ context: VerbContext
    ) async throws -> ExitCode {
        let samples = SampleJobs(ndjson: ndjson, rules: session.environment.configuration.jobRules)
        context.note("\nenqueueing \(samples.lines.count) sample jobs" + (file.map { " from \($0)" } ?? ""))
        try await session.enqueue(samples)
        let isComplete = try await session.follow(samples.lines.count, stop)
        if stop.isTurned { return .interrupted }
        try await printReport(session, samples, context)
        if context.invocation.flag("stay") {
            try context.print(session.addresses)
            while !stop.isTurned { try await ContinuousClock().sleep(for: .milliseconds(100)) }
        } else {
            if !context.invocation.flag("json") { try context.print(Self.more) }
        }
        return isComplete ? .success : .failure
    }

    private static func printReport(
        _ session: DevSession,
        _ samples: SampleJobs,
        _ context: VerbContext
    ) async throws {
        let results = try await session.readResults()
        let report = DevReport(samples: samples, results: results)
        if context.invocation.flag("json") { return try context.print(report.json) }
        try context.print("")
        for line in report.table(width: StandardStream.output.terminalWidth) { try context.print(line) }
        let opened = results.filter { $0.outcome == .opened }
        let orders = Set(opened.map(\.order.orderID)).count
        let sessions = session.environment.simulator.statistics().sessionsOpened
        let lost = sessions - orders
        let verdict =
            lost == 0
            ? "no order was opened twice"
            : "\(lost) more were opened whose answer was lost; nobody got their links"
        try context.print("\n\(orders) orders got their link, \(sessions) sessions were opened: \(verdict).")
    }

    private static var more: String {
        """

        Where to go from here:
          usher dev --stay              keep everything running, with addresses for kcat and curl
          usher dev --faults '503=20%'  the same with a provider that is unwell
          usher COMMAND --help          what each command does; `usher --help` lists them
          docs/CRM.md                   how a CRM enqueues jobs and reads results
        """
    }
}
