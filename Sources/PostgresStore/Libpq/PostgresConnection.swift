import BlockingThreads
import Glibc
import Logs
import SessionCore
import Synchronization

/// One connection with a thread of its own: connects when it is needed, again after a loss, and runs whole
/// transactions.
actor PostgresConnection {
    private let executor: ThreadExecutor
    private let options: PostgresOptions
    private let history: ConnectionHistory
    private let log: Log
    private var link: PostgresLink?
    private var backoff = ConnectionBackoff()

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    init(number: Int, options: PostgresOptions, history: ConnectionHistory, log: Log) {
        executor = ThreadExecutor(name: "postgres-\(number)")
        self.options = options
        self.history = history
        self.log = log
    }

    /// Runs a transaction: again on a new connection after a loss, if it is safe to run again, and on the same one
    /// after a deadlock.
    func run<Value: Sendable>(
        repeatsAfterLoss: Bool,
        _ body: @Sendable (PostgresLink) throws -> Value
    ) -> Result<Value, StoreError> {
        var tries = 0
        while true {
            tries += 1
            do {
                return .success(try body(connected()))
            } catch let error as StoreError {
                return .failure(error)
            } catch let failure as PostgresFailure {
                switch FailureAnswer(to: failure, tries: tries) {
                case .again(let delay):
                    blockThread(for: delay * Double.random(in: 0.5...1.5))
                case .reconnect:
                    log.notice("the database connection was lost", [.reason: failure.text])
                    link = nil
                    guard repeatsAfterLoss else { return .failure(.unavailable("the connection was lost")) }
                case .fail(let error, let dropsConnection):
                    if dropsConnection { link = nil }
                    return .failure(error)
                }
            } catch {
                return .failure(.refused(sqlState: "XX000", String(describing: type(of: error))))
            }
        }
    }

    func close() {
        link = nil
    }

    private func connected() throws -> PostgresLink {
        if let link, link.isUsable { return link }
        link = nil
        blockThread(for: backoff.wait(at: .now))
        var options = self.options
        if let currentPassword = options.currentPassword { options.password = currentPassword() }
        do {
            let link = try PostgresLink(options, tellsRefusal: !history.hasConnected)
            self.link = link
            history.connected()
            backoff.succeeded()
            return link
        } catch {
            backoff.failed(at: .now, jitter: Double.random(in: 0...1))
            throw error
        }
    }
}

/// Whether one of a pool's connections was ever made. A login that is refused before is wrong; afterwards, its password
/// is being changed, and that is waited for: until the server and the password's file say the same again.
final class ConnectionHistory: Sendable {
    private let state = Mutex(false)

    var hasConnected: Bool {
        state.withLock { $0 }
    }

    func connected() {
        state.withLock { $0 = true }
    }
}

extension PostgresFailure {
    fileprivate var text: LogValue {
        switch self {
        case .unreachable(let reason), .lost(let reason), .shape(let reason): .text(reason)
        case .server(let sqlState, let message): .text("\(message) (\(sqlState))")
        }
    }
}
