import SessionCore

/// How many calls are answered, as far as the last second tells. Pure.
struct CallRate: Equatable {
    private static let window = Duration.milliseconds(100)
    private static let windowCount = 10
    /// So long after the first answer the rate is still growing, and says little.
    private static let youth = Duration.milliseconds(200)

    /// Answers by window, the newest at `newest % windowCount`.
    private var counts = [Int](repeating: 0, count: Self.windowCount)
    /// Since the uptime's beginning.
    private var newest = 0
    private var firstAnswer: Duration?

    /// Nothing that counts was answered yet.
    func isUnknown(at uptime: Duration) -> Bool {
        guard let firstAnswer else { return true }
        return uptime < firstAnswer + Self.youth
    }

    mutating func answered(_ calls: Int, at uptime: Duration) {
        if firstAnswer == nil { firstAnswer = uptime }
        turn(to: uptime)
        counts[newest % Self.windowCount] += calls
    }

    /// How many calls will be answered within `duration` if it goes on as in the last two tenths of a second.
    mutating func expected(within duration: Duration, at uptime: Duration) -> Int {
        turn(to: uptime)
        let before = counts[(newest + Self.windowCount - 1) % Self.windowCount]
        return Self.calls(max(before, counts[newest % Self.windowCount]), within: duration)
    }

    /// How many calls can be answered within `duration`, by the best tenth of the last second: a stall is no proof that
    /// the provider has become slow.
    mutating func possible(within duration: Duration, at uptime: Duration) -> Int {
        turn(to: uptime)
        return Self.calls(counts.max() ?? 0, within: duration)
    }

    private static func calls(_ perWindow: Int, within duration: Duration) -> Int {
        Int(Int64(perWindow) * duration.wholeMicroseconds / window.wholeMicroseconds)
    }

    private mutating func turn(to uptime: Duration) {
        let present = Int(uptime.wholeMicroseconds / Self.window.wholeMicroseconds)
        guard present > newest else { return }
        for passed in 1...min(present - newest, Self.windowCount) {
            counts[(newest + passed) % Self.windowCount] = 0
        }
        newest = present
    }
}
