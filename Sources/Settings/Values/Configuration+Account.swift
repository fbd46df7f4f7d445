package import SessionCore

extension Configuration {
    /// One set of Cashier credentials with its limits.
    package struct Account: Equatable, Sendable {
        package enum PhoneFormat: String, CaseIterable, Sendable {
            case string
            case number
        }

        package enum NullPolicy: String, CaseIterable, Sendable {
            case omit
            case null
        }

        package enum LengthUnit: String, CaseIterable, Sendable {
            /// Unicode scalars.
            case characters
            /// Bytes of UTF-8.
            case bytes
        }

        package var name: String
        package var endpoint: String
        /// nil only when `looksUp` is off and it cannot be made from `endpoint`.
        package var findOrderEndpoint: String?
        package var merchantID: String
        package var applicationKey: String
        /// Signs, and verifies answers.
        package var secretFile: SecretFile
        /// Verifies answers only.
        package var previousSecretFile: SecretFile?
        /// How long a replaced secret goes on verifying.
        package var secretOverlap: Duration
        /// Added to the time before a request is signed.
        package var clockOffset: Duration
        package var customerKey: String
        package var customerRequired: Bool
        package var phoneFormat: PhoneFormat
        /// Members that `customer_data` must have.
        package var requiredCustomerFields: Set<String>
        package var nullPolicy: NullPolicy
        package var amountRequired: Bool
        package var lengthUnit: LengthUnit
        /// Compared exactly; nil allows any.
        package var allowedRedirectHosts: [String]?
        /// Compared exactly; nil allows any.
        package var allowedCallbackHosts: [String]?
        package var allowHTTPLoopback: Bool
        /// PEM; nil trusts the system's authorities.
        package var caFile: String?
        /// Connecting, with the TLS handshake.
        package var connectTimeout: Duration
        /// A whole call.
        package var timeout: Duration
        package var sessionLifetime: Duration
        package var replyFreshness: Duration
        package var apiVersion: String
        package var intents: Set<Intent>
        /// nil allows every currency of ISO 4217 and those of `currencyExponents`.
        package var currencies: Set<String>?
        /// Decimal places of codes that are not in ISO 4217.
        package var currencyExponents: [String: Int]
        /// nil requires a job to name its locale.
        package var localeDefault: String?
        /// nil allows every locale of the form `ll-CC`.
        package var locales: Set<String>?
        package var trust: Trust
        package var looksUp: Bool
        package var unknownPolicy: UnknownPolicy
        /// Calls that one worker has in flight.
        package var concurrencyMax: Int
        package var concurrencyMin: Int
        package var concurrencyStart: Int
        /// Calls a second of one worker; nil: no limit.
        package var rateMax: Int?
        /// How far signing times follow the provider's clock.
        package var clockAdjustMax: Duration
        /// Whether its notifications and validations are received.
        package var receivesCallbacks: Bool
        /// Where `usher account probe` wrote what it found out; nil without such a file.
        package var providerFile: String?
        /// `P1`, `P2` or `P3`.
        package var providerClass: String?
        package var probedAt: Timestamp?
        package var probedHost: String?
        /// nil where `verify.requestValidity` holds.
        package var requestValidity: Duration?

        init(name: String, _ values: SettingValues) {
            let section = "accounts.\(name)."
            self.name = name
            endpoint = values.known(section + "endpoint", values.text)
            findOrderEndpoint =
                values.text(section + "find_order_endpoint") ?? SettingRules.findOrderEndpoint(for: endpoint)
            merchantID = values.known(section + "merchant_id", values.text)
            applicationKey = values.known(section + "application_key", values.text)
            secretFile = values.known(section + "secret_file") { values.secretFile($0) }
            previousSecretFile = values.secretFile(section + "previous_secret_file")
            secretOverlap = values.known(section + "secret_overlap", values.duration)
            clockOffset = values.known(section + "clock_offset", values.duration)
            customerKey = values.known(section + "customer_key", values.text)
            customerRequired = values.known(section + "customer_required", values.flag)
            phoneFormat = values.word(section + "phone_format", as: PhoneFormat.self)
            requiredCustomerFields = Set(values.known(section + "required_customer_fields", values.texts))
            nullPolicy = values.word(section + "null_policy", as: NullPolicy.self)
            amountRequired = values.known(section + "amount_required", values.flag)
            lengthUnit = values.word(section + "length_unit", as: LengthUnit.self)
            allowedRedirectHosts = values.texts(section + "allowed_redirect_hosts")
            allowedCallbackHosts = values.texts(section + "allowed_callback_hosts")
            allowHTTPLoopback = values.known(section + "allow_http_loopback", values.flag)
            caFile = values.text(section + "ca_file")
            connectTimeout = values.known(section + "connect_timeout", values.duration)
            timeout = values.known(section + "timeout", values.duration)
            sessionLifetime = values.known(section + "session_lifetime", values.duration)
            replyFreshness = values.known(section + "reply_freshness", values.duration)
            apiVersion = values.known(section + "api_version", values.text)
            intents = Set(values.known(section + "intents", values.texts).compactMap(Intent.init(rawValue:)))
            currencies = values.texts(section + "currencies").map(Set.init)
            currencyExponents = values.exponents(section + "currency_exponents") ?? [:]
            localeDefault = values.text(section + "locale_default")
            locales = values.texts(section + "locales").map(Set.init)
            trust = Trust(section, values)
            looksUp = values.known(section + "look_up", values.flag)
            unknownPolicy = values.word(section + "unknown_policy", as: UnknownPolicy.self)
            concurrencyMax = values.known(section + "concurrency_max", values.number)
            concurrencyMin = values.known(section + "concurrency_min", values.number)
            concurrencyStart = values.known(section + "concurrency_start", values.number)
            rateMax = values.number(section + "rate_max")
            clockAdjustMax = values.known(section + "clock_adjust_max", values.duration)
            receivesCallbacks = values.known(section + "callbacks", values.flag)
            providerFile = values.text(section + "provider_file")
            providerClass = values.text(section + "provider_class")
            probedAt = values.text(section + "probed_at").flatMap { Timestamp(rfc3339: $0) }
            probedHost = values.text(section + "probed_host")
            requestValidity = values.duration(section + "request_validity")
        }
    }
}
