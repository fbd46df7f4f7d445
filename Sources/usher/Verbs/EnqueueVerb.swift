import CLinux
import KafkaTransport
import Logs
import SessionCore
import Settings
import Terminal

/// `usher enqueue`.
enum EnqueueVerb {
    static let command = Command(
        "enqueue",
        "check jobs and put them on the jobs topic",
        discussion: """
            FILE holds one JSON object a line, or one object over several lines. Every line is checked as the worker
            would check it, before anything is sent; each bad one is told with its number, reason and field.
            Records get the order_id as their key and no headers.

            Jobs with a `campaign` go to the first of kafka.jobs_topics whose lane is campaign, or else auto; jobs
            without go to the first whose lane is interactive or auto. Where there is none, they go to the first of all.

            Should Kafka go away, FILE fail or grow, or a stop signal come (Ctrl-C, or the terminal going away), the
            last lines say where to go on: `--from-line N`. After a lost terminal they can only be read where output
            went to a file: `usher enqueue jobs.ndjson > enqueue.log 2>&1`.

            Exit code 65 also tells that --skip-bad left lines out.
            """,
        options: [
            .value("topic", "TOPIC", "Sends all jobs to this one of kafka.jobs_topics."),
            .flag("skip-bad", "Sends the good lines although others are bad."),
            .flag("dry-run", "Checks only: sends nothing, and needs no Kafka."),
            .value("from-line", "N", fallback: "1", "Sends jobs from this line on; all lines are checked."),
            CommandTree.json,
        ],
        arguments: [CommandArgument("FILE", "The jobs; `-` reads standard input, whose line 1 is where it stands.")],
        examples: [
            CommandExample("usher enqueue jobs.ndjson --dry-run", "see whether a file is fit to be sent"),
            CommandExample("usher enqueue jobs.ndjson", "send it"),
            CommandExample("crm-export | usher enqueue - --skip-bad --json", "send what a program writes"),
        ],
        exitCodes: [
            .success, .invalidData, .noInput, .unavailable, .ioError, .noPermission, .configuration, .interrupted,
        ]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let path = invocation.argument("FILE")
        let first = try invocation.integer("from-line", in: 1...Int.max) ?? 1
        let stop = StopSwitch()
        let signals = StopSignals { _ in stop.turn() }
        defer { withExtendedLifetime(signals) {} }
        let configuration = try context.load(checksFiles: false).configuration
        // Jobs hold personal data: none of it may end up in a core dump.
        _ = usher_forbid_dumps()
        let topics = try topics(invocation, configuration)
        let file = JobFile(path: path, rules: configuration.jobRules, stop: stop)
        var report = EnqueueReport(
            input: JobFile.name(of: path),
            topics: topics,
            lines: try await file.check(from: first)
        )
        if invocation.flag("dry-run") {
            report.ending = .checked
        } else if report.lines.bad > 0, !invocation.flag("skip-bad") {
            report.ending = .badLines
        }
        if !invocation.flag("json") { for note in report.notes { context.note(note) } }
        if report.ending != .badLines, let warning = report.warning { context.note(warning) }
        if report.ending == .done, report.lines.toSend > 0 {
            if !invocation.flag("json"), let plan = report.plan { context.note(plan) }
            try await send(file, configuration.kafka, stop, &report)
        }
        await file.close()
        try context.print(invocation.flag("json") ? report.json : report.summary.joined(separator: "\n"))
        return report.exitCode
    }

    /// Where jobs go: to the topics of the settings, or all to the one that was asked for. Throws `UsageError` for one
    /// that no worker of these settings reads.
    private static func topics(
        _ invocation: Invocation,
        _ configuration: Configuration
    ) throws(UsageError) -> TopicChoice {
        guard let name = invocation.value("topic") else {
            return TopicChoice(among: configuration.kafka.jobsTopics.map { TopicChoice.Topic($0) })
        }
        return TopicChoice(only: TopicChoice.Topic(try invocation.jobsTopic(name, in: configuration)))
    }

    private static func send(
        _ file: JobFile,
        _ kafka: Configuration.Kafka,
        _ stop: StopSwitch,
        _ report: inout EnqueueReport
    ) async throws {
        let log = Log(level: .error, format: .text)
        let settings = try kafka.transportSettings(log: log)
        // Asked first: a wrong name or password should be told at once and with what to do, not after minutes.
        let names = Set(report.shares.map(\.topic)).sorted()
        let cluster = try await ClusterProbe(settings, log: log).describe(topics: names)
        if let error = cluster.topics.compactMap(\.error).first { throw error }
        try await JobSender(settings: settings, topics: report.topics, stop: stop, log: log).send(file, &report)
    }
}
