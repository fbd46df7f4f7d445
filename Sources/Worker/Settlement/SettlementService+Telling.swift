import Logs
import SessionCore

extension SettlementService {
    /// A line for what an operator may want to know; a clean opening is worth one at `debug` only.
    func tell(_ decided: DecidedJob) {
        if case .opened = decided.verdict, log.level > .debug { return }
        let job = decided.job
        if let finding = decided.finding { tell(finding, of: decided) }
        let order = LogValue(job.order.orderID)
        let account = LogValue(job.order.account)
        let attempts = LogValue(job.attempts)
        let code = LogValue(decided.attempt?.code ?? "none")
        let elapsed = LogValue(decided.attempt?.elapsed.wholeMilliseconds ?? 0)
        switch decided.verdict {
        case .opened:
            log.debug("opened", [.order: order, .account: account, .attempts: attempts, .elapsedMs: elapsed])
        case .ended(let state, let error):
            log.notice(
                "ended without a session",
                [
                    .order: order, .account: account, .state: .text(state.name), .code: .text(error.code),
                    .attempts: attempts, .reason: .text(error.message),
                ]
            )
        case .retry(let pause):
            log.info(
                "will be sent again",
                [
                    .order: order, .account: account, .code: code, .attempts: attempts,
                    .delayMs: .init(pause.wholeMilliseconds),
                ]
            )
        case .verify(let pause):
            log.info(
                "outcome unknown: will be looked up",
                [
                    .order: order, .account: account, .code: code, .attempts: attempts,
                    .delayMs: .init(pause.wholeMilliseconds),
                ]
            )
        case .park:
            log.warning("parked: an operator decides", [.order: order, .account: account, .code: code])
        case .release where decided.attempt == nil: break
        case .release(let pause):
            log.info(
                "given back unsent",
                [.order: order, .account: account, .code: code, .delayMs: .init(pause.wholeMilliseconds)]
            )
        }
    }

    private func tell(_ finding: AnswerFinding, of decided: DecidedJob) {
        if case .untold = finding { activity.update { $0.untold += 1 } }
        findings.tell(finding, of: decided.job, code: decided.attempt?.code ?? "none")
    }

    func count(_ settlements: [Settlement], _ report: SettleReport) {
        let lost = Set(report.lost)
        activity.update { counts in
            counts.leasesLost += lost.count
            for settlement in settlements where lost.isEmpty || !lost.contains(settlement.lease) {
                switch settlement.step {
                case .finish(let state, _, _): counts.ended[state, default: 0] += 1
                case .retry: counts.retries += 1
                case .verify, .park: counts.unknown += 1
                case .release: counts.released += 1
                }
            }
        }
        for lease in report.lost {
            log.warning("lease lost: nothing written", [.lease: .init(lease.jobID)])
        }
    }
}
