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
        let (account, kinds, after) = try await StoreAccess.with(context) {
            store,
            configuration -> (String, [HoldKind], AccountState?) in
            let account = try invocation.knownAccount(in: configuration).name
            let release = try await Operator.once(seenBy: AccountStatusVerb.line(of: account)) {
                try await store.releaseHolds(
                    account: account,
                    act: act,
                    endsOthers: invocation.flag("also-operator")
                )
            }
            switch release {
            case .released(let kinds):
                // It is released, whether or not what is true now can be asked.
                return (account, kinds, try? await store.accountStates([account], countMax: 1).first)
            case .refused(let hold): throw VerbError.ended(refusal(account, hold), .failure)
            }
        }
        let words = kinds.map(\.rawValue).sorted()
        try context.print(invocation.flag("json") ? json(account, words, after) : text(account, words, after))
        return .success
    }

    /// - Parameters:
    ///   - ended: what held it.
    ///   - after: how it stands since; nil when that could not be asked.
    static func text(_ account: String, _ ended: [String], _ after: AccountState?) -> String {
        guard !ended.isEmpty else { return "\(account) was not held." }
        let released = "\(account) is released (it was held by: \(ended.joined(separator: ", ")))."
        let status = "`\(AccountStatusVerb.line(of: account))`"
        guard let after else { return "\(released) \(status) tells whether its jobs start." }
        guard after.holds.isEmpty else { return "\(released) It is held again: \(status) tells why." }
        guard !after.reports.isEmpty else {
            return "\(released) No worker that runs has it: its jobs start once one does (`usher run`)."
        }
        return "\(released) Its jobs start within a second."
    }

    static func json(_ account: String, _ ended: [String], _ after: AccountState?) -> String {
        JSONWriter.object { writer in
            writer.member("account", account)
            writer.member("held", after?.holds.isEmpty == false)
            writer.member("ended", ended.joined(separator: ","))
            if let after { writer.member("has_worker", !after.reports.isEmpty) }
        }
    }

    /// What a person reads who would have ended somebody else's hold.
    static func refusal(_ account: String, _ hold: OperatorHold) -> String {
        "\(printable(hold.actor)) holds \(account) since \(hold.heldAt.dayAndTime): \(printable(hold.reason))\n"
            + "Nothing was changed. Ask them; --also-operator ends their hold with the rest."
    }
}
