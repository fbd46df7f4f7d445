import CLibpq
import Glibc

/// One open connection: the only place that calls libpq for work. Blocks its caller, which is the thread of its
/// `PostgresConnection`; never leaves it.
final class PostgresLink {
    private let handle: OpaquePointer
    private let watch = CommitWatch()
    private let patience: Duration
    private var prepared: Set<String> = []

    /// Connects, and sets the session up.
    ///
    /// - Parameter tellsRefusal: whether a login that is refused is `PostgresFailure.server`, with its code; otherwise
    ///   it is `.unreachable`, as anything else is that keeps a connection from being made.
    init(_ options: PostgresOptions, tellsRefusal: Bool = true) throws {
        let keywords = options.keywords
        let names = CStrings(keywords.map(\.name))
        let values = CStrings(keywords.map(\.value))
        guard let handle = PQconnectdbParams(names.pointers, values.pointers, 1) else {
            throw PostgresFailure.unreachable("out of memory")
        }
        self.handle = handle
        patience = options.patience
        if PQstatus(handle) != CONNECTION_OK {
            guard tellsRefusal else { throw PostgresFailure.unreachable(lastError) }
            try connectForTheCode()
        }
        guard PQserverVersion(handle) >= 140_000 else {
            throw PostgresFailure.server(sqlState: "0A000", message: "the server is older than PostgreSQL 14")
        }
        PQsetnonblocking(handle, 1)
        PQsetNoticeReceiver(handle, noteNotice, Unmanaged.passUnretained(watch).toOpaque())
        try run(SQL.Session.settings)
        try run(SQL.Server.limitStatements, [.text("\(options.statementTimeout.wholeMilliseconds)ms")])
    }

    deinit {
        PQfinish(handle)
    }

    /// False when the server has closed the connection while nothing ran on it. Costs one `poll`.
    var isUsable: Bool {
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        if poll(&descriptor, 1, 0) > 0, PQconsumeInput(handle) == 0 { return false }
        return PQstatus(handle) == CONNECTION_OK && PQtransactionStatus(handle) == PQTRANS_IDLE
    }

    /// The server's process for this connection.
    var serverProcess: Int32 {
        PQbackendPID(handle)
    }

    /// Runs a script as it stands.
    func run(_ script: Script) throws {
        try runText(script.text, named: script.name, patience: patience)
    }

    /// Runs a migration, which may take long.
    func run(_ migration: Migration) throws {
        try runText(migration.text, named: migration.name, patience: nil)
    }

    /// Waits for another migrator, for as long as it takes.
    func runWithoutLimit(_ script: Script) throws {
        try runText(script.text, named: script.name, patience: nil)
    }

    /// Runs a statement, prepared on its first use.
    @discardableResult
    func run(_ statement: Statement, _ parameters: [PGParameter] = []) throws -> PGRows {
        try prepare(statement)
        let packed = PackedParameters(parameters)
        let isSent = packed.withPointers { values, lengths, formats in
            PQsendQueryPrepared(handle, statement.name, Int32(parameters.count), values, lengths, formats, 1)
        }
        guard isSent == 1 else { throw PostgresFailure.lost(lastError) }
        return try answer(to: statement.name, patience: patience)
    }

    /// Prepares a statement if it is not yet.
    func prepare(_ statement: Statement) throws {
        guard !prepared.contains(statement.name) else { return }
        guard PQsendPrepare(handle, statement.name, statement.text, 0, nil) == 1 else {
            throw PostgresFailure.lost(lastError)
        }
        _ = try answer(to: statement.name, patience: patience)
        prepared.insert(statement.name)
    }

    /// Runs `body` between BEGIN and COMMIT; rolls back when it throws.
    func transaction<Value>(_ begin: Script = SQL.Session.begin, _ body: (PostgresLink) throws -> Value) throws -> Value
    {
        try run(begin)
        let value: Value
        do {
            value = try body(self)
        } catch {
            // What made the body fail is what the caller needs; a rollback that fails too ends the connection's use.
            if PQstatus(handle) == CONNECTION_OK { try? run(SQL.Session.rollback) }
            throw error
        }
        do {
            try run(SQL.Session.commit)
        } catch let failure as PostgresFailure {
            throw failure.ofCommit
        }
        return value
    }

