import SessionCore

/// Where to look for jobs whose time is over, in the queues of accounts of which nothing is claimed. Pure.
///
/// The queue has no order by `not_after`: it is walked through, a slice at a time, so that a look costs the same
/// however many wait.
struct ExpirySweep {
    /// Due jobs that one look takes.
    static let slice = 1_000
    /// From the beginning of a walk through an account's queue to that of the next, at least.
    static let walkEvery = Duration.seconds(10)

    private struct Walk {
        var began: Duration
        /// nil: it is over.
        var place: QueuePlace?
    }

    private var walks: [String: Walk] = [:]

    /// Forgets how far it was in the queues of all accounts but these.
    mutating func keep(_ accounts: [String]) {
        walks = walks.filter { accounts.contains($0.key) }
    }

    /// Where to look next; nil: the account's queue was walked through a moment ago.
    mutating func place(in account: String, at uptime: Duration) -> QueuePlace? {
        if let walk = walks[account] {
            if let place = walk.place { return place }
            if uptime < walk.began + Self.walkEvery { return nil }
        }
        let walk = Walk(began: uptime, place: Lane.allCases.first.map { QueuePlace.start(of: $0) })
        walks[account] = walk
        return walk.place
    }

    /// A slice that began behind `place` was looked at; `next` as in `OverdueClaim`.
    mutating func looked(behind place: QueuePlace, of account: String, next: QueuePlace?) {
        let nextLane = Lane(rawValue: place.lane.rawValue + 1)
        walks[account]?.place = next ?? nextLane.map { QueuePlace.start(of: $0) }
    }
}
