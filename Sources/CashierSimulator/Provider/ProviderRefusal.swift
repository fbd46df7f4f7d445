/// An answer with a status other than 0 (API 1.3, overview/api_error_codes, and the newer page API Status & Error
/// Codes).
struct ProviderRefusal: Error, Equatable, Sendable {
    var status: Int
    var description: String
    /// Counted apart: the request's signature was missing or wrong.
    var isSignature = false

    /// 400 for a field; `reason` begins with the field's name.
    static func invalid(_ reason: String) -> ProviderRefusal {
        ProviderRefusal(status: 400, description: "Input validation failed: \(reason)")
    }

    static let notJSON = ProviderRefusal(status: 400, description: "The request body must be a valid JSON object")
    static let noAuthentication = ProviderRefusal(
        status: 400,
        description: "GT-Authentication header is missing",
        isSignature: true
    )
    static let unknownAccount = ProviderRefusal(
        status: 401,
        description: "Account not found, disabled, or signature does not match"
    )
    static let unknownWebsite = ProviderRefusal(status: 401, description: "Website not found or disabled")
    static let version = ProviderRefusal(status: 400, description: "API version is missing or unsupported")
    static let timestampMissing = ProviderRefusal(
        status: 400,
        description: "timestamp is missing or not in unix format"
    )
    static let timestampInFuture = ProviderRefusal(status: 400, description: "Invalid timestamp: it is in the future")
    static let timestampTooOld = ProviderRefusal(status: 400, description: "Invalid timestamp: it is too old")
    static let notUnique = ProviderRefusal(status: 400, description: "order_id is not unique")
    static let transactionNotFound = ProviderRefusal(status: 400, description: "Transaction not found")
    static let agentAPIDisabled = ProviderRefusal(status: 403, description: "Agent API is disabled")
    static let memoryFull = ProviderRefusal(
        status: 999,
        description: "The simulator remembers no further orders: POST /reset, or raise its limit of orders"
    )

    /// A wrong signature; the documentation names 401 and 400 for it.
    static func wrongSignature(code: Int) -> ProviderRefusal {
        code == 400
            ? ProviderRefusal(status: 400, description: "Invalid signature", isSignature: true)
            : ProviderRefusal(status: code, description: unknownAccount.description, isSignature: true)
    }

    /// The answer of a fault plan's code.
    static func planned(_ status: Int) -> ProviderRefusal {
        let description =
            switch status {
            case 333: "Service is under maintenance, try again later"
            case 400: "Input validation failed"
            case 401: unknownAccount.description
            case 403: agentAPIDisabled.description
            case 406: "IP address is not whitelisted"
            case 999: "Generic error, contact support"
            case ..<0: "Internal server error"
            default: "Error \(status)"
            }
        return ProviderRefusal(status: status, description: description)
    }
}
