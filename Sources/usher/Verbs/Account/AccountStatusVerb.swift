import PostgresStore
import Settings
import Terminal

/// `usher account status`.
enum AccountStatusVerb {
    static let command = Command(
        "status",
        "what holds each account, what waits for it, and what the workers see of it",
        discussion: """
            An account is held when its jobs do not start: because an operator said so, because the Cashier refuses it
            as it is set up (wrong secret, address not whitelisted, clock), because the Cashier is under maintenance,
            or because the Cashier said how long to wait. Held jobs wait and spend no attempt. Faults and maintenance
            end by themselves: one trial call an interval (breaker.trial_interval) finds out.

            Without ACCOUNT it also lists accounts as UNKNOWN: jobs of theirs wait, but neither these settings have them
            nor a worker that runs. Put such an account back under `accounts` as it was until its orders have ended.

            Counting what waits stops at \(grouped(countMax)) jobs of an account's lane, those that are due first: then
            it says `or more`, and in JSON waiting_is_cut, due_is_cut or parked_is_cut is true.

            Orders that wait for an operator (`usher decide`) are among those that wait, and told by themselves as well:
            parked in JSON.

            Ends with 1 when an account that it lists is held or UNKNOWN, or has jobs that are due and no worker that
            runs: has_worker is false in JSON then. A worker that was killed counts for 15 s more.
            """,
        options: [CommandTree.json],
        arguments: [CommandArgument("ACCOUNT", "only this one.", .optional)],
        examples: [
            CommandExample("usher account status", "all accounts of the settings"),
            CommandExample("usher account status main --json | jq '.accounts[].holds'", "for a script"),
        ],
        exitCodes: [.success, .failure, .unavailable, .tryAgain, .noPermission, .configuration]
    )

    /// Counting what waits of a lane ends here.
    private static let countMax = 1_000_000

    /// As it is typed for one account.
    static func line(of account: String) -> String {
        "usher account status \(ShellWord.quoted(account))"
    }

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let report = try await StoreAccess.with(context) { store, configuration in
            let named = invocation.optionalArgument("ACCOUNT") != nil
            let accounts =
                named ? [try invocation.knownAccount(in: configuration).name] : configuration.accounts.keys.sorted()
            let unserved = try await named ? [] : store.unserved(besides: accounts).map(\.name)
            let states = try await store.accountStates(accounts + unserved, countMax: countMax)
            return AccountStatusReport(states: states, unserved: Set(unserved))
        }
        try context.print(invocation.flag("json") ? report.json : report.lines.joined(separator: "\n"))
        return report.areAllWell ? .success : .failure
    }
}
