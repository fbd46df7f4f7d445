import PostgresStore
import SessionCore
import Terminal

/// `usher account hold`.
enum AccountHoldVerb {
    static let command = Command(
        "hold",
        "start no more jobs of an account, until it is released",
        discussion: """
            In force in every worker at once: what is in flight is finished, what waits keeps waiting and spends no
            attempt, what comes in is stored. The hold and its line in the audit are one transaction.
            """,
        options: [Operator.reason, Operator.person, CommandTree.json],
        arguments: [CommandArgument("ACCOUNT", "which account.")],
        examples: [CommandExample("usher account hold main --reason 'contract ended'", "until somebody releases it")],
        exitCodes: [.success, .unavailable, .noPermission, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let act = try Operator.act(invocation)
        let account = try await StoreAccess.with(context) { store, configuration in
            let account = try invocation.knownAccount(in: configuration).name
            try await Operator.once(seenBy: AccountStatusVerb.line(of: account)) {
                try await store.placeHold(account: account, act: act)
            }
            return account
        }
        let text =
            invocation.flag("json")
            ? JSONWriter.object { writer in
                writer.member("account", account)
                writer.member("held", true)
            }
            : "\(account) is held: none of its jobs starts. Release it: "
                + "usher account release \(ShellWord.quoted(account)) --reason 'why'"
        try context.print(text)
        return .success
    }
}
