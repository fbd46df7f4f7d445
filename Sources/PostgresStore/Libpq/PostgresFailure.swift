import SessionCore

/// What went wrong on a connection.
enum PostgresFailure: Error, Equatable {
    /// No connection could be made.
    case unreachable(String)
    /// The connection is gone or cannot be trusted; what was running may or may not have been committed.
    case lost(String)
    /// The server refused the statement, or the login.
    case server(sqlState: String, message: String)
    /// A row does not look as the code expects it to.
    case shape(String)

    /// The same as the answer to a commit. A server that panics or is told to end says so even when what it was to
    /// commit is on its disk already; only what it says of the transaction itself, such as of a conflict, is certain.
    var ofCommit: PostgresFailure {
        guard case .server(let sqlState, let message) = self, FailureAnswer.isOfServer(sqlState) else { return self }
        return .lost("\(message) (\(sqlState), in answer to the commit)")
    }
}

/// What to do about a failure. Pure.
enum FailureAnswer: Equatable {
    /// Run again, on this connection, after a wait.
    case again(after: Duration)
    /// Drop the connection and run again on a new one.
    case reconnect
    case fail(StoreError, dropsConnection: Bool)

    /// Serialization failures, deadlocks and lock timeouts are run again so many times.
    static let repeatsMax = 5

    /// - Parameter tries: how often the transaction was tried so far, at least 1.
    init(to failure: PostgresFailure, tries: Int) {
        switch failure {
        case .unreachable(let reason):
            self = .fail(.unavailable(reason), dropsConnection: true)
        case .lost(let reason):
            self = tries == 1 ? .reconnect : .fail(.unavailable(reason), dropsConnection: true)
        case .shape(let reason):
            self = .fail(.refused(sqlState: "XX000", reason), dropsConnection: false)
        case .server(let sqlState, let message):
            self = Self.answer(sqlState: sqlState, message: message, tries: tries)
        }
    }

    private static func answer(sqlState: String, message: String, tries: Int) -> FailureAnswer {
        if ["40001", "40P01", "55P03"].contains(sqlState) {
            return tries <= repeatsMax
                ? .again(after: .milliseconds(5 << tries))
                : .fail(.notNow("\(message) (\(sqlState), tried \(tries) times)"), dropsConnection: false)
        }
        guard isOfServer(sqlState) else {
            return .fail(.refused(sqlState: sqlState, message), dropsConnection: false)
        }
        let text = "\(message) (\(sqlState))"
        if sqlState.hasPrefix("53") { return .fail(.notNow(text), dropsConnection: false) }
        let isAnswer = ["25006", "57014"].contains(sqlState) || sqlState.hasPrefix("58")
        return .fail(isAnswer ? .notNow(text) : .unavailable(text), dropsConnection: true)
    }

    /// Whether a code is about the server, and not the batch's fault. 25006, read-only: the primary moved away. 08:
    /// protocol. 53: disk, memory or connections used up. 57: shut down or cancelled. 58: I/O. XX: internal.
    static func isOfServer(_ sqlState: String) -> Bool {
        sqlState == "25006" || ["08", "53", "57", "58", "XX"].contains(sqlState.prefix(2))
    }
}
