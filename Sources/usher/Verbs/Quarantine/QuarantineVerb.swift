import Terminal

/// `usher quarantine`.
enum QuarantineVerb {
    static let command = Command(
        "quarantine",
        "look at a record that never became a job",
        discussion: """
            A record that cannot become a job is kept apart, with the reason, and its partition goes on. `usher list
            --quarantine` lists such records.
            """,
        verbs: [QuarantineShowVerb.command]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        switch context.invocation.path.dropFirst().first {
        case "show": try await QuarantineShowVerb.run(context)
        default: preconditionFailure("the command tree has a verb that nothing runs: \(context.invocation.path)")
        }
    }
}
