/// What a job must keep to, beyond what is the same for everyone: from the configuration.
package struct JobRules: Equatable, Sendable {
    /// By name.
    package var accounts: [String: AccountRules]
    /// The account of jobs that name none; nil makes `account` compulsory.
    package var defaultAccount: String?

    package init(accounts: [String: AccountRules], defaultAccount: String?) {
        self.accounts = accounts
        self.defaultAccount = defaultAccount
    }
}

/// What the jobs of one account must keep to.
package struct AccountRules: Equatable, Sendable {
    /// What the provider's lengths count: its documentation does not say.
    package enum LengthUnit: String, CaseIterable, Sendable {
        /// Unicode scalar values.
        case characters
        /// Bytes of UTF-8.
        case bytes
    }

    package var merchantID: String
    package var applicationKey: String

    /// For jobs without `locale`; nil makes it compulsory.
    package var defaultLocale: String?
    /// For jobs without `notification_url`; nil makes it compulsory.
    package var defaultNotificationURL: String?
    /// For jobs without `return_url`; nil makes it compulsory.
    package var defaultReturnURL: String?
    /// For jobs without `validation_url`; nil leaves it out.
    package var defaultValidationURL: String?

    /// Hosts that `notification_url` may have, in lower case, `host:port` where the port is not 443; nil allows all.
    package var notificationHosts: Set<String>?
    /// The same for `return_url`.
    package var returnHosts: Set<String>?
    /// The same for `validation_url`.
    package var validationHosts: Set<String>?
    /// Whether URLs may lead to IP addresses.
    package var areIPHostsAllowed = false
    /// Whether URLs may be plain `http` to this machine (`localhost`, 127.0.0.0/8, `[::1]`), for development.
    package var isLoopbackHTTPAllowed = false

    package var intents: Set<Intent> = Set(Intent.allCases)
    /// nil allows every ISO 4217 currency and those of `extraCurrencies`.
    package var currencies: Set<String>?
    /// Codes outside ISO 4217 with their exponents, 0 to 18.
    package var extraCurrencies: [String: Int] = [:]
    /// Funds codes for which the provider's fraction and the standard's exponent disagree.
    package var refusedCurrencies: Set<String> = ["CLF", "UYW"]
    /// Whether a job may leave `amount` to the agent.
    package var isAmountOptional = true
    /// nil allows every locale of the form `ll-CC`.
    package var locales: Set<String>?

    /// Whether a job must have `customer_data` or `customer_token` (newer API pages; older ones do not ask for it).
    package var isCustomerRequired = true
    /// Members that `customer_data` must have, wherever the customer is from (API 1.3, objects/customer_data).
    package var requiredCustomerFields: Set<String> = ["country", "first_name", "last_name", "email"]
    package var lengthUnit = LengthUnit.characters

    package init(merchantID: String, applicationKey: String) {
        self.merchantID = merchantID
        self.applicationKey = applicationKey
    }

    /// Decimal places of a currency's minor unit under these rules; nil for a currency that they do not know.
    package func exponent(of currency: String) -> Int? {
        extraCurrencies[currency] ?? Currencies.exponent(of: currency)
    }
}
