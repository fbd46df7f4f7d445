import SessionCore
import Terminal

/// `usher account status`.
enum AccountStatusVerb {
    static let command = Command(
        "status",
        "what holds each account",
        options: [CommandTree.json],
        arguments: [CommandArgument("ACCOUNT", "only this one.", .optional)],
        examples: [CommandExample("usher account status", "all accounts of the settings")],
        exitCodes: [.success, .failure, .unavailable, .noPermission, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let names = try context.load(checksFiles: false).configuration.accounts.keys.sorted()
        try context.print(names.joined(separator: "\n"))
        return .success
    }
}
