package import Cryptography
import Glibc
import HTTPServer
import SessionCore
import Synchronization

/// Runs the simulated provider on a port of this machine.
package enum CashierSimulator {
    /// Listens and serves on a thread of its own until `stop`, or until the returned value is released.
    ///
    /// Throws `SimulatorError` if it cannot listen, and `StateFileError` for a state file that cannot be used.
    package static func start(_ configuration: SimulatorConfiguration) throws -> RunningSimulator {
        try RunningSimulator(configuration)
    }
}

/// A simulated provider that listens.
package final class RunningSimulator: Sendable {
    /// The port that it got.
    package let port: Int
    private let server: HTTPServer
    private let cashier: SharedCashier

    fileprivate init(_ configuration: SimulatorConfiguration) throws {
        let salt = secureRandomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        cashier = try SharedCashier(configuration, salt: salt)
        do throws(ListenError) {
            server = try HTTPServer(
                name: "simulator",
                host: configuration.host,
                port: configuration.port,
                limits: HTTPLimits(connectionsMax: configuration.connectionsMax),
                handler: cashier
            )
        } catch {
            throw SimulatorError(error)
        }
        port = server.port
    }

    /// Closes all connections and the port, and waits for the threads to end: milliseconds. Calls after the first
    /// return at once.
    package func stop() {
        server.stop()
        cashier.stop()
    }

    deinit {
        stop()
    }

    /// What was counted so far; `connectionsOpen` as of the latest request.
    package func statistics() -> SimulatorStatistics {
        cashier.read { $0.currentStatistics() }
    }

    /// The personality of this moment.
    package var personality: Personality {
        cashier.read { $0.configuration.personality }
    }

    /// Changes the faults from the next request on.
    package func setFaults(_ plan: FaultPlan) {
        cashier.change { $0.change(.faults(plan, seed: $0.seed)) }
    }

    /// Changes the personality from the next request on.
    package func setPersonality(_ personality: Personality) {
        cashier.change { $0.change(.personality(personality)) }
    }

    /// Changes the secret of all accounts from the next request on, as a merchant's support does.
    package func setSecret(_ secret: Secret) {
        cashier.change { cashier in
            for index in cashier.configuration.accounts.indices {
                cashier.configuration.accounts[index].secret = secret
            }
        }
    }

    /// Forgets orders, events, callbacks and counts; personality and fault plan stay.
    package func reset() {
        cashier.change { $0.reset() }
    }
}

/// The cashier between the server's thread, the callbacks' threads and the callers of `RunningSimulator`; writes down
/// what has changed before anybody is told of it.
private final class SharedCashier: HTTPHandler {
    private struct State {
        var cashier: SimulatedCashier
        var file: StateFile?
    }

    /// The state and what works with it: the sender's threads hold it, and not the sender.
    private final class Shared: Sendable {
        private let state: Mutex<State>

        init(_ cashier: SimulatedCashier, _ file: sending StateFile?) {
            state = Mutex(State(cashier: cashier, file: file))
        }

        func read<Value: Sendable>(_ body: (SimulatedCashier) -> Value) -> Value {
            state.withLock { body($0.cashier) }
        }

        /// Lets go of the file; what is changed from now on is not kept.
        func closeFile() {
            state.withLock { $0.file = nil }
        }

        /// Changes the state, writes the change down, and returns the callbacks that came of it.
        func change<Value: Sendable>(_ body: (inout SimulatedCashier) -> Value) -> (Value, [CallbackTicket]) {
            state.withLock { state in
                let value = body(&state.cashier)
                if let file = state.file {
                    file.append(state.cashier.takeJournalLine())
                    state.cashier.stateFault = file.fault
                }
                return (value, state.cashier.callbacks.takeTickets())
            }
        }
    }

    private let shared: Shared
    private let sender: CallbackSender

    init(_ configuration: SimulatorConfiguration, salt: UInt64) throws(StateFileError) {
        var cashier = SimulatedCashier(configuration, salt: salt)
        var file: StateFile?
        if let path = configuration.statePath { file = try StateFile.open(path, &cashier) }
        let shared = Shared(cashier, file)
        self.shared = shared
        sender = CallbackSender(
            prepare: { ticket in shared.change { $0.prepare(ticket, now: wallClock()) }.0 },
            finish: { id, ticket, result in shared.change { $0.finish(id, epoch: ticket.epoch, result) }.1 }
        )
    }

    func stop() {
        sender.stop()
        shared.closeFile()
    }

    func read<Value: Sendable>(_ body: (SimulatedCashier) -> Value) -> Value {
        shared.read(body)
    }

    func change(_ body: (inout SimulatedCashier) -> Void) {
        sender.add(shared.change(body).1)
    }

    func answer(_ request: HTTPRequest, _ turn: HTTPTurn) -> HTTPAnswer? {
        let now = wallClock()
        let (answer, tickets) = shared.change {
            $0.answer(request, now: now, isHeld: turn.isHeld, connectionsOpen: turn.connectionsOpen)
        }
        sender.add(tickets)
        return answer
    }

    func nextPiece(of range: inout EventRange) -> [UInt8] {
        var next = range
        let piece = shared.change { $0.nextPiece(of: &next) }.0
        range = next
        return piece
    }
}

/// The machine's clock.
private func wallClock() -> Timestamp {
    var clock = timespec()
    clock_gettime(CLOCK_REALTIME, &clock)
    return Timestamp(microseconds: Int64(clock.tv_sec) * 1_000_000 + Int64(clock.tv_nsec) / 1_000)
}
