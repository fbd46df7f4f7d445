import CashierClient
import CashierSignature
import Cryptography
import SessionCore
import Settings
import Worker

/// Turns a configured account into what each module wants to know of it.
extension Configuration.Account {
    /// For the client, with the secrets of this moment. Reads their files; throws `SettingsFileError`.
    func cashierAccount() throws -> CashierAccount {
        cashierAccount(secrets: try AccountSecrets(self).rotation.secrets)
    }

    /// For the client. The first secret signs, all of them verify.
    func cashierAccount(secrets: [Secret]) -> CashierAccount {
        var account = CashierAccount(
            name: name,
            endpoint: endpoint,
            findOrderURL: findOrderEndpoint,
            merchantID: merchantID,
            applicationKey: applicationKey,
            secrets: secrets
        )
        account.version = apiVersion
        account.clockOffsetSeconds = clockOffset.components.seconds
        account.customerKey = customerKey
        account.phoneForm = phoneFormat == .string ? .string : .number
        account.nullPolicy = nullPolicy == .omit ? .omit : .null
        account.redirectHosts = allowedRedirectHosts.map(Self.asCompared)
        account.freshness = replyFreshness
        account.connectTimeout = connectTimeout
        account.totalTimeout = timeout
        account.sessionLifetime = sessionLifetime
        account.authorityFile = caFile
        trust.apply(to: &account)
        return account
    }

    /// For reading jobs.
    var jobRules: AccountRules {
        var rules = AccountRules(merchantID: merchantID, applicationKey: applicationKey)
        rules.defaultLocale = localeDefault
        let hosts = allowedCallbackHosts.map { Set(Self.asCompared($0)) }
        rules.notificationHosts = hosts
        rules.returnHosts = hosts
        rules.validationHosts = hosts
        rules.isLoopbackHTTPAllowed = allowHTTPLoopback
        rules.intents = intents
        rules.currencies = currencies
        rules.extraCurrencies = currencyExponents
        rules.isAmountOptional = !amountRequired
        rules.isCustomerRequired = customerRequired
        rules.requiredCustomerFields = requiredCustomerFields
        rules.locales = locales
        // Whoever gives a disputed code its exponent has settled the dispute.
        rules.refusedCurrencies.subtract(currencyExponents.keys)
        rules.lengthUnit = lengthUnit == .characters ? .characters : .bytes
        return rules
    }

    /// Hosts as those of URLs are compared with them: in lower case, and without the port that goes without saying.
    private static func asCompared(_ hosts: [String]) -> [String] {
        hosts.map { host in
            let port = ":443"
            let host = host.lowercased()
            return host.hasSuffix(port) ? String(host.dropLast(port.count)) : host
        }
    }

    /// For deciding what answers mean.
    func workerAccount(in configuration: Configuration) -> WorkerAccount {
        let retry = configuration.retry
        let verify = configuration.verify
        let rules = OutcomeRules(
            attemptsMax: retry.attemptsMax,
            timeBudget: retry.timeMax,
            fast: retry.fast.policy,
            slow: retry.slow.policy,
            limited: retry.limited.policy,
            lookUpSchedule: verify.schedule,
            requestValidity: requestValidity ?? verify.requestValidity,
            clockSkew: verify.clockSkew,
            sessionLifetime: sessionLifetime,
            unknownPolicy: unknownPolicy,
            looksUp: looksUp
        )
        let breaker = configuration.breaker
        return WorkerAccount(
            outcomes: OutcomePolicy(rules: rules),
            breaker: Breaker.Policy(
                failures: breaker.failures,
                window: breaker.window,
                openFor: breaker.openFor,
                probeInterval: breaker.probeInterval
            ),
            concurrency: ConcurrencyLimit.Policy(
                min: min(concurrencyMin, concurrencyMax),
                max: concurrencyMax,
                start: concurrencyStart
            ),
            retryRatioMax: Double(retry.ratioMaxPercent) / 100,
            ratePerSecond: rateMax,
            trialInterval: breaker.trialInterval,
            clockAdjustMax: clockAdjustMax,
            clockOffset: .seconds(clockOffset.components.seconds)
        )
    }
}

extension Configuration.Account.Trust {
    fileprivate func apply(to account: inout CashierAccount) {
        account.requestFields = SignatureFields(requestFields)
        account.responseFields = SignatureFields(responseFields)
        account.lookUpFields = SignatureFields(lookUpFields)
        account.lookUpResponseFields = lookUpResponseFields.map(SignatureFields.init)
        account.requestHeader = requestHeader
        account.responseHeader = responseHeader
        account.errorSignatures =
            switch errorSignatures {
            case .optional: .optional
            case .required: .required
            case .ignored: .ignored
            }
        account.echoes = []
        if checksAmount { account.echoes.insert(.amount) }
        if checksCurrency { account.echoes.insert(.currency) }
        if checksIntent { account.echoes.insert(.intent) }
        account.redirectURLBytesMax = redirectURLMax
    }
}

extension Configuration.Backoff {
    fileprivate var policy: Backoff {
        Backoff(base: base, cap: cap)
    }
}

extension Configuration {
    /// How old a signature may be when its request goes out: what one of the providers would refuse is not sent, nor
    /// what its lease might not outlast.
    var sendWithin: Duration {
        let longest = accounts.values.map(\.timeout).max() ?? .zero
        let validity = accounts.values.map { $0.requestValidity ?? verify.requestValidity }.min()
        return min(dispatch.sendWithin, validity ?? verify.requestValidity, dispatch.lease - longest - .seconds(5))
    }

    /// What jobs must keep to.
    var jobRules: JobRules {
        JobRules(accounts: accounts.mapValues(\.jobRules), defaultAccount: defaultAccount)
    }
}
