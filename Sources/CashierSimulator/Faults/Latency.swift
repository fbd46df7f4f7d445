/// How long answers take.
package enum Latency: Equatable, Sendable {
    case fixed(Duration)
    /// Every duration in the range is as likely.
    case range(Duration, Duration)
    /// Percentiles in rising order; between two of them durations are spread evenly, below the first from nothing.
    case percentiles([Percentile])

    /// `percent` of the answers take at most `duration`.
    package struct Percentile: Equatable, Sendable {
        /// 1 to 100.
        package var percent: Int
        package var duration: Duration

        package init(percent: Int, duration: Duration) {
            self.percent = percent
            self.duration = duration
        }
    }

    func draw(_ dice: inout Dice) -> Duration {
        let part = dice.partsPerMillion()
        switch self {
        case .fixed(let duration):
            return duration
        case .range(let low, let high):
            return between(low, high, part, of: 1_000_000)
        case .percentiles(let percentiles):
            var lower = Percentile(percent: 0, duration: .zero)
            for upper in percentiles {
                if part < upper.percent * 10_000 {
                    let width = (upper.percent - lower.percent) * 10_000
                    return between(lower.duration, upper.duration, part - lower.percent * 10_000, of: width)
                }
                lower = upper
            }
            return lower.duration
        }
    }

    private func between(_ low: Duration, _ high: Duration, _ part: Int, of whole: Int) -> Duration {
        low + (high - low) * part / max(1, whole)
    }
}
