import PostgresStore
import SessionCore
import Terminal

/// `usher account release`.
enum AccountReleaseVerb {
    static let command = Command(
        "release",
        "let an account's jobs start again",
        discussion: """
            Ends what a fault, maintenance or a delay holds, and a hold that you placed yourself. What caused it may
            cause it again: a wrong secret holds the account anew with the first answer. Its line in the audit is one
            transaction with it.

            While another operator holds the account nothing is changed, and it ends with 1 and says who, since when and
            why: they may know something that you do not. --also-operator ends their hold with the rest. Another is who
            has another name in the audit, be it of the same person on another machine.
            """,
        options: [
            Operator.reason, Operator.person,
            .flag("also-operator", "ends the hold of another operator, too. Ask them first."), CommandTree.json,
        ],
        arguments: [CommandArgument("ACCOUNT", "which account.")],
        examples: [
            CommandExample("usher account release main --reason 'secret corrected'", "do not wait for a trial"),
            CommandExample(
                "usher account release main --also-operator --reason 'ben agrees'",
                "what somebody else holds as well"
            ),
        ],
        exitCodes: [.success, .failure, .unavailable, .tryAgain, .noPermission, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let act = try Operator.act(invocation)
        let (account, kinds) = try await StoreAccess.with(context) { store, configuration -> (String, [HoldKind]) in
            let account = try invocation.knownAccount(in: configuration).name
            let release = try await Operator.once(seenBy: AccountStatusVerb.line(of: account)) {
                try await store.releaseHolds(
                    account: account,
                    act: act,
                    endsOthers: invocation.flag("also-operator")
                )
            }
            switch release {
            case .released(let kinds): return (account, kinds)
            case .refused(let hold): throw VerbError.ended(refusal(account, hold), .failure)
            }
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

    /// What a person reads who would have ended somebody else's hold.
    static func refusal(_ account: String, _ hold: OperatorHold) -> String {
        "\(printable(hold.actor)) holds \(account) since \(hold.heldAt.dayAndTime): \(printable(hold.reason))\n"
            + "Nothing was changed. Ask them; --also-operator ends their hold with the rest."
    }
}
