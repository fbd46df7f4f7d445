package import CashierSignature
package import Cryptography

/// One set of the provider's credentials, where to send with them, and how strictly answers are taken.
package struct CashierAccount: Sendable {
    /// What is sent for an optional field that a job leaves out (API 1.3 takes both, cashier_api/virtual_terminal).
    package enum NullPolicy: String, CaseIterable, Sendable {
        case omit
        case null
    }

    /// How a phone number is written: the tables of API 1.3 say integer, the example of the virtual terminal a string.
    package enum PhoneForm: String, CaseIterable, Sendable {
        case string
        case number
    }

    /// Echoes that are checked when the answer has them; order id and customer id are always needed.
    package enum Echo: CaseIterable, Sendable {
        case amount
        case currency
        case intent
    }

    /// What an error answer's signature is good for. An answer that opens a session needs a valid one in any case.
    package enum ErrorSignatures: String, CaseIterable, Sendable {
        /// Basic errors come unsigned (API 1.3, overview/api_error_codes); a signature that is there must be valid.
        case optional
        /// An error without a valid signature says nothing: the outcome is unknown.
        case required
        /// Errors are believed by their connection alone.
        case ignored
    }

    /// The account's name in the configuration.
    package var name: String
    /// Where sessions are opened, whole, with its path.
    package var endpoint: String
    /// Where orders are looked up; nil when it cannot be derived from `endpoint`.
    package var findOrderURL: String?
    package var merchantID: String
    package var applicationKey: String
    /// The first signs; all of them verify, so that a secret can be changed without a gap.
    package var secrets: [Secret]
    /// API version, sent as text.
    package var version = "1.3"
    /// Added to the moment that a request is signed with, in seconds. Negative, because the provider refuses what is
    /// signed in its future.
    package var clockOffsetSeconds: Int64 = -1
    /// Under which key the customer's data goes.
    package var customerKey = "customer_data"
    package var phoneForm = PhoneForm.string
    package var nullPolicy = NullPolicy.omit
    /// Bytes; the page says 256, longer ones are taken defensively.
    package var redirectURLBytesMax = 2048
    /// `host` (port 443) or `host:port`, lower case; nil allows any.
    package var redirectHosts: [String]?
    package var echoes = Set(Echo.allCases)
    /// How far an answer's `timestamp` may be from the clock, both ways.
    package var freshness: Duration = .seconds(120)
    /// Name resolution, TCP and TLS together.
    package var connectTimeout: Duration = .seconds(5)
    /// The whole call, with connecting.
    package var totalTimeout: Duration = .seconds(20)
    /// How long a session and its URL live (API 1.3, objects/session).
    package var sessionLifetime: Duration = .seconds(15 * 60)
    /// A PEM file that replaces the system's trusted authorities.
    package var authorityFile: String?
    package var errorTable = ErrorTable.standard
    package var requestFields = SignatureFields.request
    /// With the status, the time and the URL among them: what they do not cover, nobody vouches for.
    package var responseFields = SignatureFields.response
    package var lookUpFields = SignatureFields.findOrder
    /// What look-up answers are signed over; nil leaves their signature unchecked, because the list is not published.
    package var lookUpResponseFields: SignatureFields?
    /// The header that carries the signature of a request.
    package var requestHeader = Signature.header
    /// The header that carries the signature of an answer.
    package var responseHeader = Signature.header
    package var errorSignatures = ErrorSignatures.optional

    /// `findOrderURL` is derived when `endpoint` ends in `/cashier/virtual-terminal` and none is given.
    package init(
        name: String,
        endpoint: String,
        findOrderURL: String? = nil,
        merchantID: String,
        applicationKey: String,
        secrets: [Secret]
    ) {
        self.name = name
        self.endpoint = endpoint
        self.findOrderURL = findOrderURL ?? Self.derivedFindOrderURL(endpoint)
        self.merchantID = merchantID
        self.applicationKey = applicationKey
        self.secrets = secrets
    }

    private static func derivedFindOrderURL(_ endpoint: String) -> String? {
        let path = "/cashier/virtual-terminal"
        guard endpoint.hasSuffix(path) else { return nil }
        return endpoint.dropLast(path.utf8.count) + "/agent/find-order"
    }
}

/// An account that cannot be used: which setting of which account, and what it needs.
package struct CashierAccountError: Error, Equatable, Sendable, CustomStringConvertible {
    package var account: String
    /// The setting's name in the configuration.
    package var setting: String
    package var advice: String

    package var description: String { "account \(account): \(setting) \(advice)" }
}

extension CashierAccount {
    /// Whether the provider is on this machine: the only place where plain HTTP is allowed.
    package var isLoopback: Bool {
        WebAddress(endpoint)?.isLoopback ?? false
    }

    /// Checks what would otherwise fail with the first call.
    ///
    /// - Throws: The first setting found wrong.
    package func check() throws(CashierAccountError) {
        func fault(_ setting: String, _ advice: String) -> CashierAccountError {
            CashierAccountError(account: name, setting: setting, advice: advice)
        }
        // Without an address for look-ups none are made; `SessionCore` knows what follows.
        for (setting, url) in [("endpoint", endpoint), ("find_order_url", findOrderURL)] {
            guard let url else { continue }
            guard let address = WebAddress(url), !address.hasQuery else {
                throw fault(setting, "must be a whole URL: https://host/path, without user, query or fragment")
            }
            guard address.scheme == .https || address.isLoopback else {
                throw fault(setting, "must be https; plain http is allowed on loopback only")
            }
        }
        if merchantID.isEmpty { throw fault("merchant_id", "is missing") }
        if applicationKey.isEmpty { throw fault("application_key", "is missing") }
        guard !secrets.isEmpty, !secrets.contains(where: { $0.reveal().isEmpty }) else {
            throw fault("secret_files", "must name at least one file that is not empty")
        }
        guard connectTimeout > .zero, totalTimeout >= connectTimeout, totalTimeout < .seconds(60) else {
            throw fault(
                "total_timeout",
                "must be at least connect_timeout and below the 60 s that a signature is valid"
            )
        }
        guard freshness > .zero, sessionLifetime > .zero, redirectURLBytesMax > 0 else {
            throw fault("freshness", "and session_lifetime and redirect_url_bytes_max must be above zero")
        }
        if customerKey.isEmpty { throw fault("customer_key", "is empty; the page says customer_data") }
        for (setting, name) in [("request", requestHeader), ("response", responseHeader)]
        where !HTTPSyntax.isHeader(name: name, value: "") {
            throw fault("\(setting)_signature_header", "must be a header's name; the page says \(Signature.header)")
        }
        for name in Self.signedFieldsOfALink where !responseFields.names.contains(name) {
            throw fault("response_signature_fields", "must hold \(name): without it a link would go out unverified")
        }
        guard requestFields.requestFields.allSatisfy({ $0 != nil }) else {
            throw fault("request_signature_fields", "must be fields of a request")
        }
    }

    /// What the signature of an answer with a link must cover, whatever else it does.
    private static let signedFieldsOfALink = ["status", "timestamp", "redirect_url"]
}
