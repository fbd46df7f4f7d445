import SessionCore
import Settings

/// What is known of an account's provider, and whether it still may be. Pure.
enum ProviderFileJudgement {
    /// Providers change; a probe older than this is worth repeating.
    static let ageAdvice: Duration = .seconds(180 * 86_400)

    /// - Parameters:
    ///   - host: the host of the account's endpoint, with its port if the URL has one.
    ///   - now: this machine's clock.
    static func findings(_ account: Configuration.Account, host: String, now: Timestamp) -> [Finding] {
        guard let probedAt = account.probedAt, let providerClass = account.providerClass else {
            return [
                account.providerFile.map { .advice("\($0) says neither when nor how the provider was probed") }
                    ?? .advice("its provider was not probed; `usher account probe \(account.name)` asks a sandbox")
            ]
        }
        let place = account.providerFile.map { "\($0), " } ?? ""
        let text = "provider class \(providerClass) (\(place)probed on \(probedAt.rfc3339.prefix(10)))"
        var findings: [Finding] = [.ok(text)]
        if let probed = account.probedHost, probed != host {
            findings.append(
                .advice("\(probed) was probed, and `endpoint` is at \(host): they may be set up differently")
            )
        }
        if probedAt.duration(to: now) > ageAdvice {
            findings.append(
                .advice("the probe is \(probedAt.duration(to: now).inWords) old; providers change: repeat it")
            )
        }
        return findings
    }
}
