import Logs
import Synchronization

/// Says why posts were refused, once a second for each reason, with how many there were: a stranger who posts garbage
/// must not fill the disk.
final class QuietLog: Sendable {
    private struct Reason {
        var saidAt: ContinuousClock.Instant
        var unsaid = 0
    }

    private let reasons = Mutex<[String: Reason]>([:])
    private let log: Log

    init(_ log: Log) {
        self.log = log
    }

    func refused(_ refusal: CallbackRefusal, _ kind: CallbackKind, now: ContinuousClock.Instant = .now) {
        guard let count = unsaid(refusal.rawValue, now) else { return }
        log.warning(
            "a callback is not the provider's, or not for us",
            [.state: .text(kind.rawValue), .reason: .text(refusal.rawValue), .count: .init(count)]
        )
    }

    func turnedAway(_ kind: CallbackKind, now: ContinuousClock.Instant = .now) {
        guard let count = unsaid("busy \(kind.rawValue)", now) else { return }
        log.warning(
            "callbacks are turned away: too many wait for the database already",
            [.state: .text(kind.rawValue), .count: .init(count)]
        )
    }

    /// How many there were for this reason since it was last said, this one included; nil if it is not to be said yet.
    private func unsaid(_ reason: String, _ now: ContinuousClock.Instant) -> Int? {
        reasons.withLock { reasons in
            guard let known = reasons[reason], now - known.saidAt < .seconds(1) else {
                let count = (reasons[reason]?.unsaid ?? 0) + 1
                reasons[reason] = Reason(saidAt: now)
                return count
            }
            reasons[reason]?.unsaid += 1
            return nil
        }
    }
}
