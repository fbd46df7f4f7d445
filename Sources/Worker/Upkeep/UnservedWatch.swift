import Logs
import SessionCore

/// Tells of accounts that have jobs and no worker: each when two looks in a row have found it, and once an hour for as
/// long as it is so. One look proves nothing: after a time without a database some workers' life signs come later.
struct UnservedWatch {
    /// Workers that start together have told by then which accounts they have.
    static let firstLook = Duration.seconds(5)
    static let secondLook = Duration.seconds(10)
    static let interval = Duration.seconds(60)
    static let repetition = Duration.seconds(3_600)

    private let log: Log
    private var nextLook: Duration
    /// Accounts that the last look has found, and the one before has not.
    private var suspected: Set<String> = []
    /// By account, when it was last told.
    private var toldAt: [String: Duration] = [:]

    /// - Parameter start: the uptime now.
    init(log: Log, from start: Duration) {
        self.log = log
        nextLook = start + Self.firstLook
    }

    /// The accounts that were told of, in order.
    var names: [String] {
        toldAt.keys.sorted()
    }

    /// Whether it is time to look.
    func isDue(at uptime: Duration) -> Bool {
        uptime >= nextLook
    }

    mutating func found(_ accounts: [UnservedAccount], at uptime: Duration) {
        let news = Set(accounts.map(\.name)).subtracting(names).subtracting(suspected)
        nextLook = uptime + (news.isEmpty ? Self.interval : Self.secondLook)
        for account in accounts where !news.contains(account.name) {
            if let last = toldAt[account.name], uptime - last < Self.repetition { continue }
            toldAt[account.name] = uptime
            tell(account)
        }
        suspected = news
        for name in names where !accounts.contains(where: { $0.name == name }) {
            toldAt[name] = nil
            log.notice("an account that no worker had is served again, or nothing of it waits", [.account: .text(name)])
        }
    }

    private func tell(_ account: UnservedAccount) {
        let jobs: LogValue = account.isCut ? .text("\(account.waiting) or more") : .init(account.waiting)
        log.error(
            "jobs wait whose account no worker has: none of them is sent and no result is published",
            [
                .account: .text(account.name), .jobs: jobs,
                .reason: "put the account back under accounts as it was, or start a worker that has it",
            ]
        )
    }
}
