import SessionCore

/// Where to look for jobs whose time is over, in the queues of accounts of which nothing is claimed. Pure.
///
/// A queue has no order by `not_after`: it is walked through, a slice at a time, so that a look costs the same however
/// many wait. Each lane has a walk of its own: an agent's job waits for none through a campaign's.
struct ExpirySweep {
    /// Due jobs that one look takes.
    static let slice = 1_000
    /// From the beginning of a walk through a lane to that of the next, at least.
    static let walkEvery = Duration.seconds(10)

    private struct Queue: Hashable {
        var account: String
        var lane: Lane
    }

    private struct Walk {
        var began: Duration
        /// nil: it is over.
        var place: QueuePlace?
    }

    private var walks: [Queue: Walk] = [:]

    /// Forgets how far it was in the queues of all accounts but these.
    mutating func keep(_ accounts: [String]) {
        walks = walks.filter { accounts.contains($0.key.account) }
    }

    /// Where to look next, one place a lane at most: none in one that was walked through a moment ago.
    mutating func places(in account: String, at uptime: Duration) -> [QueuePlace] {
        Lane.allCases.compactMap { lane in
            let queue = Queue(account: account, lane: lane)
            if let walk = walks[queue] {
                if let place = walk.place { return place }
                if uptime < walk.began + Self.walkEvery { return nil }
            }
            let start = QueuePlace.start(of: lane)
            walks[queue] = Walk(began: uptime, place: start)
            return start
        }
    }

    /// A slice that began behind `place` was looked at; `next` as in `OverdueClaim`.
    mutating func looked(behind place: QueuePlace, of account: String, next: QueuePlace?) {
        walks[Queue(account: account, lane: place.lane)]?.place = next
    }
}
