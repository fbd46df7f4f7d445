import Logs
import SessionCore
import Synchronization

/// A fixed number of connections. What is urgent (`Urgency`) goes first in the line for one.
final class PostgresPool: Sendable {
    private struct State {
        var idle: [Int]
        var line = ConnectionLine<CheckedContinuation<Int, Never>>()
    }

    private let connections: [PostgresConnection]
    private let state: Mutex<State>

    init(options: PostgresOptions, log: Log) {
        let count = max(1, options.connectionsMax)
        let history = ConnectionHistory()
        connections = (0..<count).map { number in
            PostgresConnection(number: number, options: options, history: history, log: log)
        }
        state = Mutex(State(idle: Array((0..<count).reversed())))
    }

    /// Runs a transaction on the next free connection, and again after the connection was lost, unless told not to.
    func run<Value: Sendable>(
        repeatsAfterLoss: Bool = true,
        _ body: @Sendable (PostgresLink) throws -> Value
    ) async throws(StoreError) -> Value {
        let index = await take()
        let result = await connections[index].run(repeatsAfterLoss: repeatsAfterLoss, body)
        giveBack(index)
        return try result.get()
    }

    /// Transactions that wait for a connection.
    var waiting: Int {
        state.withLock { $0.line.count }
    }

    func close() async {
        for connection in connections { await connection.close() }
    }

    private func take() async -> Int {
        let isUrgent = Urgency.isUrgent
        return await withCheckedContinuation { continuation in
            let index: Int? = state.withLock { state in
                if let index = state.idle.popLast() { return index }
                state.line.append(continuation, isUrgent: isUrgent)
                return nil
            }
            if let index { continuation.resume(returning: index) }
        }
    }

    private func giveBack(_ index: Int) {
        let waiter: CheckedContinuation<Int, Never>? = state.withLock { state in
            let waiter = state.line.next()
            if waiter == nil { state.idle.append(index) }
            return waiter
        }
        waiter?.resume(returning: index)
    }
}
