/// How the provider behaves where its documentation leaves a choice, or where an account may be set up either way. The
/// defaults are what is documented; `PersonalitySwitch.all` says what each stands for.
package struct Personality: Equatable, Sendable {
    /// A second call for an order that has a session.
    package enum Duplicates: String, CaseIterable, Sendable {
        /// Opens another session.
        case fresh
        /// Answers with the same session as long as it lives, then with a fresh one.
        case idempotent
        /// Refuses with 400, order_id not unique.
        case notUnique = "not-unique"
    }

    /// The HTTP status of error answers.
    package enum ErrorStyle: String, CaseIterable, Sendable {
        /// HTTP 200.
        case body
        /// The status itself from 400 to 599, 503 for maintenance, else 500.
        case http
    }

    /// The wording of error answers.
    package enum Wording: String, CaseIterable, Sendable {
        /// The documented text, and after a colon the reason.
        case explained
        /// As on the page API Error Codes.
        case classic
        /// As on the newer page API Status & Error Codes.
        case newer
    }

    /// What fields without a value look like in answers.
    package enum Nulls: String, CaseIterable, Sendable {
        case null
        case omitted
    }

    /// What numbers look like in answers.
    package enum Numbers: String, CaseIterable, Sendable {
        case number
        /// Amounts, alerts and the timestamp are strings of digits.
        case text
        /// `status` too.
        case allText = "all-text"
    }

    /// What the timestamp of an answer looks like.
    package enum Times: String, CaseIterable, Sendable {
        /// Seconds since 1970.
        case unix
        /// `2026-11-21T12:00:00Z`, and signed so.
        case iso
    }

    /// Which fields the objects of answers have.
    package enum ReplyFields: String, CaseIterable, Sendable {
        case full
        /// The few that one public client lists.
        case sparse
    }

    /// Whether the Agent API answers look-ups.
    package enum Lookups: String, CaseIterable, Sendable {
        case enabled
        /// 403, Agent API disabled.
        case disabled
    }

    /// Whether look-ups show the redirect URL.
    package enum LookupURL: String, CaseIterable, Sendable {
        case hidden
        case shown
    }

    /// A look-up of an order whose session nobody has paid or tried to pay with.
    package enum Untried: String, CaseIterable, Sendable {
        /// Found, with a null transaction.
        case found
        /// 400, transaction not found.
        case notFound = "not-found"
    }

    /// A rule that may be enforced or not.
    package enum Rule: String, CaseIterable, Sendable {
        case enforced
        case ignored
    }

    /// What lengths of texts count.
    package enum LengthUnit: String, CaseIterable, Sendable {
        /// Unicode scalars.
        case characters
        /// Bytes of UTF-8.
        case bytes
    }

    /// An order_id of more than 50 characters.
    package enum Overlong: String, CaseIterable, Sendable {
        case refused
        /// Cut to its first 50 characters, as a database column may do.
        case truncated
    }

    /// How the account is set up at the provider.
    package enum AccountState: String, CaseIterable, Sendable {
        case active
        /// 401, account not found.
        case disabled
        /// 401, website not found.
        case websiteDisabled = "website-disabled"
        /// 401, API access is disabled.
        case noAccess = "no-access"
        /// 406, the caller's address is not whitelisted.
        case notWhitelisted = "not-whitelisted"
        /// 406, insufficient permissions.
        case noPermission = "no-permission"
    }

    /// What conversion_rate is in callbacks.
    package enum Rate: String, CaseIterable, Sendable {
        /// The string "1.000000", signed so.
        case text
        /// The number 1.000000, signed in its shortest form, `1`.
        case number
        /// The number 1.000000, signed as written.
        case numberRaw = "number-raw"
    }

    /// What a notification that is sent again looks like.
    package enum Repetition: String, CaseIterable, Sendable {
        /// Signed anew, with a timestamp of its own.
        case anew
        /// The bytes and the signature of the first time.
        case same
    }

    /// Whether something is done by itself.
    package enum Automatic: String, CaseIterable, Sendable {
        case off
        case on
    }

    package var duplicates = Duplicates.fresh
    /// How far in the future a request's timestamp may be, in seconds.
    package var clockToleranceSeconds: Int64 = 0
    /// From this age on, in seconds, a request is refused (API 1.3, overview/api_error_codes).
    package var requestValiditySeconds: Int64 = 60
    package var errorStyle = ErrorStyle.body
    /// Whether error answers carry a timestamp and a signature.
    package var signsErrors = false
    /// The status of an answer to a wrong signature; the documentation names 401 and 400.
    package var wrongSignatureCode = 401
    package var wording = Wording.explained
    package var nulls = Nulls.null
    package var numbers = Numbers.number
    package var times = Times.unix
    package var replyFields = ReplyFields.full
    /// How long a session and its redirect URL live (API 1.3, objects/session).
    package var sessionLifetime: Duration = .seconds(15 * 60)
    package var lookups = Lookups.enabled
    /// Sessions younger than this are not found by look-ups.
    package var lookupDelay: Duration = .zero
    package var lookupURL = LookupURL.hidden
    package var untried = Untried.found
    /// Whether a request must have `customer_data` or `customer_token`.
    package var requiresCustomer = true
    /// The required marks inside `customer_data`.
    package var customerFields = Rule.enforced
    /// Whether `customer_token` must be one that an answer gave for this `cid`.
    package var ownToken = Rule.ignored
    /// Whether the intent `sale` is refused.
    package var closedIntents = Rule.enforced
    package var lengthUnit = LengthUnit.characters
    package var overlong = Overlong.refused
    /// Whether a currency must be one of ISO 4217's with at most three decimals.
    package var knownCurrencies = Rule.ignored
    /// Whether a locale must be one of those that public clients use.
    package var knownLocales = Rule.ignored
    package var account = AccountState.active
    package var rate = Rate.text
    /// Whether a session that ends unpaid is told to its notification_url.
    package var expiryNotices = Automatic.off
    /// When a notification that was not acknowledged is sent again (API 1.3, webhooks/notification).
    package var repeatAfter: Duration = .seconds(300)
    /// How often it is sent again.
    package var repeats: Int64 = 0
    package var repetition = Repetition.anew
    /// How long the provider waits for the answer to a callback.
    package var callbackTimeout: Duration = .seconds(10)
    /// Whether an acknowledgement must be signed to count.
    package var signedAcknowledgements = Rule.ignored

    /// The documented behaviour.
    package init() {}

    /// The documented behaviour; another session for each call.
    package static let fresh = Personality()
    /// One session an order as long as it lives.
    package static let idempotent = named("idempotent")
    /// One call an order.
    package static let notUnique = named("not-unique")

    private static func named(_ name: String) -> Personality {
        var personality = Personality()
        Preset.all.first { $0.name == name }?.apply(&personality)
        return personality
    }
}
