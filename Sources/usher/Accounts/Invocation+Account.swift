import PostgresStore
import Settings
import Spelling
import Terminal

extension Invocation {
    /// The argument ACCOUNT, which the settings must have. Throws `UsageError` with the accounts there are.
    func knownAccount(in configuration: Configuration) throws(UsageError) -> Configuration.Account {
        let name = argument("ACCOUNT")
        if let account = configuration.accounts[name] { return account }
        throw unknownAccount(name, in: configuration)
    }

    func unknownAccount(_ name: String, in configuration: Configuration) -> UsageError {
        let known = configuration.accounts.keys.sorted()
        let near = nearestWord(to: name, among: known).map { "did you mean \($0)? There are" } ?? "there are"
        let list = known.joined(separator: ", ")
        return UsageError(path: path, message: "the settings have no account \(printable(name)); \(near) \(list)")
    }

    /// Several accounts have an order, where one is meant.
    func severalAccounts(_ orders: [OrderDetail]) -> UsageError {
        let accounts = orders.map(\.summary.order.account).joined(separator: ", ")
        return UsageError(path: path, message: "several accounts have it, name one by --account: \(accounts)")
    }
}
