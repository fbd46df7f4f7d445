import PostgresStore
import SessionCore
import Settings
import Terminal

/// `usher position set`.
enum PositionSetVerb {
    static let command = Command(
        "set",
        "put a partition's position elsewhere, so that a stopped partition is read on",
        discussion: """
            For a partition that no worker reads on: its next records were deleted, its topic was made anew, or a batch
            is damaged. A worker that had stopped there goes on from the new position within seconds. The change and
            its line in the audit are one transaction; if the position has moved meanwhile, nothing is changed.

            OFFSET is a number, or `first` for the first record that Kafka still has, or `end` for behind the last.
            Back is safe in the same topic: what was taken in before is recognised, and nothing of it is sent again. A
            topic that was made anew had better get a new name: of its records that are no good, those at offsets where
            the old one had some are neither kept nor answered. Forward over records that Kafka still has needs
            --skip-records: jobs among them may never be taken in.

            A damaged batch must be passed over whole: at an offset inside it the partition stops again. The workers'
            log says where the next record is that can be read. Where it says nothing, Kafka's `kafka-dump-log.sh` on
            the partition's files tells where the batch ends; or try growing offsets.
            """,
        options: [
            .flag("skip-records", "also over records that Kafka still has, such as a damaged batch."), Operator.reason,
            Operator.person, CommandTree.json,
        ],
        arguments: [
            CommandArgument("TOPIC", "which jobs topic."), CommandArgument("PARTITION", "its number."),
            CommandArgument("OFFSET", "the next offset to be taken in, `first` or `end`."),
        ],
        examples: [
            CommandExample(
                "usher position set vt.session.jobs 3 first --reason 'retention was too short'",
                "read on with what is left"
            )
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
        let (partition, before, after) = try await StoreAccess.with(context) { store, configuration in
            let topics = try invocation.jobsTopics(in: configuration)
            let standings = try await PositionQuestions.standings(of: topics, store, configuration)
            let standing = try named(invocation, among: standings)
            let after = try await carryOut(change, standing, act, store)
            return (standing.partition, standing.position, after)
        }
        try context.print(
            invocation.flag("json") ? json(partition, before, after) : text(partition, before, after)
        )
        return .success
    }

    private static func named(
        _ invocation: Invocation,
        among standings: [PartitionStanding]
    ) throws(UsageError) -> PartitionStanding {
        let text = invocation.argument("PARTITION")
        if let standing = standings.first(where: { String($0.partition.partition) == text }) { return standing }
        throw UsageError(
            path: invocation.path,
            message: "the topic has \(OrderWords.counted(standings.count, "partition")), counted from 0; "
                + "there is no \(printable(text))"
        )
    }

    /// Returns where the partition stands now. Throws `VerbError` where nothing was changed.
    private static func carryOut(
        _ change: PositionChange,
        _ standing: PartitionStanding,
        _ act: OperatorAct,
        _ store: PostgresStore
    ) async throws -> Int64 {
        let list = "usher position list \(ShellWord.quoted(standing.partition.topic))"
        switch change.plan(standing) {
        case .stays:
            return standing.position ?? standing.first
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
            return after
        }
    }

    private static func text(_ partition: TopicPartition, _ before: Int64?, _ after: Int64) -> String {
        let place = "\(partition.topic)[\(partition.partition)]"
        guard before != after else { return "\(place) stands at \(after) already: nothing was changed." }
        let then = before.map { "it stood at \($0)" } ?? "it had none"
        return "\(place) stands at \(after) (\(then)). A worker that had stopped there goes on within seconds."
    }

    private static func json(_ partition: TopicPartition, _ before: Int64?, _ after: Int64) -> String {
        JSONWriter.object { writer in
            writer.member("topic", partition.topic)
            writer.member("partition", Int(partition.partition))
            writer.member("before", before)
            writer.member("position", after)
        }
    }
}
