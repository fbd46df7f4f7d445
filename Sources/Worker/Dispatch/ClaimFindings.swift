import SessionCore

/// What a claim tells of the jobs that are left. Pure.
struct ClaimFindings: Equatable, Sendable {
    /// How many jobs of each lane were due. What cannot be read was there all the same: behind it there may be more.
    private(set) var counts: [Lane: Int] = [:]
    /// Lanes that brought all that was asked for, of the lane or of one of its accounts: there may be more.
    private(set) var cutOff: Set<Lane> = []
    /// Lanes of which an account had no room and was not asked.
    private(set) var unasked: Set<Lane> = []
    /// Accounts that may have more jobs.
    private(set) var busy: Set<String> = []
    /// Accounts that have no more jobs of the lanes that were asked for.
    private(set) var quiet: Set<String> = []

    /// - Parameter isPartial: whether an account without room was left out.
    init(_ request: ClaimRequest, _ claim: Claim, isPartial: Bool) {
        let accounts = request.accounts
        let found = Self.count(claim.jobs, of: accounts)
        var unknown: Set<String> = []
        for lane in request.lanes {
            let own = found[Self.row(lane.lane, accounts.count)]
            let unreadable = claim.setAside[lane.lane, default: 0]
            let count = own.reduce(unreadable, +)
            let isFull = count >= lane.limit
            counts[lane.lane] = count
            if isFull { cutOff.insert(lane.lane) }
            if isPartial { unasked.insert(lane.lane) }
            for (account, taken) in zip(accounts, own) {
                let limit = lane.limit(of: account)
                if limit == 0 {
                    unasked.insert(lane.lane)
                    unknown.insert(account.account)
                } else if taken + unreadable >= limit {
                    cutOff.insert(lane.lane)
                    busy.insert(account.account)
                } else if unreadable > 0 || (isFull && taken > 0) {
                    busy.insert(account.account)
                } else if isFull, lane.limit < accounts.count {
                    // It may not have had its turn.
                    unknown.insert(account.account)
                }
            }
        }
        quiet = Set(accounts.map(\.account)).subtracting(busy).subtracting(unknown)
    }

    /// Whether there may be more jobs of a lane that was asked for.
    var isFull: Bool { !cutOff.isEmpty }

    /// Whether all of these lanes were asked for.
    func covers(_ lanes: [Lane]) -> Bool {
        lanes.allSatisfy { counts[$0] != nil }
    }

    /// How many jobs there are of each lane and account: a row of accounts for each lane.
    private static func count(_ jobs: [ClaimedJob], of accounts: [AccountQuota]) -> [Int] {
        var found = [Int](repeating: 0, count: Lane.allCases.count * accounts.count)
        var place = 0
        for job in jobs {
            // Nearly always it is the account of the one before.
            if accounts[place].account != job.order.account {
                guard let other = accounts.firstIndex(where: { $0.account == job.order.account }) else { continue }
                place = other
            }
            found[row(job.lane, accounts.count).lowerBound + place] += 1
        }
        return found
    }

    /// By the lane's number: they count from 0.
    private static func row(_ lane: Lane, _ accounts: Int) -> Range<Int> {
        let start = Int(lane.rawValue) * accounts
        return start..<(start + accounts)
    }
}