    /// Tries once more, where a server answered: libpq tells its code only to who asked for codes before. Throws unless
    /// there is a connection now.
    private func connectForTheCode() throws {
        let reason = lastError
        if PQconnectionNeedsPassword(handle) == 1 {
            throw PostgresFailure.server(sqlState: "28P01", message: "the server asks for a password; none is set")
        }
        guard LoginRefusal.isAnswered(reason) else { throw PostgresFailure.unreachable(reason) }
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        PQreset(handle)
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        guard PQstatus(handle) != CONNECTION_OK else { return }
        guard let refusal = LoginRefusal(verbose: errorText) else { throw PostgresFailure.unreachable(reason) }
        throw PostgresFailure.server(sqlState: refusal.sqlState, message: refusal.message)
    }

    private func runText(_ text: String, named name: String, patience: Duration?) throws {
        guard PQsendQuery(handle, text) == 1 else { throw PostgresFailure.lost(lastError) }
        _ = try answer(to: name, patience: patience)
    }

    /// Waits for all results of what was sent and returns the last; throws what the first error says.
    private func answer(to name: String, patience: Duration?) throws -> PGRows {
        let deadline = patience.map { ContinuousClock.now + $0 }
        var rows: PGRows?
        var failure: PostgresFailure?
        while true {
            try waitForResult(until: deadline)
            guard let result = PQgetResult(handle) else { break }
            let status = PQresultStatus(result)
            if failure == nil, status != PGRES_TUPLES_OK, status != PGRES_COMMAND_OK {
                failure = self.failure(of: result)
            }
            rows = PGRows(owning: result, statement: name)
        }
        if let failure { throw failure }
        if watch.takeDoubt() {
            throw PostgresFailure.lost("the wait for the synchronous standby was cancelled: the commit is in doubt")
        }
        guard let rows else { throw PostgresFailure.lost(lastError) }
        return rows
    }

    private func waitForResult(until deadline: ContinuousClock.Instant?) throws {
        while true {
            let unsent = PQflush(handle)
            guard unsent >= 0 else { throw PostgresFailure.lost(lastError) }
            if unsent == 0, PQisBusy(handle) == 0 { return }
            var descriptor = pollfd(
                fd: PQsocket(handle),
                events: Int16(POLLIN) | (unsent == 1 ? Int16(POLLOUT) : 0),
                revents: 0
            )
            var wait: Int32 = -1
            if let deadline {
                let left = ContinuousClock.now.duration(to: deadline).components
                wait = Int32(max(0, left.seconds * 1_000 + left.attoseconds / 1_000_000_000_000_000))
            }
            let ready = poll(&descriptor, 1, wait)
            if ready == 0 { throw PostgresFailure.lost("the server did not answer in time") }
            if ready < 0, errno != EINTR { throw PostgresFailure.lost("poll failed") }
            if PQconsumeInput(handle) == 0 { throw PostgresFailure.lost(lastError) }
        }
    }

    /// The server's code and its primary message, never the detail: that one quotes values.
    private func failure(of result: OpaquePointer) -> PostgresFailure {
        guard PQstatus(handle) == CONNECTION_OK, let state = usher_pq_sqlstate(result) else {
            return .lost(lastError)
        }
        var message = usher_pq_message(result).map { String(cString: $0) } ?? "no message"
        if let constraint = usher_pq_constraint(result) { message += " [\(String(cString: constraint))]" }
        return .server(sqlState: String(cString: state), message: message)
    }

    private var errorText: String {
        PQerrorMessage(handle).map { String(cString: $0) } ?? ""
    }

    private var lastError: String {
        let line = errorText.split(separator: "\n").joined(separator: "; ")
        return line.isEmpty ? "the connection was lost" : line
    }
}

/// Remembers whether a notice put a commit in doubt.
private final class CommitWatch {
    private var isDoubted = false

    /// A session whose wait for the synchronous standby is cancelled has committed here, and only here; it gets a mere
    /// warning. The server's source function names it whatever the language of its messages.
    func note(_ result: OpaquePointer) {
        guard let routine = usher_pq_routine(result) else { return }
        if String(cString: routine) == "SyncRepWaitForLSN" { isDoubted = true }
    }

    func takeDoubt() -> Bool {
        defer { isDoubted = false }
        return isDoubted
    }
}

private func noteNotice(_ argument: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {
    guard let argument, let result else { return }
    Unmanaged<CommitWatch>.fromOpaque(argument).takeUnretainedValue().note(result)
}
