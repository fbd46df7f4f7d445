import CashierClient
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
        account.redirectHosts = allowedRedirectHosts
        account.freshness = replyFreshness
        account.connectTimeout = connectTimeout
        account.totalTimeout = timeout
        account.sessionLifetime = sessionLifetime
        account.authorityFile = caFile
        return account
    }

    /// For reading jobs.
    var jobRules: AccountRules {
        var rules = AccountRules(merchantID: merchantID, applicationKey: applicationKey)
        rules.defaultLocale = localeDefault
        let hosts = allowedCallbackHosts.map { Set($0.map { $0.lowercased() }) }
        rules.notificationHosts = hosts
        rules.returnHosts = hosts
        rules.validationHosts = hosts
        rules.isLoopbackHTTPAllowed = allowHTTPLoopback
        rules.intents = intents
        rules.currencies = currencies
        rules.extraCurrencies = currencyExponents
        rules.isAmountOptional = !amountRequired
        rules.isCustomerRequired = customerRequired
        rules.lengthUnit = lengthUnit == .characters ? .characters : .bytes
        return rules
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
            requestValidity: verify.requestValidity,
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
            trialInterval: breaker.trialInterval,
            clockAdjustMax: clockAdjustMax
        )
    }
}

extension Configuration.Backoff {
    fileprivate var policy: Backoff {
        Backoff(base: base, cap: cap)
    }
}

extension Configuration {
    /// What jobs must keep to.
    var jobRules: JobRules {
        var rules = JobRules(accounts: accounts.mapValues(\.jobRules), defaultAccount: defaultAccount)
        if let account = defaultAccount.flatMap({ accounts[$0] }) { rules.customerKey = account.customerKey }
        return rules
    }
}
