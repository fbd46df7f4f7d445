/// Which of the records sent are acknowledged, and from which line on that is not sure. Pure.
struct AckWindow {
    /// Lines from the first that is not acknowledged on, in the order of sending; acknowledged ones among them are
    /// negative. The first `head` are done with.
    private var lines: [Int] = []
    private var head = 0
    /// The number of the record at `lines[0]`.
    private var base: Int64 = 0
    private(set) var sent = 0
    private(set) var acknowledged = 0
    /// How many records failed, by the reason.
    private(set) var failures: [String: Int] = [:]

    /// Records of which nothing is known yet.
    var inFlight: Int { sent - acknowledged - failures.values.reduce(0, +) }

    /// The line before which everything that was sent is acknowledged; nil when all of it is.
    var firstUnacknowledged: Int? { head < lines.count ? lines[head] : nil }

    /// Notes that records of these lines, rising, are being sent; returns the number of the first.
    mutating func send(lines new: [Int]) -> Int64 {
        let first = base + Int64(lines.count)
        lines.append(contentsOf: new)
        sent += new.count
        return first
    }

    /// Notes what became of a record; `failure` is nil when Kafka has it.
    mutating func acknowledge(_ number: Int64, failure: String?) {
        let index = Int(number - base)
        guard lines.indices.contains(index), lines[index] > 0 else { return }
        if let failure {
            failures[failure, default: 0] += 1
            return
        }
        acknowledged += 1
        lines[index] = -lines[index]
        while head < lines.count, lines[head] < 0 { head += 1 }
        guard head > 4_096 else { return }
        base += Int64(head)
        lines.removeFirst(head)
        head = 0
    }
}
