/// Who waits for a connection, each kind in the order in which it came. Urgent ones take every second turn at least, so
/// that they hardly wait and nobody waits for ever. Pure.
struct ConnectionLine<Waiter: Sendable>: Sendable {
    private var urgent: [Waiter] = []
    private var others: [Waiter] = []
    private var wasUrgent = false

    var count: Int { urgent.count + others.count }

    mutating func append(_ waiter: Waiter, isUrgent: Bool) {
        if isUrgent { urgent.append(waiter) } else { others.append(waiter) }
    }

    mutating func next() -> Waiter? {
        let isUrgent = !urgent.isEmpty && (others.isEmpty || !wasUrgent)
        guard isUrgent || !others.isEmpty else { return nil }
        wasUrgent = isUrgent
        return isUrgent ? urgent.removeFirst() : others.removeFirst()
    }
}
