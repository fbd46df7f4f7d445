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

/// How the simulator behaves. The defaults are the documented behaviour, without faults. The switches of the
/// personality can be reached as if they were its own.
@dynamicMemberLookup
package struct SimulatorConfiguration: Sendable {
    /// An IPv4 address; loopback unless other machines shall call.
    package var host = "127.0.0.1"
    /// 0 takes any free port.
    package var port = 0
    package var accounts: [SimulatorAccount]
    package var personality = Personality()
    /// What the provider's clock shows more than the machine's.
    package var clockOffset: Duration = .zero
    /// Where redirect URLs point to: scheme and host, without a slash at the end.
    package var redirectBase = "https://cashier.example.test"
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

    /// Where the state is kept so that it survives a restart; nil keeps it in memory only.
    package var statePath: String?
    /// Scheme and authority that callbacks go to in the place of those that the session names, such as
    /// `http://127.0.0.1:9000`; nil leaves URLs as they are.
    package var callbackBase: String?
    /// Callbacks that are remembered; further ones are refused until a reset.
    package var callbacksMax = 20_000

    package init(accounts: [SimulatorAccount]) {
        self.accounts = accounts
    }

    package subscript<Value>(dynamicMember path: WritableKeyPath<Personality, Value>) -> Value {
        get { personality[keyPath: path] }
        set { personality[keyPath: path] = newValue }
    }
}
