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
        exitCodes: [.success, .unavailable, .tryAgain, .noPermission, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let act = try Operator.act(invocation)
        let (account, before) = try await StoreAccess.with(context) { store, configuration -> (String, OperatorHold?) in
            let account = try invocation.knownAccount(in: configuration).name
            let before = try await Operator.once(seenBy: AccountStatusVerb.line(of: account)) {
                try await store.placeHold(account: account, act: act)
            }
            return (account, before)
        }
        let text =
            invocation.flag("json")
            ? JSONWriter.object { writer in
                writer.member("account", account)
                writer.member("held", true)
                writer.member("held_before_by", before?.actor)
            }
            : Self.text(account, before)
        try context.print(text)
        return .success
    }

    /// What a person reads; `before` is another operator's hold that was taken over.
    static func text(_ account: String, _ before: OperatorHold?) -> String {
        let line = "usher account release \(ShellWord.quoted(account)) --reason 'why'"
        var lines = ["\(account) is held: none of its jobs starts. Release it: \(line)"]
        if let before {
            let since = "since \(before.heldAt.dayAndTime): \(printable(before.reason))"
            lines.append("\(printable(before.actor)) held it \(since)")
            lines.append("That hold is yours now: ask them before you release it.")
        }
        return lines.joined(separator: "\n")
    }
}
