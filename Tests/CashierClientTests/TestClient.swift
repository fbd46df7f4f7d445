import SessionCore

@testable import CashierClient

extension CashierHTTPClient {
    /// A client for the account `demo` at a server on this machine.
    static func to(
        _ server: RawServer,
        limits: HTTPLimits = HTTPLimits(),
        totalTimeout: Duration = .seconds(20),
        scheme: String = "http"
    ) throws -> CashierHTTPClient {
        var account = Sample.account(endpoint: "\(scheme)://127.0.0.1:\(server.port)/cashier/virtual-terminal")
        account.totalTimeout = totalTimeout
        account.connectTimeout = min(account.connectTimeout, totalTimeout)
        return try CashierHTTPClient(accounts: [account], limits: limits)
    }

    /// One call and its answer.
    func answer(to call: CashierCall = Sample.call()) async -> CashierAnswer {
        await withCheckedContinuation { continuation in
            start(call) { continuation.resume(returning: $0) }
        }
    }
}

extension CallOutcome {
    var isOpened: Bool {
        if case .opened = self { true } else { false }
    }
}
