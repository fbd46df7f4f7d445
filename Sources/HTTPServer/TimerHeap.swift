/// Things to do later, the earliest first: a binary heap. Equal times keep the order in which they were added.
struct TimerHeap<Event> {
    private struct Entry {
        let at: Int64
        let serial: Int
        let event: Event

        func precedes(_ other: Entry) -> Bool {
            at != other.at ? at < other.at : serial < other.serial
        }
    }

    private var entries: [Entry] = []
    private var serial = 0

    /// When the first event is due, in the clock of `add`.
    var nextAt: Int64? { entries.first?.at }

    mutating func add(_ event: Event, at: Int64) {
        serial += 1
        entries.append(Entry(at: at, serial: serial, event: event))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].precedes(entries[parent]) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// The first event if it is due at `now`.
    mutating func takeDue(now: Int64) -> Event? {
        guard let first = entries.first, first.at <= now else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        return first.event
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].precedes(entries[least]) { least = child }
            }
            guard least != parent else { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
