import Glibc

/// Callbacks by the time at which they are due; those of the same time keep their order.
struct CallbackQueue {
    private var entries: [(at: Int64, ticket: CallbackTicket)] = []
    /// Entries before it are taken.
    private var head = 0

    /// When the first is due; nil while there is none.
    var nextAt: Int64? { head < entries.count ? entries[head].at : nil }

    mutating func add(_ ticket: CallbackTicket, at: Int64) {
        var low = head
        var high = entries.count
        // Mostly it goes to the end.
        if let last = entries.last, last.at <= at { low = high }
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].at <= at { low = middle + 1 } else { high = middle }
        }
        entries.insert((at, ticket), at: low)
    }

    /// The first if it is due at `now`.
    mutating func takeDue(now: Int64) -> CallbackTicket? {
        guard head < entries.count, entries[head].at <= now else { return nil }
        defer {
            head += 1
            if head == entries.count {
                entries = []
                head = 0
            }
        }
        return entries[head].ticket
    }

    /// The clock of the times: nanoseconds, monotonic.
    static func now() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
