import SessionCore

/// How many calls are answered, as far as the last tenths of a second tell. Pure.
struct CallRate: Equatable {
    private static let window = Duration.milliseconds(100)

    private var windowEnd = Duration.zero
    private var count = 0
    private var before = 0
    /// Nothing was answered yet.
    private(set) var isUnknown = true

    mutating func answered(_ calls: Int, at uptime: Duration) {
        isUnknown = false
        turn(to: uptime)
        count += calls
    }

    /// How many calls will probably be answered within `duration`.
    mutating func expected(within duration: Duration, at uptime: Duration) -> Int {
        turn(to: uptime)
        let perWindow = Int64(max(count, before))
        return Int(perWindow * duration.wholeMicroseconds / Self.window.wholeMicroseconds)
    }

    private mutating func turn(to uptime: Duration) {
        guard uptime >= windowEnd else { return }
        before = uptime < windowEnd + Self.window ? count : 0
        count = 0
        windowEnd = uptime + Self.window
    }
}
