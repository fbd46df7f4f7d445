import Terminal

/// `usher account errors`: the error table, seen, tried and changed.
enum ErrorsVerb {
    static let command = Command(
        "errors",
        "what the Cashier's error codes mean: see it, try it, teach a new one",
        discussion: """
            Every answer that is no success is judged by the error table: the account's own rules first, then the
            standard ones. A rule that is set holds in every running worker within five seconds; nothing is restarted.
            `docs/ERRORS.md` explains the classes and the language of text patterns.
            """,
        verbs: [
            ErrorsListVerb.command, ErrorsTestVerb.command, ErrorsSetVerb.command, ErrorsRevertVerb.command,
        ]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        switch context.invocation.path.last {
        case "list": try await ErrorsListVerb.run(context)
        case "test": try await ErrorsTestVerb.run(context)
        case "set": try await ErrorsSetVerb.run(context)
        case "revert": try await ErrorsRevertVerb.run(context)
        default: preconditionFailure("the command tree has a verb that nothing runs: \(context.invocation.path)")
        }
    }
}
