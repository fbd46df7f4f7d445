import CashierSignature
package import Cryptography

/// An account whose callbacks are received.
package struct CallbackAccount: Sendable {
    /// The account's name in the configuration.
    package var name: String
    package var merchantID: String
    package var applicationKey: String
    /// Each of them verifies, and the one that did signs the answer, so that a secret can be changed without a gap.
    package var secrets: [Secret]
    /// API version, sent as text.
    package var version: String

    package init(name: String, merchantID: String, applicationKey: String, secrets: [Secret], version: String = "1.3") {
        self.name = name
        self.merchantID = merchantID
        self.applicationKey = applicationKey
        self.secrets = secrets
        self.version = version
    }
}

/// How callbacks are taken.
package struct CallbackSettings: Sendable {
    package var accounts: [CallbackAccount]
    /// How long the provider waits at most for an answer, from the post's last byte.
    package var deadline: Duration = .seconds(5)
    /// How far a post may lie in the future.
    package var clockSkew: Duration = .seconds(60)
    /// How old a notification may be. A validation may be `validationAge` and the clock skew old.
    package var replayWindow: Duration = .seconds(86_400)
    /// What the customer reads when a payment is refused (API 1.3, webhooks/validation).
    package var refusalText = "This payment cannot be accepted. Please contact your agent."
    /// The header of a post that carries its signature, in any case of letters.
    package var signatureHeader = Signature.header
    /// The headers that carry an answer's signature: the pages of the provider name either.
    package var answerHeaders = [Signature.header, "External-Request-Signature"]
    /// Bytes of a post.
    package var bodyBytesMax = 65_536
    /// Posts of a kind that are being decided at once, those among them that were answered for because it took too
    /// long; more are answered at once as if it had.
    package var undecidedMax = 1_024
    /// How long one process may take to publish what it stored before another does.
    package var lease: Duration = .seconds(15)
    /// How long the values of published events are kept, sealed.
    package var retention: Duration = .seconds(86_400)
    /// Events that wait for Kafka's acknowledgement at once; more wait in the database.
    package var inFlightMax = 10_000
    /// How long requests in flight and unacknowledged events may take after a stop.
    package var grace: Duration = .seconds(10)

    /// The provider takes and makes signatures for a minute (API 1.3, overview/authentication).
    static let validationAge: Duration = .seconds(60)
    /// How long after its making one signature may carry several events: two statuses within a second share one, and
    /// the provider repeats what was not taken after five minutes (API 1.3, webhooks/notification), whether with the
    /// same bytes is not documented. Enough for two repetitions.
    static let signatureFreshness: Duration = .seconds(900)

    package init(accounts: [CallbackAccount]) {
        self.accounts = accounts
    }
}
