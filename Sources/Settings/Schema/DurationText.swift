/// Durations as people write them: a whole number and a unit.
enum DurationText {
    /// Units from small to large.
    private static let units: [(name: String, length: Duration)] = [
        ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)),
        ("d", .seconds(86400)),
    ]

    /// `250ms`, `-1s`, `7d`. nil for anything else: no fractions, no missing or mixed units, at most nine digits.
    static func read(_ text: String) -> Duration? {
        let isNegative = text.hasPrefix("-")
        let digits = text.dropFirst(isNegative ? 1 : 0).prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count + (isNegative ? 1 : 0))
        guard digits.count <= 9, let count = Int(digits), let length = units.first(where: { $0.name == unit })?.length
        else { return nil }
        return length * (isNegative ? -count : count)
    }

    /// The shortest way to write a whole number of milliseconds.
    static func write(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
        if milliseconds == 0 { return "0s" }
        for unit in units.reversed() {
            let length = unit.length.components.seconds * 1_000
            if length > 0, milliseconds % length == 0 { return "\(milliseconds / length)\(unit.name)" }
        }
        return "\(milliseconds)ms"
    }
}
