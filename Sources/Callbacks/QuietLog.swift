import Logs

/// Says why posts were refused, once a second for each reason, with how many there were: a stranger who posts garbage
/// must not fill the disk.
final class QuietLog: Sendable {
    private let reasons = QuietCount(interval: .seconds(1))
    private let log: Log

    init(_ log: Log) {
        self.log = log
    }

    func refused(_ refusal: CallbackRefusal, _ kind: CallbackKind) {
        guard let count = reasons.happened(refusal.rawValue) else { return }
        log.warning(
            "a callback is not the provider's, or not for us",
            [.state: .text(kind.rawValue), .reason: .text(refusal.rawValue), .count: .init(count)]
        )
    }

    func turnedAway(_ kind: CallbackKind) {
        guard let count = reasons.happened("busy \(kind.rawValue)") else { return }
        log.warning(
            "callbacks are turned away: too many wait for the database already",
            [.state: .text(kind.rawValue), .count: .init(count)]
        )
    }
}
