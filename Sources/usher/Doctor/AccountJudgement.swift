import CashierClient
import SessionCore

/// What an account's endpoint answered. Pure.
enum AccountJudgement {
    static let clockMax: Duration = .seconds(5)

    /// - Parameter reference: whose clock the probe compared with.
    static func findings(_ probe: CashierProbe, isTLS: Bool, reference: String) -> [Finding] {
        guard probe.isReached else {
            return [.problem("cannot be reached: \(probe.message) (\(probe.code)); \(advice(probe.code))")]
        }
        let way = isTLS ? "over TLS" : "over plain HTTP"
        var findings: [Finding] = [.ok("\(probe.message) \(way) in \(probe.elapsed.inWords)")]
        guard let difference = probe.clockDifference else {
            return findings + [.advice("the answer has no Date header, so its clock cannot be compared")]
        }
        let size = max(difference, .zero - difference)
        let words = "\(size.inWords) \(difference < .zero ? "behind" : "ahead of") \(reference)"
        findings.append(
            size <= clockMax
                ? .ok("its clock is within \(clockMax.inWords) of \(reference)")
                : .problem("its clock is \(words): the Cashier refuses what it takes for old or future; mend the clock")
        )
        return findings
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
