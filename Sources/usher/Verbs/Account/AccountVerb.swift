import Terminal

/// `usher account`: what an operator asks of an account, and does to it.
enum AccountVerb {
    static let command = Command(
        "account",
        "see how accounts do, hold and release them, ask their provider",
        discussion: """
            An account is one set of the Cashier's credentials, named in the settings under `accounts`.
            """,
        verbs: [
            AccountStatusVerb.command, AccountHoldVerb.command, AccountReleaseVerb.command, ErrorsVerb.command,
            AccountProbeVerb.command,
        ]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        switch context.invocation.path.dropFirst().first {
        case "status": try await AccountStatusVerb.run(context)
        case "hold": try await AccountHoldVerb.run(context)
        case "release": try await AccountReleaseVerb.run(context)
        case "errors": try await ErrorsVerb.run(context)
        case "probe": try await AccountProbeVerb.run(context)
        default: preconditionFailure("the command tree has a verb that nothing runs: \(context.invocation.path)")
        }
    }
}
