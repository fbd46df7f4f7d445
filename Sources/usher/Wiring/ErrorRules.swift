import CashierClient
import Logs
import PostgresStore
import SessionCore
import Synchronization

/// Keeps a process's error tables as the database has them, and the database told of replies that were no success.
///
/// Beside the worker, and never in its way: without a database the last table stays in force, and replies are dropped
/// and counted.
final class ErrorRules: Sendable {
    /// How often the database is asked and told.
    static let interval = Duration.seconds(1)

    private struct State {
        /// Of the table in force; nil before the first.
        var revision: Int64?
        var isWithoutDatabase = false
        var dropped = 0
        var faults: [ErrorRuleFault] = []
    }

    private let replies: ReplyBuffer
    private let accounts: [String]
    private let store: PostgresStore
    private let apply: @Sendable ([String: ErrorTable]) -> Void
    private let log: Log
    private let state = Mutex(State())

    /// - Parameter apply: puts tables in force, by account.
    init(
        accounts: [String],
        store: PostgresStore,
        replies: ReplyBuffer,
        log: Log,
        apply: @escaping @Sendable ([String: ErrorTable]) -> Void
    ) {
        self.accounts = accounts
        self.store = store
        self.replies = replies
        self.apply = apply
        self.log = log
    }

    /// Puts the stored table in force; until it could be read once, waits for the database. To be called before the
    /// first call to the provider. Throws what no waiting mends.
    func load(until isOver: @Sendable () -> Bool) async throws {
        while !isOver() {
            if try await follow() { return }
            try await ContinuousClock().sleep(for: .milliseconds(500))
        }
    }

    /// Follows changes and stores replies, until it is cancelled; then stores what is left.
    func run() async {
        while !Task.isCancelled {
            do {
                try await ContinuousClock().sleep(for: Self.interval)
                _ = try await follow()
            } catch is CancellationError {
                break
            } catch {
                unreachable(Explanation.of(error).message)
            }
            await tellReplies()
        }
        await tellReplies()
    }

    /// Whether the table in force is the stored one. Throws `StoreError` for what does not pass by itself.
    private func follow() async throws -> Bool {
        do {
            let revision = try await store.errorRevision()
            let known = state.withLock { $0.revision }
            if revision != known { put(try await store.errorTable(), isFirst: known == nil) }
            reachable()
            return true
        } catch let error as StoreError {
            guard let reason = error.passingReason else { throw error }
            unreachable(reason)
            return false
        }
    }

    private func put(_ stored: StoredErrorTable, isFirst: Bool) {
        let known = state.withLock { $0.faults }
        var tables: [String: ErrorTable] = [:]
        var faults: [ErrorRuleFault] = []
        for account in accounts {
            let (table, wrong) = stored.table(of: account)
            tables[account] = table
            faults += wrong.filter { !faults.contains($0) }
        }
        apply(tables)
        state.withLock { state in
            state.revision = stored.revision
            state.faults = faults
        }
        for fault in faults where !known.contains(fault) {
            log.warning(
                "a stored rule of the error table cannot be used and is left out",
                [.rule: .text(fault.ruleID), .reason: .text("\(fault.part) \(fault.advice)")]
            )
        }
        let count = stored.overrides.filter { accounts.contains($0.account) }.count
        if isFirst {
            log.info("error table read", [.version: .init(stored.revision), .count: .init(count)])
        } else {
            log.notice("error table changed: in force now", [.version: .init(stored.revision), .count: .init(count)])
        }
    }

    private func unreachable(_ reason: String) {
        let isNews = state.withLock { state in
            defer { state.isWithoutDatabase = true }
            return !state.isWithoutDatabase
        }
        guard isNews else { return }
        log.warning("the error table cannot be read: the one in force stays", [.reason: .text(reason)])
    }

    private func reachable() {
        let isNews = state.withLock { state in
            defer { state.isWithoutDatabase = false }
            return state.isWithoutDatabase
        }
        if isNews { log.notice("the error table can be read again") }
    }

    /// Stores what has gathered; what cannot be stored now is dropped and counted.
    private func tellReplies() async {
        let content = replies.take()
        for (key, orderID) in content.news { tell(key, orderID) }
        var dropped = content.dropped
        if state.withLock({ $0.isWithoutDatabase }) {
            dropped += content.replies.count
        } else if !content.replies.isEmpty || !content.unlisted.isEmpty {
            do {
                try await store.record(content.replies, unlisted: Array(content.unlisted.values))
            } catch {
                dropped += content.replies.count
            }
        }
        let total = state.withLock { state in
            state.dropped += dropped
            // Told once it is over: a line for each second of an outage says nothing new.
            guard dropped == 0 else { return 0 }
            defer { state.dropped = 0 }
            return state.dropped
        }
        if total > 0 { log.info("replies that were no success were not kept", [.count: .init(total)]) }
    }

    private func tell(_ key: UnlistedCode.Key, _ orderID: String) {
        let rule =
            key.code.hasPrefix("http_") ? "--code none --http-status \(key.httpStatus)" : "--code \(key.code)"
        let command = "usher account errors set \(key.account) \(rule) --class CLASS --message TEXT --reason TEXT"
        log.warning(
            "the Cashier sent a code that the error table does not list; the command teaches it",
            [
                .account: .text(key.account), .code: .text(key.code), .httpStatus: .init(key.httpStatus),
                .order: .text(orderID), .command: .text(command),
            ]
        )
    }
}
