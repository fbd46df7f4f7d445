import CashierClient
import Cryptography
import SessionCore
import Settings

/// Asks an account's endpoint for its headers, which opens nothing, and compares clocks.
struct AccountProbe {
    /// Below the limit of a check.
    private static let timeoutMax: Duration = .seconds(8)

    let account: Configuration.Account
    let facts: DoctorFacts

    /// Of the endpoint, with the port if the URL has one.
    var host: String { unsigned.hosts.first ?? "" }

    /// Nothing is signed, so the real secret stays where it is.
    private var unsigned: CashierAccount {
        CashierAccount(
            name: account.name,
            endpoint: account.endpoint,
            findOrderURL: account.findOrderEndpoint,
            merchantID: account.merchantID,
            applicationKey: account.applicationKey,
            secrets: [Secret("not needed")]
        )
    }

    func findings() async throws -> [Finding] {
        var probed = unsigned
        probed.connectTimeout = min(account.connectTimeout, Self.timeoutMax)
        probed.totalTimeout = min(account.timeout, Self.timeoutMax)
        probed.authorityFile = account.caFile
        let client = try CashierHTTPClient(accounts: [probed])
        let difference = facts.state.withLock { $0.clockDifference }
        let now = Timestamp.systemNow.advanced(by: difference ?? .zero)
        let probe = await client.probe(account: account.name, now: now)
        await client.close(timeout: .seconds(1))
        return AccountJudgement.findings(
            probe,
            isTLS: account.endpoint.hasPrefix("https:"),
            reference: difference == nil ? "this machine's, as Postgres cannot be asked" : "Postgres's",
            offset: account.clockOffset
        )
    }
}
