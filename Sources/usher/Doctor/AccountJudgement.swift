import CashierClient
import SessionCore
import Settings

/// What an account's endpoint answered. Pure.
enum AccountJudgement {
    /// How far from the provider's time a request may be signed.
    static let clockMax: Duration = .seconds(5)

    /// - Parameters:
    ///   - reference: whose clock the probe compared with.
    ///   - offset: the account's `clock_offset`.
    static func findings(_ probe: CashierProbe, isTLS: Bool, reference: String, offset: Duration) -> [Finding] {
        guard probe.isReached else {
            return [.problem("cannot be reached: \(probe.message) (\(probe.code)); \(advice(probe.code))")]
        }
        let way = isTLS ? "over TLS" : "over plain HTTP"
        return [
            .ok("\(probe.message) \(way) in \(probe.elapsed.inWords)"),
            clock(probe, reference: reference, offset: offset),
        ]
    }

    /// Lists that are not set let URLs lead anywhere.
    static func hosts(_ account: Configuration.Account) -> [Finding] {
        var findings: [Finding] = []
        if account.allowedRedirectHosts == nil {
            findings.append(
                .advice(
                    "allowed_redirect_hosts is not set: a link of the Cashier's may lead to any host; name those that "
                        + "it leads to"
                )
            )
        }
        if account.allowedCallbackHosts == nil {
            findings.append(
                .advice(
                    "allowed_callback_hosts is not set: a job may have notifications and customers sent to any host; "
                        + "name the CRM's"
                )
            )
        }
        return findings
    }

    /// Accounts that are one at the Cashier, under several names: an order belongs to a name, so it is not recognised
    /// under another.
    static func sharing(_ accounts: [Configuration.Account]) -> [Finding] {
        let groups = Dictionary(grouping: accounts) { account in
            [account.merchantID, account.applicationKey, account.endpoint.lowercased()]
        }
        let names = groups.values.filter { $0.count > 1 }.map { $0.map(\.name).sorted() }
        return names.sorted { $0.lexicographicallyPrecedes($1) }.map { group in
            .advice(
                "\(group.joined(separator: ", ")) have the same endpoint, merchant_id and application_key: an order "
                    + "that comes again under the other name is opened twice; have one name in jobs, and the other "
                    + "here only until its orders have ended"
            )
        }
    }

    /// Judges the time that is signed, which is that of `reference` plus `offset`: never in the provider's future, as
    /// `AccountClock` has it, and what the answer leaves open is nobody's fault.
    private static func clock(_ probe: CashierProbe, reference: String, offset: Duration) -> Finding {
        guard let difference = probe.clockDifference else {
            return .advice("the answer has no Date header, so its clock cannot be compared")
        }
        let age = difference - offset
        // Dates have no fractions, and the answer was written at some time of the call.
        let doubt = Duration.milliseconds(500) + probe.elapsed / 2
        let figures =
            "its clock is \(words(difference, "ahead of", "behind")) \(reference); with clock_offset "
            + "\(offset.components.seconds)s requests are signed \(words(age, "behind", "ahead of")) it"
        let isFuture = age < .zero - doubt
        guard isFuture || age > clockMax else { return .ok(figures) }
        let refused = isFuture ? "timestamps of its future" : "old timestamps"
        let wayOut = wayOut(offset: ProbeClock.secondsBelow(difference - doubt))
        let text = "\(figures): the Cashier refuses \(refused); \(wayOut)"
        return max(age, .zero - age) > clockMax ? .problem(text) : .advice(text)
    }

    /// - Parameter offset: what would sign at the provider's time, in seconds.
    private static func wayOut(offset: Int64) -> String {
        (-300...300).contains(offset)
            ? "mend the clock that is wrong, or set `clock_offset: \(offset)s`"
            : "mend the clock that is wrong, for no clock_offset makes that good"
    }

    /// `1.2 s ahead of`.
    private static func words(_ difference: Duration, _ positive: String, _ negative: String) -> String {
        let tenths = (difference.wholeMilliseconds.magnitude + 50) / 100
        let size = tenths < 600 ? "\(tenths / 10).\(tenths % 10) s" : difference.inWords
        return "\(size) \(difference < .zero ? negative : positive)"
    }

    /// What to do about a failure of `CashierProbe.code`.
    private static func advice(_ code: String) -> String {
        switch code {
        case "dns": "check the host name in `endpoint` and this machine's name server"
        case "connect", "timeout": "check the firewall and the way out to the Cashier"
        case "tls": "check `ca_file`, and whether something on the way breaks TLS open"
        default: "check `endpoint`"
        }
    }
}
