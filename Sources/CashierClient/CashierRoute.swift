import Cryptography
import Synchronization

/// The error table that an account's replies are judged by from now on, also those of calls that are on their way.
final class TableInForce: Sendable {
    private let current: Mutex<ErrorTable>

    init(_ table: ErrorTable) {
        current = Mutex(table)
    }

    var table: ErrorTable {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }
}

/// An account that calls and their answers refer to: it is much to copy.
final class SharedAccount: Sendable {
    let value: CashierAccount

    init(_ value: CashierAccount) {
        self.value = value
    }
}

/// An account that was checked, and where its requests go.
///
/// A class: each call refers to it, and an account is much to copy.
final class CashierRoute: Sendable {
    let shared: SharedAccount
    let opening: HTTPTarget
    let lookUp: HTTPTarget?
    let errors: TableInForce

    var account: CashierAccount { shared.value }

    /// - Parameter errors: the table that stays in force when the account's settings change; nil: the account's own.
    /// - Throws: The first setting that is wrong.
    init(_ account: CashierAccount, errors: TableInForce? = nil) throws(CashierAccountError) {
        try account.check()
        shared = SharedAccount(account)
        self.errors = errors ?? TableInForce(account.errorTable)
        opening = try Self.target(account.endpoint, "endpoint", account)
        lookUp =
            if let url = account.findOrderURL { try Self.target(url, "find_order_url", account) } else { nil }
    }

    /// The same with other secrets: where requests go, and the connections there, stay.
    private init(_ route: CashierRoute, secrets: [Secret]) {
        var account = route.account
        account.secrets = secrets
        shared = SharedAccount(account)
        errors = route.errors
        opening = route.opening
        lookUp = route.lookUp
    }

    /// - Throws: When a secret is missing or empty.
    func with(secrets: [Secret]) throws(CashierAccountError) -> CashierRoute {
        let changed = CashierRoute(self, secrets: secrets)
        try changed.account.check()
        return changed
    }

    private static func target(
        _ url: String,
        _ setting: String,
        _ account: CashierAccount
    ) throws(CashierAccountError) -> HTTPTarget {
        let target = HTTPTarget(
            url: url,
            headers: [("Content-Type", "application/json; charset=utf-8"), ("Accept", "application/json")],
            ownHeader: account.requestHeader,
            connectTimeout: account.connectTimeout,
            totalTimeout: account.totalTimeout,
            authorityFile: account.authorityFile
        )
        guard let target else {
            throw CashierAccountError(account: account.name, setting: setting, advice: "must be a whole https URL")
        }
        return target
    }
}

/// The accounts of this moment by name, which calls begin with and answers are verified with.
final class CashierRoutes: Sendable {
    private let routes: Mutex<[String: CashierRoute]>
    private let changes = Atomic<Int>(0)

    /// Another one for each change, which it follows: who finds the one of before may have missed a change that is
    /// being made.
    var revision: Int { changes.load(ordering: .acquiring) }

    init(_ routes: [String: CashierRoute]) {
        self.routes = Mutex(routes)
    }

    var all: [String: CashierRoute] {
        routes.withLock { $0 }
    }

    subscript(name: String) -> CashierRoute? {
        routes.withLock { $0[name] }
    }

    func replace(_ changed: [String: CashierRoute]) {
        routes.withLock { $0 = changed }
        changes.add(1, ordering: .releasing)
    }

    /// - Throws: When a secret is missing or empty; nothing is changed then.
    func replace(secrets: [Secret], of name: String) throws(CashierAccountError) {
        try routes.withLock { routes throws(CashierAccountError) in
            routes[name] = try routes[name]?.with(secrets: secrets)
        }
        changes.add(1, ordering: .releasing)
    }
}
