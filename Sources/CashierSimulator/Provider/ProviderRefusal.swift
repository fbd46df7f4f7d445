/// An answer with a status other than 0, in the wordings of the provider's two pages (API 1.3,
/// overview/api_error_codes, and the newer page API Status & Error Codes) and in one that gives the reason too.
struct ProviderRefusal: Error, Equatable, Sendable {
    var status: Int
    private var explained: String
    private var classic: String
    private var newer: String
    /// Counted apart: the request's signature was missing or wrong.
    var isSignature = false

    /// - Parameter newer: the newer page's text if it differs from `classic`.
    init(_ status: Int, _ explained: String, classic: String, newer: String? = nil, isSignature: Bool = false) {
        self.status = status
        self.explained = explained
        self.classic = classic
        self.newer = newer ?? classic
        self.isSignature = isSignature
    }

    /// At most the 256 characters that the field has.
    func description(_ wording: Personality.Wording) -> String {
        switch wording {
        case .explained: String(explained.unicodeScalars.prefix(256))
        case .classic: classic
        case .newer: newer
        }
    }

    private static let invalidInput = "Input validation failed"

    /// 400 for a field; `reason` begins with the field's name.
    static func invalid(_ reason: String) -> ProviderRefusal {
        ProviderRefusal(400, "\(invalidInput): \(reason)", classic: invalidInput)
    }

    /// 400 for a field of the envelope that is not there.
    static func missing(_ name: String) -> ProviderRefusal {
        ProviderRefusal(
            400,
            "\(invalidInput): \(name) is missing",
            classic: invalidInput,
            newer: name == "merchant_id"
                ? "merchant_id parameter is missing."
                : "Request parameter missing: \(name) (required with merchant_id)."
        )
    }

    static let notJSON = ProviderRefusal(
        400,
        "Bad request: the request body must be a valid JSON object",
        classic: "Bad request",
        newer: "Request should be json formatted."
    )
    static let unknownAccount = ProviderRefusal(
        401,
        "Account not found, disabled, or signature does not match",
        classic: "Account not found",
        newer: "User not found."
    )
    static let unknownWebsite = ProviderRefusal(
        401,
        "Website not found or disabled",
        classic: "Website not found",
        newer: "Website not found."
    )
    static let unsupportedVersion = ProviderRefusal(
        400,
        "\(invalidInput): version is not supported",
        classic: invalidInput,
        newer: "Unsupported API version."
    )
    static let timestampFormat = ProviderRefusal(
        400,
        "\(invalidInput): timestamp is not in unix format",
        classic: invalidInput,
        newer: "Invalid timestamp format, must be unix timestamp - seconds (required with merchant_id)."
    )
    static let timestampInFuture = ProviderRefusal(
        400,
        "Timestamp invalid: it is in the future",
        classic: "Timestamp invalid",
        newer: "Timestamp cannot be greater than current time (required with merchant_id)."
    )

    static func timestampTooOld(age: Int64, validity: Int64) -> ProviderRefusal {
        ProviderRefusal(
            400,
            "Timestamp invalid: it is too old, \(age) s",
            classic: "Timestamp invalid",
            newer: "Timestamp expired: \(age)s old, should be at most \(validity)s old (required with merchant_id)."
        )
    }

    static let notUnique = ProviderRefusal(
        400,
        "order_id is not unique",
        classic: "The order_id value is not unique!"
    )
    static let transactionNotFound = ProviderRefusal(
        400,
        "Transaction not found",
        classic: "Transaction not found!"
    )
    static let agentAPIDisabled = ProviderRefusal(403, "Agent API is disabled", classic: "Agent API disabled.")
    static let noAccess = ProviderRefusal(
        401,
        "API access is disabled, contact support",
        classic: "API access is disabled. Please contact support."
    )
    static let notWhitelisted = ProviderRefusal(
        406,
        "Invalid IP: the caller's address is not whitelisted for the account",
        classic: "Invalid IP",
        newer: "Invalid IP (192.0.2.1)."
    )
    static let noPermission = ProviderRefusal(
        406,
        "Insufficient permissions for merchant account",
        classic: "Insufficient permissions for merchant account, please contact your account manager."
    )
    static let memoryFull = ProviderRefusal(
        999,
        "Generic Error: the simulator remembers no further orders; POST /reset, or raise its limit of orders",
        classic: "Generic Error",
        newer: "Generic Error."
    )

    /// No signature: a missing header, which only the newer page knows.
    static func noAuthentication(_ personality: Personality) -> ProviderRefusal {
        switch personality.wording {
        case .classic: wrongSignature(personality)
        case .explained, .newer:
            ProviderRefusal(
                400,
                "GT-Authentication header is missing",
                classic: "GT-Authentication header is missing.",
                isSignature: true
            )
        }
    }

    /// A wrong signature: 401 on one page, 400 on the other.
    static func wrongSignature(_ personality: Personality) -> ProviderRefusal {
        personality.wrongSignatureCode == 400
            ? ProviderRefusal(400, "Invalid signature", classic: "Invalid signature.", isSignature: true)
            : ProviderRefusal(
                401,
                "Account not found, disabled, or signature does not match",
                classic: "Account not found",
                newer: "Wrong credentials.",
                isSignature: true
            )
    }

    /// What every call gets while the account is set up so; nil for an active one.
    static func account(_ state: Personality.AccountState) -> ProviderRefusal? {
        switch state {
        case .active: nil
        case .disabled: unknownAccount
        case .websiteDisabled: unknownWebsite
        case .noAccess: noAccess
        case .notWhitelisted: notWhitelisted
        case .noPermission: noPermission
        }
    }

    /// The answer of a fault plan's code.
    static func planned(_ status: Int) -> ProviderRefusal {
        switch status {
        case 333:
            ProviderRefusal(
                333,
                "Service is under maintenance, try again later",
                classic: "Please try again later, service is currently undergoing maintenance."
            )
        case 2: ProviderRefusal(2, "The transaction belongs to another account", classic: withdrawal("account"))
        case 3: ProviderRefusal(3, "The transaction belongs to another card", classic: withdrawal("card number"))
        case 400: ProviderRefusal(400, invalidInput, classic: invalidInput)
        case 401: unknownAccount
        case 403: agentAPIDisabled
        case 406: notWhitelisted
        case 999:
            ProviderRefusal(999, "Generic error, contact support", classic: "Generic Error", newer: "Generic Error.")
        case ..<0: ProviderRefusal(status, "Internal server error", classic: "Internal server error")
        default: ProviderRefusal(status, "Error \(status)", classic: "Error \(status)")
        }
    }

    private static func withdrawal(_ owner: String) -> String {
        "The withdrawal transaction does not belong to this \(owner)."
    }
}
