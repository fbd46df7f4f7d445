import BlockingThreads
import CashierSignature
package import SessionCore
import Synchronization

/// The provider over HTTP: signs each call when it starts, sends it at most once, and judges the reply.
///
/// At most `inFlightMax` calls are on the way at a time; more wait in order, and are not sent once they have waited for
/// `CurlLimits.waitMax`. How many are started is the caller's business: a claimed job that waits here grows old.
package final class CashierHTTPClient: Cashier {
    /// Calls on the way at a time.
    package let inFlightMax: Int
    private let transport: any HTTPTransport
    /// Bounded by the calls that were begun.
    private let answered = Mailbox<AnsweredCall>()
    private let accounts: Mutex<[String: CashierAccount]>

    /// - Throws: The first setting of an account that is wrong.
    package convenience init(
        accounts: [CashierAccount],
        limits: CurlLimits = CurlLimits()
    ) throws(CashierAccountError) {
        try self.init(
            accounts: accounts,
            transport: CurlTransport(limits: limits),
            inFlightMax: limits.inFlightMax
        )
    }

    init(
        accounts: [CashierAccount],
        transport: any HTTPTransport,
        inFlightMax: Int
    ) throws(CashierAccountError) {
        for account in accounts { try account.check() }
        self.accounts = Mutex(Self.byName(accounts))
        self.transport = transport
        self.inFlightMax = inFlightMax
    }

    /// Takes changed accounts (new secrets, other limits) for the calls that start from now on.
    ///
    /// - Throws: The first setting that is wrong; nothing is changed then.
    package func replace(accounts changed: [CashierAccount]) throws(CashierAccountError) {
        for account in changed { try account.check() }
        accounts.withLock { $0 = Self.byName(changed) }
    }

    package func start(_ calls: [CashierCall]) {
        for call in calls {
            let job = call.job
            switch prepare(call) {
            case .success(let prepared):
                transport.start(prepared.request) { [answered] ending in
                    answered.send(AnsweredCall(job: job, answer: prepared.answer(to: ending)))
                }
            case .failure(let fault):
                let answer = CashierAnswer(outcome: .notSent, code: fault.code, message: fault.message)
                answered.send(AnsweredCall(job: job, answer: answer))
            }
        }
    }

    package func answers() async -> [AnsweredCall]? {
        await answered.takeAll()
    }

    package func close(timeout: Duration) async {
        await transport.close(timeout: timeout)
        answered.finish()
    }

    /// Asks an account's endpoint for its headers only, which opens nothing. `now` is the clock that signs.
    package func probe(account name: String, now: Timestamp) async -> CashierProbe {
        guard let account = account(name) else { return CashierProbe(unknownAccount: name) }
        var request = httpRequest(to: account.endpoint, account: account)
        request.method = .head
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

    private func prepare(_ call: CashierCall) -> Result<PreparedCall, Fault> {
        let order = call.job.order
        guard let account = account(order.account) else {
            return .failure(Fault(code: "no_account", message: "The account is not in the configuration."))
        }
        let timestamp = RequestWriter.timestamp(markedAt: call.markedAt, account: account)
        let url: String
        let signed: RequestWriter.Signed
        let expectation: ReplyReader.Expectation
        switch call.kind {
        case .open:
            guard let request = call.job.request else {
                return .failure(Fault(code: "job_unreadable", message: "The stored job is not readable as this order."))
            }
            url = account.endpoint
            signed = RequestWriter.open(request, account: account, timestamp: timestamp)
            expectation = .open(request)
        case .lookUp:
            guard let findOrderURL = account.findOrderURL else {
                return .failure(Fault(code: "no_find_order_url", message: "The account has no find_order_url."))
            }
            url = findOrderURL
            signed = RequestWriter.lookUp(orderID: order.orderID, account: account, timestamp: timestamp)
            expectation = .lookUp(orderID: order.orderID)
        }
        var request = httpRequest(to: url, account: account)
        request.headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            ("Accept", "application/json"),
            (Signature.header, signed.signature),
        ]
        request.body = signed.body
        return .success(
            PreparedCall(
                request: request,
                account: account,
                expectation: expectation,
                signedAt: call.markedAt.advanced(by: .seconds(account.clockOffsetSeconds))
            )
        )
    }

    private func httpRequest(to url: String, account: CashierAccount) -> HTTPRequest {
        HTTPRequest(
            method: .post,
            url: url,
            headers: [],
            body: [],
            allowsPlainHTTP: WebAddress(url)?.isLoopback ?? false,
            connectTimeout: account.connectTimeout,
            totalTimeout: account.totalTimeout,
            authorityFile: account.authorityFile
        )
    }

    private func account(_ name: String) -> CashierAccount? {
        accounts.withLock { $0[name] }
    }

    private static func byName(_ accounts: [CashierAccount]) -> [String: CashierAccount] {
        Dictionary(accounts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

/// A call that is ready to go, and how its ending is judged.
private struct PreparedCall: Sendable {
    var request: HTTPRequest
    var account: CashierAccount
    var expectation: ReplyReader.Expectation
    /// What the provider's clock should have shown when the call started.
    var signedAt: Timestamp

    func answer(to ending: HTTPEnding) -> CashierAnswer {
        var answer: CashierAnswer
        switch ending.result {
        case .reply(let reply):
            let reader = ReplyReader(
                account: account,
                expectation: expectation,
                now: signedAt.advanced(by: ending.elapsed)
            )
            answer = reader.classify(reply)
        case .failed(let code, let detail):
            answer = CashierAnswer(outcome: .unknown, code: code, message: detail)
        }
        if answer.outcome == .unknown, !ending.isBodyTouched { answer.outcome = .notSent }
        answer.elapsed = ending.elapsed
        return answer
    }
}
