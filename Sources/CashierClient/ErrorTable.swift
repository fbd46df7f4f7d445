package import SessionCore

/// What one kind of error answer means.
package struct ErrorRule: Equatable, Sendable {
    /// Which `status` of the answer's body a rule is for.
    package enum Status: Equatable, Sendable {
        case exactly(Int64)
        /// An internal or network error of the provider's.
        case negative
        /// The answer has no body of the provider's; the HTTP status decides.
        case none
        /// A positive code that no other rule names.
        case unlisted
    }

    /// Names it for people: `400-json`.
    package var id: String
    package var status: Status
    /// Matched against the answer's `description`.
    package var text: TextPattern
    /// Only answers with this HTTP status; nil takes any.
    package var httpStatus: Int?
    package var errorClass: ErrorClass
    /// Replaces the provider's number as the answer's code.
    package var name: String?
    /// What it means and what to change, for the CRM's developers and the operator.
    package var advice: String
    /// Only for look-ups: the order is not known.
    package var meansNotFound: Bool
    /// How a job that it refuses is tried again; parts that are nil are the class's.
    package var retry: RetryRule

    package init(
        _ id: String,
        _ status: Status,
        text: TextPattern = "",
        httpStatus: Int? = nil,
        _ errorClass: ErrorClass,
        name: String? = nil,
        meansNotFound: Bool = false,
        retry: RetryRule = RetryRule(),
        advice: String
    ) {
        self.id = id
        self.status = status
        self.text = text
        self.httpStatus = httpStatus
        self.errorClass = errorClass
        self.name = name
        self.meansNotFound = meansNotFound
        self.retry = retry
        self.advice = advice
    }
}

/// The provider's error answers and what they mean; the first rule that fits holds.
package struct ErrorTable: Equatable, Sendable {
    package var rules: [ErrorRule]
    /// For a positive `status` that no rule names, unless a gateway may have written it.
    package var unlisted: ErrorRule

    package init(rules: [ErrorRule], unlisted: ErrorRule) {
        self.rules = rules
        self.unlisted = unlisted
    }

    /// The rule for an answer's body (`status` present) or for an HTTP status alone.
    package func rule(status: Int64?, text: [UInt8], httpStatus: Int) -> ErrorRule? {
        rules.first { rule in
            guard rule.httpStatus == nil || rule.httpStatus == httpStatus else { return false }
            let fits: Bool =
                switch rule.status {
                case .exactly(let code): status == code
                case .negative: status.map { $0 < 0 } ?? false
                case .none: status == nil && rule.httpStatus != nil
                case .unlisted: false
                }
            return fits && rule.text.matches(text)
        }
    }

    /// The published codes (API 1.3, overview/api_error_codes, and the newer page API Status & Error Codes). 400 and
    /// 401 each mean several things, so their texts are matched too.
    package static let standard = ErrorTable(
        rules: [
            ErrorRule("negative", .negative, .verify, advice: "The Cashier had an internal or network error."),
            ErrorRule("333", .exactly(333), .maintenance, advice: "The Cashier is under maintenance."),
            ErrorRule(
                "999",
                .exactly(999),
                .verify,
                advice: "The Cashier had an error without a name; its support knows more."
            ),
        ] + badRequest + badAccount,
        unlisted: ErrorRule(
            "unlisted",
            .unlisted,
            .declined,
            advice: "The Cashier answered with a code that the error table does not list."
        )
    )

    private static let badRequest = [
        // Before the next: the newer page's texts of a clock's fault end with “required with merchant_id”.
        ErrorRule(
            "400-timestamp-expired",
            .exactly(400),
            text: "timestamp expired | timestamp greater",
            .retryFast,
            name: "timestamp",
            advice: "The Cashier finds the request's timestamp in its future or too old: check clock_offset."
        ),
        ErrorRule(
            "400-timestamp-form",
            .exactly(400),
            text: "timestamp missing | timestamp requir* | timestamp format | timestamp unix",
            .declined,
            advice: "The Cashier did not understand the request's timestamp; this is a fault of Usher's."
        ),
        ErrorRule(
            "400-timestamp",
            .exactly(400),
            text: "timestamp",
            .retryFast,
            name: "timestamp",
            advice:
                "The Cashier finds the request's timestamp in its future or too old: check clock_offset."
        ),
        ErrorRule(
            "400-json",
            .exactly(400),
            text: "json",
            .declined,
            advice: "The Cashier could not read the request as JSON; this is a fault of Usher's."
        ),
        ErrorRule(
            "400-not-unique",
            .exactly(400),
            text: "unique | duplicate* | already exist* | already used",
            .verify,
            name: "not_unique",
            advice: "The Cashier knows this order_id already."
        ),
        ErrorRule(
            "400-version",
            .exactly(400),
            text: "version",
            .configFault,
            advice: "The Cashier refuses the API version."
        ),
        ErrorRule(
            "400-signature",
            .exactly(400),
            text: "signature | gt-authentication",
            .configFault,
            advice: "The Cashier refuses the signature: check the secret, and that no proxy drops the header."
        ),
        ErrorRule(
            "400-credentials",
            .exactly(400),
            text: "merchant_id | application_key",
            .configFault,
            advice: "The Cashier refuses merchant_id or application_key: check the account's settings."
        ),
        ErrorRule(
            "400-not-found",
            .exactly(400),
            text: """
                transaction not found | order not found | order_id not found | transaction not exist* | \
                order not exist*
                """,
            .declined,
            name: "not_found",
            meansNotFound: true,
            advice: "The Cashier does not know what the request names."
        ),
        ErrorRule(
            "400-invalid",
            .exactly(400),
            text: "valid* | invalid",
            .declined,
            advice: "The Cashier refuses a field of the job: correct the job and send it again."
        ),
    ]

    private static let badAccount = [
        ErrorRule(
            "401-website",
            .exactly(401),
            text: "website",
            .configFault,
            advice: "The Cashier does not know the website or has it disabled: check application_key."
        ),
        ErrorRule(
            "401-access",
            .exactly(401),
            text: "access",
            .configFault,
            advice: "The Cashier has API access disabled for this account; its support can enable it."
        ),
        ErrorRule(
            "401",
            .exactly(401),
            .configFault,
            advice:
                "The Cashier refuses the account or its signature: check merchant_id, application_key and the secret."
        ),
        ErrorRule(
            "403",
            .exactly(403),
            .configFault,
            advice: "The Cashier has this part of its API disabled for the account."
        ),
        ErrorRule(
            "406-permissions",
            .exactly(406),
            text: "permission*",
            .configFault,
            advice: "The Cashier says that the merchant account lacks permissions."
        ),
        ErrorRule(
            "406",
            .exactly(406),
            .configFault,
            advice: "The Cashier has not whitelisted the address that Usher calls from."
        ),
        ErrorRule("2", .exactly(2), .declined, advice: "The Cashier says that the withdrawal belongs to someone else."),
        ErrorRule("3", .exactly(3), .declined, advice: "The Cashier says that the withdrawal belongs to someone else."),
    ]
}
