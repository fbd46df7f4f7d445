import Logs
import Synchronization

/// Says why posts were refused, once a second for each reason, with how many there were: a stranger who posts garbage
/// must not fill the disk.
final class QuietLog: Sendable {
    private struct Reason {
        var saidAt: ContinuousClock.Instant
        var unsaid = 0
    }

    private let reasons = Mutex<[CallbackRefusal: Reason]>([:])
    private let log: Log

    init(_ log: Log) {
        self.log = log
    }

    func refused(_ refusal: CallbackRefusal, _ kind: CallbackKind, now: ContinuousClock.Instant = .now) {
        let count: Int? = reasons.withLock { reasons in
            guard let known = reasons[refusal], now - known.saidAt < .seconds(1) else {
                let count = (reasons[refusal]?.unsaid ?? 0) + 1
                reasons[refusal] = Reason(saidAt: now)
                return count
            }
            reasons[refusal]?.unsaid += 1
            return nil
        }
        guard let count else { return }
        log.warning(
            "a callback is not the provider's, or not for us",
            [.state: .text(kind.rawValue), .reason: .text(refusal.rawValue), .count: .init(count)]
        )
    }
}
