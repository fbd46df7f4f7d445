import PostgresStore
import SessionCore
import Settings
import Terminal

/// `usher position set`.
enum PositionSetVerb {
    static let command = Command(
        "set",
        "put a partition's position elsewhere: to read on where it stopped, or to pass records over",
        discussion: """
            For a partition that no worker reads on (its next records were deleted, its topic was made anew, or a batch
            is damaged), and for records that must not become jobs. From then on nothing before OFFSET is taken in,
            wherever Kafka's position is. The worker that has the partition goes there within seconds, whether it reads,
            had stopped or is paused; without one, the next that gets it begins there. What became a job before stays
            one. The change and its line in the audit are one transaction; if the position has moved meanwhile, nothing
            is changed: it rests where no worker runs, or where the topic is paused at its `backlog_max`.

            OFFSET is a number, or `first` for the first record that Kafka still has, or `end` for behind the last.
            Forward over records that Kafka still has needs --skip-records: jobs among them are not taken in, unless the
            position is put back.

            Back in the same topic, what became a job is recognised by its order, and nothing of it is sent again; but
            records that name no account, and are of another one since `default_account` changed, are other orders.
            What was quarantined, answered with `rejected` or not, is judged by today's settings and program: it may
            become a job now, and one record then has two answers. `usher list --quarantine` lists such records.
            A topic that was made anew had better get a new name: of its records that are no good, those at offsets
            where the old one had some are neither kept nor answered.

            A damaged batch must be passed over whole: at an offset inside it the partition stops again. Kafka's
            `kafka-dump-log.sh` on the partition's files tells where the batch ends; or try growing offsets.
            """,
        options: [
            .flag("skip-records", "also over records that Kafka still has: unwanted ones, or a damaged batch."),
            Operator.reason, Operator.person, CommandTree.json,
        ],
        arguments: [
            CommandArgument("TOPIC", "which jobs topic."), CommandArgument("PARTITION", "its number."),
            CommandArgument("OFFSET", "the next offset to be taken in, `first` or `end`."),
        ],
        examples: [
            CommandExample(
                "usher position set vt.session.jobs 3 first --reason 'retention was too short'",
                "read on with what is left"
            ),
            CommandExample(
                "usher position set vt.session.jobs.bulk 0 end --skip-records --reason 'sent by mistake'",
                "take in nothing of what waits"
            ),
        ],
        exitCodes: [.success, .failure, .unavailable, .tryAgain, .noPermission, .configuration]
    )

    /// As it is typed for a partition.
    static func line(of partition: TopicPartition, offset: String) -> String {
        "usher position set \(ShellWord.quoted(partition.topic)) \(partition.partition) \(offset) --reason 'why'"
    }

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let act = try Operator.act(invocation)
        guard let target = PositionChange.Target(invocation.argument("OFFSET")) else {
            throw UsageError(path: invocation.path, message: "OFFSET must be a number, `first` or `end`")
        }
        let change = PositionChange(target: target, maySkip: invocation.flag("skip-records"))
        let report = try await StoreAccess.with(context) { store, configuration in
            let topics = try invocation.jobsTopics(in: configuration)
            let places = try await PositionQuestions.partitions(of: topics, configuration)
            let place = try named(invocation, among: places)
            let standings = try await PositionQuestions.standings(of: [place], store, configuration)
            guard let standing = standings.told.first else {
                let words = standings.untold.first?.words ?? "not there any more"
                throw VerbError.ended(
                    "\(place.topic)[\(place.partition)] is \(words); nothing was changed",
                    .unavailable
                )
            }
            return try await carryOut(change, standing, act, store)
        }
        try context.print(invocation.flag("json") ? report.json : report.text)
        return .success
    }

    private static func named(
        _ invocation: Invocation,
        among places: [TopicPartition]
    ) throws(UsageError) -> TopicPartition {
        let text = invocation.argument("PARTITION")
        if let place = places.first(where: { String($0.partition) == text }) { return place }
        throw UsageError(
            path: invocation.path,
            message: "the topic has \(OrderWords.counted(places.count, "partition")), counted from 0; "
                + "there is no \(printable(text))"
        )
    }

    /// Throws `VerbError` where nothing was changed that was to be.
    private static func carryOut(
        _ change: PositionChange,
        _ standing: PartitionStanding,
        _ act: OperatorAct,
        _ store: PostgresStore
    ) async throws -> PositionSetReport {
        let list = "usher position list \(ShellWord.quoted(standing.partition.topic))"
        switch change.plan(standing) {
        case .stays(let offset):
            return PositionSetReport(partition: standing.partition, before: offset, after: offset, isChanged: false)
        case .outside:
            let range = "\(standing.first) to \(standing.end)"
            throw VerbError.ended("OFFSET must be \(range): Kafka has nothing else there; see `\(list)`", .failure)
        case .skips(let count):
            let records = "\(OrderWords.counted(Int(count), "record")) that Kafka still has"
            throw VerbError.ended(
                "\(records) would be passed over, and their jobs never taken in; if that is meant: --skip-records",
                .failure
            )
        case .moves(let before, let after):
            let isMoved = try await Operator.once(seenBy: list) {
                try await store.movePosition(of: standing.partition, from: before, to: after, act: act)
            }
            guard isMoved else {
                throw VerbError.ended("the position has moved meanwhile; nothing was changed: see `\(list)`", .tryAgain)
            }
            return PositionSetReport(partition: standing.partition, before: before, after: after, isChanged: true)
        }
    }
}
