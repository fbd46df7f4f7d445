import Terminal

/// `usher position`: how far the work is with the partitions of the jobs topics.
enum PositionVerb {
    static let command = Command(
        "position",
        "see how far the jobs topics were taken in, and put a partition's position right",
        discussion: """
            A partition's position is the offset of the next record to be taken in. The database has it, and moves it
            in the transaction that accounts for the records before it.
            """,
        verbs: [PositionListVerb.command, PositionSetVerb.command]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        switch context.invocation.path.dropFirst().first {
        case "list": try await PositionListVerb.run(context)
        case "set": try await PositionSetVerb.run(context)
        default: preconditionFailure("the command tree has a verb that nothing runs: \(context.invocation.path)")
        }
    }
}
