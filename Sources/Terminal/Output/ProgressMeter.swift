/// Works out how far something is and renders it. Pure: it is told the time.
package struct ProgressMeter: Sendable {
    /// What is counted, in the plural: `jobs`.
    package let unit: String
    /// nil when nobody knows how many there will be.
    package let total: Int?
    /// The last moments with their counts, oldest first: the rate is that of the last seconds, not of the whole time.
    private(set) var samples: [(time: Duration, done: Int)] = [(.zero, 0)]
    private static let window = Duration.seconds(10)
    private static let resolution = Duration.milliseconds(200)

    package init(unit: String, total: Int?) {
        self.unit = unit
        self.total = total
    }

    /// Takes note that `done` of them are done, `time` after the start. Times must not go back.
    package mutating func record(done: Int, at time: Duration) {
        // The newest moment is replaced until it is a while after the one before: updates may come by the million.
        let count = samples.count
        if count > 1, samples[count - 1].time - samples[count - 2].time < Self.resolution { samples.removeLast() }
        samples.append((time, done))
        while samples.count > 2, time - samples[1].time >= Self.window { samples.removeFirst() }
    }

    private var done: Int { samples.last?.done ?? 0 }

    /// Per second, over the last ten seconds; nil before anything can be said.
    package var rate: Double? {
        guard let first = samples.first, let last = samples.last, last.time > first.time else { return nil }
        return Double(last.done - first.done) / seconds(last.time - first.time)
    }

    /// The time left; nil without a total or without a rate.
    package var timeLeft: Duration? {
        guard let total, let rate, rate > 0 else { return nil }
        return .seconds((Double(max(0, total - done)) / rate).rounded(.up))
    }

    /// `12,000 of 50,000 jobs  24%  3,100/s  about 13s left`
    package var text: String {
        var parts = [total.map { "\(grouped(done)) of \(grouped($0)) \(unit)" } ?? "\(grouped(done)) \(unit)"]
        if let share { parts.append("\(share)%") }
        if let rate { parts.append(rate < 10 ? "\(tenths(rate))/s" : "\(grouped(Int(rate.rounded())))/s") }
        if let timeLeft, total != done { parts.append("about \(Self.short(timeLeft)) left") }
        return parts.joined(separator: "  ")
    }

    /// The text with a bar before it, at most `width` columns.
    package func bar(width: Int) -> String {
        let room = min(30, width - DisplayWidth.of(text) - 4)
        guard let total, total > 0, room >= 8 else { return DisplayWidth.cut(text, to: width) }
        let filled = min(room, Int(Double(room) * Double(done) / Double(total)))
        let track = String(repeating: "=", count: filled) + String(repeating: " ", count: room - filled)
        return "[\(track)]  \(text)"
    }

    /// Whole percent, rounded down: 100 means all of them.
    private var share: Int? {
        total.flatMap { $0 > 0 ? min(100, Int(Double(done) / Double($0) * 100)) : nil }
    }

    private func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    private func tenths(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// `5s`, `3m 20s`, `2h 5m`, `3d 4h`.
    static func short(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        let units: [(String, Int64)] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)]
        guard let first = units.firstIndex(where: { seconds >= $0.1 }) else { return "0s" }
        let (name, length) = units[first]
        let rest = first + 1 < units.count ? seconds % length / units[first + 1].1 : 0
        let head = "\(seconds / length)\(name)"
        return rest > 0 ? "\(head) \(rest)\(units[first + 1].0)" : head
    }
}

/// Digits in groups of three.
package func grouped(_ number: Int) -> String {
    var digits = String(number.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
        groups.insert(String(digits.suffix(3)), at: 0)
        digits.removeLast(3)
    }
    return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
}
