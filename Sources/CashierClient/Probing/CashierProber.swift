package import SessionCore

/// Asks an account's provider one request at a time, with the client of the worker and none of its repeats: each call
/// is sent at most once.
package final class CashierProber: Sendable {
    package let account: CashierAccount
    private let route: CashierRoute
    private let transport: SocketTransport
    private let now: @Sendable () -> Timestamp

    /// `now` is the clock that signs. Throws the first setting of the account that is wrong.
    package init(
        account: CashierAccount,
        limits: HTTPLimits = HTTPLimits(),
        now: @escaping @Sendable () -> Timestamp
    ) throws(CashierAccountError) {
        route = try CashierRoute(account)
        self.account = account
        self.now = now
        transport = SocketTransport(limits: limits)
    }

    /// Whether orders can be looked up: the account has an address for it.
    package var canLookUp: Bool { route.lookUp != nil }

    /// Sends the request and reads the reply.
    package func send(_ call: ProbeCall) async -> ProbeReply {
        await send(call, isReplyWanted: true)
    }

    /// Sends the request and ends the connection before a byte of the reply is read. True when all of it was sent.
    package func sendAndHangUp(_ call: ProbeCall) async -> Bool {
        await send(call, isReplyWanted: false).code == HTTPRequest.hungUp
    }

    package func close() async {
        await transport.close(timeout: .seconds(1))
    }

    private func send(_ call: ProbeCall, isReplyWanted: Bool) async -> ProbeReply {
        guard let target = call.isOpening ? route.opening : route.lookUp else {
            return ProbeReply(
                code: AnswerCode.noFindOrderURL,
                message: "the account has no find_order_endpoint",
                isLookUp: true,
                elapsed: .zero
            )
        }
        var request = HTTPRequest(target: target, ownHeader: call.signature, body: call.body)
        request.isReplyWanted = isReplyWanted
        let sentAt = now()
        let ending = await withCheckedContinuation { continuation in
            transport.start(request) { continuation.resume(returning: $0) }
        }
        switch ending.result {
        case .reply(let reply):
            return ProbeReply(reply, to: call, account: account, sentAt: sentAt, elapsed: ending.elapsed)
        case .failed(let code, let detail):
            return ProbeReply(code: code, message: detail, isLookUp: !call.isOpening, elapsed: ending.elapsed)
        }
    }
}

extension CashierAccount {
    /// Hosts that requests go to, lower case, with their ports where the URLs have them: the endpoint's first, then
    /// that of look-ups if it is another.
    package var hosts: [String] {
        var hosts: [String] = []
        for url in [endpoint, findOrderURL ?? ""] {
            guard let address = WebAddress(url) else { continue }
            let host = address.host + (address.port.map { ":\($0)" } ?? "")
            if !hosts.contains(host) { hosts.append(host) }
        }
        return hosts
    }

    /// Whether requests go to this machine only.
    package var isLocal: Bool {
        [endpoint, findOrderURL ?? endpoint].allSatisfy { WebAddress($0)?.isLoopback ?? false }
    }
}
