import SessionCore

// Moments and durations as an operator reads them: UTC, to the second.
extension Timestamp {
    /// `2026-11-21 13:45:02Z`.
    var dayAndTime: String {
        let text = rfc3339
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))Z"
    }

    /// `13:45:02Z` on the day of `now`, otherwise with the day.
    func time(on now: Timestamp) -> String {
        let text = rfc3339
        return text.prefix(10) == now.rfc3339.prefix(10) ? "\(text.dropFirst(11).prefix(8))Z" : dayAndTime
    }

    /// `13:45:02Z (in 12s)`, `13:45:02Z (5m 3s ago)`.
    func timeAndDistance(from now: Timestamp) -> String {
        let distance = now.duration(to: self)
        let words = distance > .zero ? "in \(distance.inWords)" : "\((.zero - distance).inWords) ago"
        return "\(time(on: now)) (\(words))"
    }
}

extension Duration {
    /// The two largest units: `350ms`, `12s`, `3m 20s`, `2h 5m`, `3d 4h`. Signs are left to the caller.
    var inWords: String {
        let milliseconds = Int64(wholeMilliseconds.magnitude)
        if milliseconds < 1_000 { return "\(milliseconds)ms" }
        let seconds = milliseconds / 1_000
        let units: [(name: String, length: Int64)] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)]
        let first = units.firstIndex { seconds >= $0.length } ?? units.count - 1
        let head = "\(seconds / units[first].length)\(units[first].name)"
        guard first + 1 < units.count else { return head }
        let rest = seconds % units[first].length / units[first + 1].length
        return rest > 0 ? "\(head) \(rest)\(units[first + 1].name)" : head
    }

    /// Reads `250ms`, `90s`, `10m`, `2h`, `7d`; nil for anything else.
    init?(span text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let lengths: [String: Int64] = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard (1...6).contains(digits.count), let count = Int64(digits),
            let length = lengths[String(text.dropFirst(digits.count))]
        else { return nil }
        self = .milliseconds(count * length)
    }
}
