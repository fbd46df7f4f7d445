import PostgresStore
import SessionCore
import Terminal

/// `usher account errors list`.
enum ErrorsListVerb {
    static let command = Command(
        "list",
        "the rules in force, and the codes that came and were not listed",
        discussion: """
            Rules are tried from top to bottom; the first that fits holds. Those that operators set come first, with who
            set them, when and why.
            """,
        options: [CommandTree.json],
        arguments: [CommandArgument("ACCOUNT", "only what holds for this one.", .optional)],
        examples: [
            CommandExample("usher account errors list", "of all accounts"),
            CommandExample("usher account errors list main --json | jq '.unlisted'", "what should be taught"),
        ],
        exitCodes: [.success, .unavailable, .tryAgain, .noPermission, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let asked = context.invocation.optionalArgument("ACCOUNT")
        let report = try await StoreAccess.with(context) { store, configuration in
            if let asked, configuration.accounts[asked] == nil {
                throw context.invocation.unknownAccount(asked, in: configuration)
            }
            return ErrorListReport(
                stored: try await store.errorTable(),
                unlisted: try await store.unlistedCodes(account: asked),
                accounts: asked.map { [$0] } ?? configuration.accounts.keys.sorted(),
                isOneAccount: asked != nil
            )
        }
        if context.invocation.flag("json") {
            try context.print(report.json)
        } else {
            try context.print(report.lines(width: StandardStream.output.terminalWidth).joined(separator: "\n"))
        }
        return .success
    }
}
