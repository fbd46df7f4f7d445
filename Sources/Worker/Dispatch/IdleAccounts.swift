import SessionCore

/// Accounts in which the last claims found no more jobs. Their room is not counted on: a claim that did would ask for
/// more than the others have room for, and their lanes would not be shared by weight. Pure.
struct IdleAccounts: Equatable, Sendable {
    private var names: Set<String> = []

    /// How many jobs the accounts have room for, those without any left out; unless no other has room, and it is time
    /// to ask these all the same. `past`: how many jobs of agents past others, likewise.
    func room(of accounts: [AccountQuota], isDue: Bool) -> (jobs: Int, past: Int) {
        let others = accounts.filter { !names.contains($0.account) }
        let jobs = Self.sum(others, \.limit)
        let past = Self.sum(others, \.past)
        guard isDue else { return (jobs, past) }
        return (jobs > 0 ? jobs : Self.sum(accounts, \.limit), past > 0 ? past : Self.sum(accounts, \.past))
    }

    /// - Parameter lanes: those that may have jobs waiting.
    mutating func claimed(_ findings: ClaimFindings, busy lanes: [Lane]) {
        names.subtract(findings.busy)
        if findings.covers(lanes) { names.formUnion(findings.quiet) }
    }

    /// Jobs of these accounts were stored that wait.
    mutating func stored(_ accounts: [String]) {
        names.subtract(accounts)
    }

    private static func sum(_ accounts: [AccountQuota], _ room: (AccountQuota) -> Int) -> Int {
        accounts.reduce(0) { min(1_000_000, $0 + room($1)) }
    }
}
