/// Watches a provider's clock against the database's, and decides what a refused timestamp means.
///
/// A request is signed with the database's time, plus the account's configured offset, plus `adjustment`. Only the
/// last is found out here, and it never leads into the provider's future.
package struct AccountClock: Equatable, Sendable {
    /// The provider's clock less the database's, as far as one answer tells.
    package struct Reading: Equatable, Sendable {
        package var least: Duration
        package var most: Duration

        package init(least: Duration, most: Duration) {
            self.least = least
            self.most = most
        }

        /// From a provider's time in whole seconds, in an answer to a request of database time `sent` that took
        /// `elapsed`.
        package init(seconds: Int64, sent: Timestamp, elapsed: Duration) {
            let shown = Timestamp(seconds: seconds)
            least = sent.advanced(by: elapsed).duration(to: shown)
            most = sent.duration(to: shown.advanced(by: .seconds(1)))
        }

        package var middle: Duration { (least + most) / 2 }
    }

    /// What a refused timestamp leads to.
    package enum Step: Equatable, Sendable {
        /// Sign again: with another time than before.
        case signAgain
        /// Signing again would not help. The reason is for the operator.
        case hold(reason: String)
    }

    /// From which difference on it is worth a warning.
    package static let warnFrom = Duration.seconds(5)

    /// How long every answer must have allowed a later signing time before it is taken: not all of the provider's
    /// machines need show the same time.
    static let calm = Duration.seconds(60)

    /// The readings of the last while.
    private struct Period: Equatable, Sendable {
        var since: Duration
        /// The lowest `least`.
        var least: Duration
    }

    /// How far signing times may be moved, both ways.
    package let bound: Duration
    /// The account's configured offset.
    package let offset: Duration
    /// Whole seconds added to signing times.
    package private(set) var adjustment = Duration.zero
    package private(set) var latest: Reading?
    private var period: Period?

    package init(bound: Duration, offset: Duration = .zero) {
        self.bound = bound
        self.offset = offset
    }

    /// Takes a reading of an answer of the provider's that was not about the clock, at `uptime`. Returns whether the
    /// difference has become, or is no longer, worth a warning.
    package mutating func read(_ reading: Reading, at uptime: Duration) -> Bool {
        let before = isFar
        latest = reading
        let wanted = wanted(by: reading.least)
        if wanted < .zero - bound {
            // The clock of something in between, or nothing that signing times can make good.
        } else if reading.most < offset + adjustment {
            // Signed in the provider's future, whatever the rounding: step back before it refuses.
            adjustment = wanted
            period = nil
        } else if adjustment < .zero {
            goBack(reading, uptime)
        }
        return isFar != before
    }

    /// Towards no adjustment, as far as all the answers of the last while allow.
    private mutating func goBack(_ reading: Reading, _ uptime: Duration) {
        var seen = period ?? Period(since: uptime, least: reading.least)
        seen.least = min(seen.least, reading.least)
        period = seen
        guard uptime >= seen.since + Self.calm else { return }
        adjustment = max(adjustment, min(.zero, wanted(by: seen.least)))
        period = nil
    }

    /// The adjustment that signs at the provider's time, or before it.
    private func wanted(by least: Duration) -> Duration {
        Self.wholeSeconds(least) - offset
    }

    /// Whether the clocks are far apart, by the latest reading.
    package var isFar: Bool {
        guard let latest else { return false }
        return latest.least > Self.warnFrom || latest.most < .zero - Self.warnFrom
    }

    /// The provider refused the timestamp of a request that was signed with `used` added. `reading` is of that answer,
    /// if it told a time. A job is signed again once: of one that `wasSignedAgain`, the refusal holds the account, and
    /// the trial that follows is signed by what was learned.
    package mutating func refused(
        signedWith used: Duration,
        reading: Reading?,
        wasSignedAgain: Bool
    ) -> Step {
        if let reading { latest = reading }
        // Another call found out meanwhile.
        if used != adjustment, !wasSignedAgain { return .signAgain }
        guard let reading else {
            return .hold(reason: "its answer tells no time to compare with; \(Self.advice)")
        }
        let difference = "its clock \(Self.words(reading))"
        let wanted = wanted(by: reading.least)
        guard wanted != adjustment else {
            return .hold(reason: "\(difference), for which signing times are right; \(Self.advice)")
        }
        guard wanted.magnitude <= bound else {
            return .hold(
                reason: "\(difference), more than clock_adjust_max (\(bound.components.seconds) s) allows for; "
                    + Self.advice
            )
        }
        adjustment = wanted
        period = nil
        if wasSignedAgain {
            return .hold(reason: "\(difference), and a request that was signed again was refused too; \(Self.advice)")
        }
        return .signAgain
    }

    private static let advice = "compare both clocks with `usher doctor` and mend the one that is wrong"

    private static func words(_ reading: Reading) -> String {
        let middle = reading.middle
        let tenths = middle.magnitude.wholeMilliseconds / 100
        return "is \(tenths / 10).\(tenths % 10) s \(middle < .zero ? "behind" : "ahead of") the database's"
    }

    /// Rounded down: never into the provider's future.
    private static func wholeSeconds(_ duration: Duration) -> Duration {
        let (seconds, attoseconds) = duration.components
        return .seconds(attoseconds < 0 ? seconds - 1 : seconds)
    }
}

extension Duration {
    fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}
