package import Cryptography

/// A merchant's account that the simulated provider knows.
package struct SimulatorAccount: Sendable {
    package var merchantID: String
    package var applicationKey: String
    package var secret: Secret

    package init(merchantID: String, applicationKey: String, secret: Secret) {
        self.merchantID = merchantID
        self.applicationKey = applicationKey
        self.secret = secret
    }
}

/// What the provider does with an order that it has opened a session for already: its documentation does not say, so a
/// client must get along with each.
package enum Personality: String, CaseIterable, Sendable {
    /// Opens another session.
    case fresh
    /// Answers with the same session as long as it lives, then with a fresh one.
    case idempotent
    /// Refuses with 400, order_id not unique.
    case notUnique = "not-unique"
}

/// How the simulator behaves. The defaults are the documented behaviour, without faults.
package struct SimulatorConfiguration: Sendable {
    /// The HTTP status of the provider's error answers, which its documentation leaves open.
    package enum ErrorStyle: String, CaseIterable, Sendable {
        /// HTTP 200.
        case body
        /// The status itself from 400 to 599, 503 for maintenance, else 500.
        case http
    }

    /// Whether the Agent API answers look-ups.
    package enum LookupMode: String, CaseIterable, Sendable {
        case enabled
        /// 403, Agent API disabled.
        case disabled
    }

    /// An IPv4 address; loopback unless other machines shall call.
    package var host = "127.0.0.1"
    /// 0 takes any free port.
    package var port = 0
    package var accounts: [SimulatorAccount]
    package var personality = Personality.fresh
    /// How far in the future a request's timestamp may be, in seconds.
    package var clockToleranceSeconds: Int64 = 0
    /// From this age on, in seconds, a request is refused (API 1.3, overview/api_error_codes).
    package var requestValiditySeconds: Int64 = 60
    /// What the provider's clock shows more than the machine's.
    package var clockOffset: Duration = .zero
    /// How long a session lives (API 1.3, objects/session).
    package var sessionLifetime: Duration = .seconds(15 * 60)
    /// Where redirect URLs point to: scheme and host, without a slash at the end.
    package var redirectBase = "https://cashier.example.test"
    package var errorStyle = ErrorStyle.body
    /// Whether error answers carry a timestamp and a signature.
    package var signsErrors = false
    /// The status of an answer to a wrong signature; the documentation names 401 and 400.
    package var wrongSignatureCode = 401
    package var lookups = LookupMode.enabled
    /// Whether a request must have `customer_data` or `customer_token`.
    package var requiresCustomer = true
    /// When `simulate:late-once` answers: must be beyond the client's patience.
    package var lateAfter: Duration = .seconds(30)
    /// When `simulate:held-once` lets the provider read the request.
    package var heldFor: Duration = .seconds(30)
    package var faults = FaultPlan()
    /// Decides together with the order which faults happen.
    package var seed: UInt64 = 1
    /// Distinct orders that are remembered; further ones are refused until a reset.
    package var ordersMax = 2_000_000
    /// Whether every accept and look-up is kept for `GET /accepts`.
    package var keepsEvents = true
    /// Events that are kept; later ones are counted only, and `GET /stats` says so.
    package var eventsMax = 8_000_000
    /// Connections open at once; further ones wait in the system's queue.
    package var connectionsMax = 20_000

    package init(accounts: [SimulatorAccount]) {
        self.accounts = accounts
    }
}
