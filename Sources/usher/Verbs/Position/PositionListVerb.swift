import Terminal

/// `usher position list`.
enum PositionListVerb {
    static let command = Command(
        "list",
        "how far each partition was taken in, and what waits in it",
        discussion: """
            POSITION is the database's, KAFKA'S what the consumer group has committed, which may be behind it. FIRST is
            the first offset that Kafka still has, END the one that the next record will get. WAITING counts the offsets
            from where a worker that gets the partition begins: at the smaller of POSITION and KAFKA'S, but nowhere
            before where `position set` put it. It may be more than there are records, and records that were taken in
            may be among them, which is without effect. `none`: nothing was taken in yet.

            A partition whose position is not between FIRST and END is not read on by any worker: records were deleted
            before they were taken in, or the topic was made anew. Then this ends with 1. Where producers use
            transactions, the mark at the end of each takes an offset as well, and after retention a partition may look
            like that which was taken in whole: offsets do not tell marks from records. A partition that stopped at a
            damaged batch is told by the workers' logs.

            A partition that no broker leads, or that does not answer while others do, has `?` for what is not known of
            it, in JSON `unknown` with `no_leader` or `failed`; this ends with 1 then as well.
            """,
        options: [CommandTree.json],
        arguments: [CommandArgument("TOPIC", "only this one.", .optional)],
        examples: [
            CommandExample("usher position list", "all jobs topics of the settings"),
            CommandExample(
                "usher position list --json | jq '[.partitions[].waiting] | add'",
                "what waits, for a script"
            ),
        ],
        exitCodes: [.success, .failure, .unavailable, .tryAgain, .noPermission, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let report = try await StoreAccess.with(context) { store, configuration in
            let topics = try invocation.jobsTopics(in: configuration)
            let standings = try await PositionQuestions.standings(of: topics, store, configuration)
            return PositionListReport(standings: standings.told, untold: standings.untold)
        }
        let width = StandardStream.output.terminalWidth
        try context.print(
            invocation.flag("json") ? report.json : report.lines(width: width).joined(separator: "\n")
        )
        return report.isAllWell ? .success : .failure
    }
}
