import BlockingThreads
import CashierSignature
package import Cryptography
package import SessionCore
import Synchronization

/// The provider over HTTP: signs each call when it starts, sends it at most once, and judges the reply.
///
/// At most `inFlightMax` calls are on the way at a time, of which those that are not agents' leave
/// `HTTPLimits.reserve`; more wait in order, and are not sent once they have waited for `HTTPLimits.waitMax`. How many
/// are started is the caller's business: a claimed job that waits here grows old.
package final class CashierHTTPClient: Cashier {
    /// Calls on the way at a time.
    package let inFlightMax: Int
    private let transport: any HTTPTransport
    private let routes: CashierRoutes
    private let ended: EndedCalls
    private let onUnsuccessful: (@Sendable (ReplyRecord) -> Void)?

    /// - Parameter onUnsuccessful: told of each reply that was no success, on the thread that waits for replies: it
    ///   must not block.
    /// - Throws: The first setting of an account that is wrong.
    package convenience init(
        accounts: [CashierAccount],
        limits: HTTPLimits = HTTPLimits(),
        onUnsuccessful: (@Sendable (ReplyRecord) -> Void)? = nil
    ) throws(CashierAccountError) {
        let ended = EndedCalls()
        try self.init(
            accounts: accounts,
            transport: SocketTransport(limits: limits, onTurn: { ended.handOver() }),
            ended: ended,
            inFlightMax: limits.inFlightMax,
            onUnsuccessful: onUnsuccessful
        )
    }

    init(
        accounts: [CashierAccount],
        transport: any HTTPTransport,
        ended: EndedCalls,
        inFlightMax: Int,
        onUnsuccessful: (@Sendable (ReplyRecord) -> Void)? = nil
    ) throws(CashierAccountError) {
        routes = CashierRoutes(try Self.byName(accounts))
        self.transport = transport
        self.ended = ended
        self.inFlightMax = inFlightMax
        self.onUnsuccessful = onUnsuccessful
    }

    /// Takes changed accounts (new secrets, other limits) for the calls that start from now on. An account that was
    /// there before keeps the error table that it has.
    ///
    /// - Throws: The first setting that is wrong; nothing is changed then.
    package func replace(accounts changed: [CashierAccount]) throws(CashierAccountError) {
        routes.replace(try Self.byName(changed, errors: routes.all.mapValues(\.errors)))
    }

    /// Takes an account's secrets: the first signs what starts from now on, all of them verify what is answered from
    /// now on, also to calls that are under way. An account that is not there is left alone.
    ///
    /// - Throws: When there is none, or one is empty; nothing is changed then.
    package func replace(secrets: [Secret], ofAccount name: String) throws(CashierAccountError) {
        try routes.replace(secrets: secrets, of: name)
    }

    /// Takes other error tables, by account, for every reply from now on. Accounts that are not there are passed over.
    package func replace(errorTables: [String: ErrorTable]) {
        let routes = routes.all
        for (account, table) in errorTables { routes[account]?.errors.table = table }
    }

    package func start(_ calls: [CashierCall]) {
        var starts: [HTTPStart] = []
        var unsent: [AnsweredCall] = []
        starts.reserveCapacity(calls.count)
        // Nearly always they are all of one account.
        var frame: CallFrame?
        for call in calls {
            if frame?.account.value.name != call.job.order.account { frame = self.frame(of: call.job.order.account) }
            switch prepare(call, frame) {
            case .success(let start): starts.append(start)
            case .failure(let fault):
                let answer = CashierAnswer(outcome: .notSent, code: fault.code, message: fault.message)
                unsent.append(call.answered(answer))
            }
        }
        transport.start(starts)
        ended.mailbox.send(contentsOf: unsent)
    }

    package func answers() async -> [AnsweredCall]? {
        await ended.mailbox.takeAll()
    }

    package func close(timeout: Duration) async {
        await transport.close(timeout: timeout)
        ended.handOver()
        ended.mailbox.finish()
    }

    /// Asks an account's endpoint for its headers only, which opens nothing. `now` is the clock that signs.
    package func probe(account name: String, now: Timestamp) async -> CashierProbe {
        guard let route = routes[name] else { return CashierProbe(unknownAccount: name) }
        let request = HTTPRequest(target: route.opening, method: .head)
        let ending = await withCheckedContinuation { continuation in
            transport.start(request) { continuation.resume(returning: $0) }
        }
        return CashierProbe(account: name, ending: ending, now: now)
    }

    // MARK: Preparing

    private struct Fault: Error {
        var code: String
        var message: String
    }

    private func frame(of account: String) -> CallFrame? {
        let revision = routes.revision
        return routes[account].map { route in
            CallFrame(route, routes, revision: revision, ended: ended, onUnsuccessful: onUnsuccessful)
        }
    }

    private func prepare(_ call: CashierCall, _ frame: CallFrame?) -> Result<HTTPStart, Fault> {
        guard let frame else {
            return .failure(Fault(code: "no_account", message: "The account is not in the configuration."))
        }
        let account = frame.account
        let timestamp = RequestWriter.timestamp(markedAt: call.clocked(call.markedAt), account: account)
        let target: HTTPTarget
        let signed: RequestWriter.Signed
        switch call.kind {
        case .open:
            guard let request = call.job.request else {
                return .failure(
                    Fault(code: AnswerCode.jobUnreadable, message: "The stored job is not readable as this order.")
                )
            }
            target = frame.route.opening
            signed = RequestWriter.open(request, account: account, timestamp: timestamp)
        case .lookUp:
            guard let lookUp = frame.route.lookUp else {
                return .failure(
                    Fault(code: AnswerCode.noFindOrderURL, message: "The account has no find_order_url.")
                )
            }
            target = lookUp
            signed = RequestWriter.lookUp(
                orderID: call.job.order.orderID,
                account: account.value,
                timestamp: timestamp
            )
        }
        let request = HTTPRequest(target: target, ownHeader: signed.signature, body: signed.body)
        let isPatient = call.job.lane != .interactive
        return .success(HTTPStart(request: request, isPatient: isPatient) { ending in frame.end(call, ending) })
    }

    private static func byName(
        _ accounts: [CashierAccount],
        errors: [String: TableInForce] = [:]
    ) throws(CashierAccountError) -> [String: CashierRoute] {
        var routes: [String: CashierRoute] = [:]
        for account in accounts {
            let route = try CashierRoute(account, errors: errors[account.name])
            if routes[account.name] == nil { routes[account.name] = route }
        }
        return routes
    }
}

/// Gathers the calls that end in one turn of the transport's loop, and hands them over together.
final class EndedCalls: Sendable {
    /// Bounded by the calls that were begun.
    let mailbox = Mailbox<AnsweredCall>()
    private let gathered = Mutex<[AnsweredCall]>([])

    func add(_ call: CashierCall, _ answer: CashierAnswer) {
        gathered.withLock { $0.append(call.answered(answer)) }
    }

    func handOver() {
        let calls = gathered.withLock { gathered in
            let calls = gathered
            gathered = []
            return calls
        }
        mailbox.send(contentsOf: calls)
    }
}

extension CashierCall {
    fileprivate func answered(_ answer: CashierAnswer) -> AnsweredCall {
        AnsweredCall(job: job, answer: answer, startedAt: startedAt, clockAdjustment: clockAdjustment)
    }

    /// A moment of the database's clock, as the provider's is thought to have shown it.
    func clocked(_ moment: Timestamp) -> Timestamp {
        clockAdjustment == .zero ? moment : moment.advanced(by: clockAdjustment)
    }
}
