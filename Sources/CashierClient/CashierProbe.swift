import SessionCore

/// What came of asking an account's endpoint for its headers: does the way there work, and do the clocks agree?
package struct CashierProbe: Equatable, Sendable {
    package var account: String
    /// Whether anything answered: names, TCP and TLS work then. What it answered does not matter.
    package var isReached: Bool
    /// `ok`, or the name of what failed (`dns`, `connect`, `tls`, `timeout`, …).
    package var code: String
    /// For people; holds no URL.
    package var message: String
    package var httpStatus: Int?
    /// The server's clock minus ours, by its `Date` header; right within half a second and half of `elapsed`.
    package var clockDifference: Duration?
    package var elapsed: Duration

    init(unknownAccount account: String) {
        self.account = account
        isReached = false
        code = "no_account"
        message = "the account is not in the configuration"
        elapsed = .zero
    }

    init(account: String, ending: HTTPEnding, now: Timestamp) {
        self.account = account
        elapsed = ending.elapsed
        switch ending.result {
        case .failed(let code, let detail):
            isReached = false
            self.code = code
            message = detail
        case .reply(let reply):
            isReached = true
            code = "ok"
            message = "answered with HTTP \(reply.status)"
            httpStatus = reply.status
            // The header is cut to whole seconds, so its moment is on average half a second later.
            clockDifference = reply.header("Date").flatMap(HTTPDate.parse).map { date in
                now.advanced(by: ending.elapsed / 2).duration(to: date.advanced(by: .milliseconds(500)))
            }
        }
    }
}
