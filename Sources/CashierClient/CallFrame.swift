import Cryptography
import SessionCore

/// What the calls of one account that start together have in common, and how their endings are judged.
///
/// Each batch has its own, with an account of its own: what all calls of a process refer to is counted by several
/// threads at once, and each waits for the others' processors.
final class CallFrame: Sendable {
    let route: CashierRoute
    let account: SharedAccount
    private let routes: CashierRoutes
    /// That of the routes when the calls started.
    private let revision: Int
    private let ended: EndedCalls
    private let onUnsuccessful: (@Sendable (ReplyRecord) -> Void)?

    init(
        _ route: CashierRoute,
        _ routes: CashierRoutes,
        revision: Int,
        ended: EndedCalls,
        onUnsuccessful: (@Sendable (ReplyRecord) -> Void)?
    ) {
        self.route = route
        account = SharedAccount(route.account)
        self.routes = routes
        self.revision = revision
        self.ended = ended
        self.onUnsuccessful = onUnsuccessful
    }

    /// A reply of which nothing is concluded does not show that it is this call's. Its connection may be out of step:
    /// then each call on it gets the answer of the one before, and a refusal does not say whose it is.
    func end(_ call: CashierCall, _ ending: HTTPEnding) -> HTTPConnectionFate {
        let answer = answer(to: ending, of: call)
        ended.add(call, answer)
        return answer.outcome == .unknown ? .close : .keep
    }

    private func answer(to ending: HTTPEnding, of call: CashierCall) -> CashierAnswer {
        var answer: CashierAnswer
        switch ending.result {
        case .reply(let reply):
            answer = reader(of: call, ending.elapsed).classify(reply)
            if let onUnsuccessful, !answer.isSuccess {
                onUnsuccessful(ReplyRecord(reply, answer, to: call, by: route.errors.table))
            }
        case .failed(let code, let detail):
            answer = CashierAnswer(outcome: .unknown, code: code, message: detail)
        }
        if answer.outcome == .unknown, !ending.isBodyTouched { answer.outcome = .notSent }
        answer.elapsed = ending.elapsed
        return answer
    }

    private func reader(of call: CashierCall, _ elapsed: Duration) -> ReplyReader {
        // What the provider's clock should have shown when the call started: its job may have waited after the mark.
        let offset = account.value.clockOffsetSeconds * 1_000_000
        let startedAt = Timestamp(microseconds: call.clocked(call.startedAt).microseconds + offset)
        let expectation: ReplyReader.Expectation =
            if call.kind == .open, let request = call.job.request {
                .open(request)
            } else {
                .lookUp(orderID: call.job.order.orderID)
            }
        return ReplyReader(
            account: account,
            secrets: secrets,
            expectation: expectation,
            now: startedAt.advanced(by: elapsed),
            tableInForce: route.errors
        )
    }

    /// Those of the moment that the answer comes; nil for those that the calls started with.
    private var secrets: [Secret]? {
        if routes.revision == revision { return nil }
        return (routes[account.value.name] ?? route).account.secrets
    }
}
