import SessionCore

/// Accounts in which the last claims found no more jobs. Their room is not counted on: a claim that did would ask for
/// more than the others have room for, and their lanes would not be shared by weight. Pure.
struct IdleAccounts: Equatable, Sendable {
    private var names: Set<String> = []

    /// How many jobs the accounts have room for, those without any left out; unless no other has room, and it is time
    /// to ask these all the same.
    func room(of accounts: [AccountQuota], isDue: Bool) -> Int {
        let room = Self.sum(accounts.filter { !names.contains($0.account) })
        return room == 0 && isDue ? Self.sum(accounts) : room
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

    private static func sum(_ accounts: [AccountQuota]) -> Int {
        accounts.reduce(0) { min(1_000_000, $0 + $1.limit) }
    }
}
