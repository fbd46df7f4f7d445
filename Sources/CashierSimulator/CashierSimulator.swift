import Cryptography
import Glibc
import HTTPServer
import SessionCore
import Synchronization

/// Runs the simulated provider on a port of this machine.
package enum CashierSimulator {
    /// Listens and serves on a thread of its own until `stop`, or until the returned value is released.
    package static func start(_ configuration: SimulatorConfiguration) throws(SimulatorError) -> RunningSimulator {
        try RunningSimulator(configuration)
    }
}

/// A simulated provider that listens.
package final class RunningSimulator: Sendable {
    /// The port that it got.
    package let port: Int
    private let server: HTTPServer
    private let cashier: SharedCashier

    fileprivate init(_ configuration: SimulatorConfiguration) throws(SimulatorError) {
        let salt = secureRandomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        cashier = SharedCashier(SimulatedCashier(configuration, salt: salt))
        do throws(ListenError) {
            server = try HTTPServer(
                name: "simulator",
                host: configuration.host,
                port: configuration.port,
                connectionsMax: configuration.connectionsMax,
                handler: cashier
            )
        } catch {
            throw SimulatorError(error)
        }
        port = server.port
    }

    /// Closes all connections and the port, and waits for the thread to end: milliseconds. Calls after the first return
    /// at once.
    package func stop() {
        server.stop()
    }

    /// What was counted so far; `connectionsOpen` as of the latest request.
    package func statistics() -> SimulatorStatistics {
        cashier.state.withLock { $0.currentStatistics() }
    }

    /// Changes the faults from the next request on.
    package func setFaults(_ plan: FaultPlan) {
        cashier.state.withLock { $0.plan = plan }
    }

    /// Forgets orders, events and counts; the fault plan stays.
    package func reset() {
        cashier.state.withLock { $0.reset() }
    }
}

/// The cashier between the server's thread and the callers of `RunningSimulator`.
private final class SharedCashier: HTTPHandler {
    let state: Mutex<SimulatedCashier>

    init(_ cashier: SimulatedCashier) {
        state = Mutex(cashier)
    }

    func answer(_ request: HTTPRequest, isHeld: Bool, connectionsOpen: Int) -> HTTPAnswer {
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        let now = Timestamp(microseconds: Int64(clock.tv_sec) * 1_000_000 + Int64(clock.tv_nsec) / 1_000)
        return state.withLock {
            $0.answer(request, now: now, isHeld: isHeld, connectionsOpen: connectionsOpen)
        }
    }

    func nextPiece(of range: inout EventRange) -> [UInt8] {
        state.withLock { $0.nextPiece(of: &range) }
    }
}
