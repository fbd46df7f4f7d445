/// An account that was checked, and where its requests go.
///
/// A class: each call refers to it, and an account is much to copy.
final class CashierRoute: Sendable {
    let account: CashierAccount
    let opening: HTTPTarget
    let lookUp: HTTPTarget?

    /// - Throws: The first setting that is wrong.
    init(_ account: CashierAccount) throws(CashierAccountError) {
        try account.check()
        self.account = account
        opening = try Self.target(account.endpoint, "endpoint", account)
        lookUp =
            if let url = account.findOrderURL { try Self.target(url, "find_order_url", account) } else { nil }
    }

    private static func target(
        _ url: String,
        _ setting: String,
        _ account: CashierAccount
    ) throws(CashierAccountError) -> HTTPTarget {
        let target = HTTPTarget(
            url: url,
            headers: [("Content-Type", "application/json; charset=utf-8"), ("Accept", "application/json")],
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
