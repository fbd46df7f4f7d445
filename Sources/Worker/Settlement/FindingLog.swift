import Logs
import SessionCore

/// Tells the operator what answers have shown, with what to check.
///
/// Whoever alters answers can do so with each of them: once a minute for each account and code, with how many there
/// were.
final class FindingLog: Sendable {
    private let counts = QuietCount(interval: .seconds(60))
    private let log: Log

    init(log: Log) {
        self.log = log
    }

    /// - Parameter code: the answer's.
    func tell(_ finding: AnswerFinding, of job: ClaimedJob, code: String) {
        switch finding {
        case .unbelieved: alarm(job, code)
        case .untold(let sight):
            log.notice(
                "a look-up found a session that nobody was told of: its link was lost with the reply",
                [
                    .order: .text(job.order.orderID), .account: .text(job.order.account),
                    .state: .text(sight.rawValue), .attempts: .init(job.attempts),
                ]
            )
        }
    }

    private func alarm(_ job: ClaimedJob, _ code: String) {
        guard let count = counts.happened("\(job.order.account) \(code)") else { return }
        log.error(
            "an answer of the Cashier's is not believed: either a setting is wrong, or somebody alters answers",
            [
                .account: .text(job.order.account), .order: .text(job.order.orderID), .code: .text(code),
                .count: .init(count), .reason: .text(Self.advice(code)),
            ]
        )
    }

    private static func advice(_ code: String) -> String {
        switch code {
        case AnswerCode.badSignature:
            "the signature is missing or wrong: check the account's secret_file and the lists of signed fields; where "
                + "other answers are believed they are right, and what stands between here and the Cashier is to be "
                + "looked at"
        case AnswerCode.echo:
            "the answer names another order, customer, amount or currency than the request: check what stands between "
                + "here and the Cashier, and ask the Cashier's support"
        case AnswerCode.url:
            "the link is not whole, not https, or of a host that allowed_redirect_hosts does not list: before it is "
                + "added, ask the Cashier's support whether the host is theirs"
        case _:
            "the timestamp is missing or far from the clock: check both clocks with usher doctor; where they are "
                + "right, an answer of before is played again"
        }
    }
}
