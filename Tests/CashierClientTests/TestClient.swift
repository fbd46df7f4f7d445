import SessionCore
import Synchronization

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

    /// One call and its answer. Several may be under way at once.
    func answer(to call: CashierCall = Sample.call()) async -> CashierAnswer {
        await withCheckedContinuation { continuation in
            callers.withLock { $0[ObjectIdentifier(call.job)] = Caller(job: call.job, continuation: continuation) }
            start([call])
            // One of these for each call: whoever takes several answers hands them on.
            Task {
                for answered in await answers() ?? [] {
                    let caller = callers.withLock { $0.removeValue(forKey: ObjectIdentifier(answered.job)) }
                    caller?.continuation.resume(returning: answered.answer)
                }
            }
        }
    }
}

/// Who waits for a call's answer. Holds the job, so that no other can have its identity meanwhile.
private let callers = Mutex<[ObjectIdentifier: Caller]>([:])

private struct Caller {
    var job: ClaimedJob
    var continuation: CheckedContinuation<CashierAnswer, Never>
}

extension CallOutcome {
    var isOpened: Bool {
        if case .opened = self { true } else { false }
    }
}
