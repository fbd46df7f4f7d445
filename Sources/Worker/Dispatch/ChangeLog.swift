import Logs
import SessionCore

/// Tells the operator what changed about accounts: each once, with what to do.
struct ChangeLog: Sendable {
    let log: Log

    func tell(_ changes: [AccountGuards.Change], at uptime: Duration) {
        for change in changes { tell(change, uptime) }
    }

    private func tell(_ change: AccountGuards.Change, _ uptime: Duration) {
        switch change {
        case .breaker(let account, let state): tell(account, state, uptime)
        case .concurrency(let account, let limit):
            log.warning(
                "the provider has too much to do: fewer calls at once",
                [.account: .text(account), .count: .init(limit)]
            )
        case .held(let account, let kind, let code, let reason, let order?):
            log.warning(
                "account held: its jobs wait",
                [
                    .account: .text(account), .state: .text(kind.rawValue), .code: .text(code),
                    .order: .text(order), .reason: .text(reason),
                ]
            )
        case .held(let account, let kind, let code, let reason, nil):
            log.warning(
                "account held: its jobs wait",
                [
                    .account: .text(account), .state: .text(kind.rawValue), .code: .text(code),
                    .reason: .text(reason),
                ]
            )
        case .released(let account):
            log.notice("account released: its jobs go on", [.account: .text(account)])
        case .clock(let account, let reading, let isFar):
            let fields: KeyValuePairs<LogKey, LogValue> = [
                .account: .text(account), .differenceMs: .init(reading.middle.wholeMilliseconds),
            ]
            if isFar {
                log.warning("the provider's clock and the database's are far apart: mend the wrong one", fields)
            } else {
                log.notice("the provider's clock and the database's agree again", fields)
            }
        case .lookUpRefused(let account, let fault): tell(account, lookUpsMeet: fault)
        }
    }

    private func tell(_ account: String, lookUpsMeet fault: HoldCause?) {
        guard let fault else {
            return log.warning(
                "the provider refuses look-ups: an unknown outcome is waited out until a lost session has expired",
                [.account: .text(account), .reason: "have the Agent API enabled, or set look_up: false"]
            )
        }
        log.warning(
            "the provider refuses look-ups while openings go well: mend it, else unknown outcomes are waited out",
            [.account: .text(account), .code: .text(fault.code), .reason: .text(fault.reason)]
        )
    }

    private func tell(_ account: String, _ state: Breaker.State, _ uptime: Duration) {
        switch state {
        case .closed: log.notice("breaker closed: the provider answers again", [.account: .text(account)])
        case .open(let until):
            log.warning(
                "breaker open: no jobs are claimed until the provider answers a trial call",
                [.account: .text(account), .delayMs: .init((until - uptime).wholeMilliseconds)]
            )
        case .probing: break
        }
    }
}
