import PostgresStore
import SessionCore
import Terminal

/// `usher account release`.
enum AccountReleaseVerb {
    static let command = Command(
        "release",
        "let an account's jobs start again, whatever holds it",
        discussion: """
            Ends every hold: an operator's, a fault's, maintenance, a delay. What caused it may cause it again: a wrong
            secret holds the account anew with the first answer. Its line in the audit is one transaction with it.
            """,
        options: [Operator.reason, Operator.person, CommandTree.json],
        arguments: [CommandArgument("ACCOUNT", "which account.")],
        examples: [CommandExample("usher account release main --reason 'secret corrected'", "do not wait for a trial")],
        exitCodes: [.success, .unavailable, .noPermission, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let act = try Operator.act(invocation)
        let (account, kinds) = try await StoreAccess.with(context) { store, configuration in
            let account = try invocation.knownAccount(in: configuration).name
            let kinds = try await Operator.once(seenBy: AccountStatusVerb.line(of: account)) {
                try await store.releaseHolds(account: account, act: act)
            }
            return (account, kinds)
        }
        let words = kinds.map(\.rawValue).sorted()
        guard !invocation.flag("json") else {
            let text = JSONWriter.object { writer in
                writer.member("account", account)
                writer.member("held", false)
                writer.member("ended", words.joined(separator: ","))
            }
            try context.print(text)
            return .success
        }
        let list = words.joined(separator: ", ")
        try context.print(
            words.isEmpty
                ? "\(account) was not held."
                : "\(account) is released (it was held by: \(list)). Its jobs start within a second."
        )
        return .success
    }
}
