/// Looks at a draft's fields together and at what its account allows. What has passed `check()` is the job's content:
/// the draft, with the account's defaults where it leaves something out.
struct JobCheck {
    private let draft: JobDraft
    private let rules: JobRules
    private let known: JobAccount
    let order: Order
    let notBefore: Timestamp?
    let notAfter: Timestamp?

    /// Throws unless the record has an order of a configured account, and the record's key is that order's id.
    init(
        _ draft: JobDraft,
        key: [UInt8]?,
        rules: JobRules,
        accounts: [String: JobAccount]
    ) throws(JobRefusal) {
        if let refusal = draft.refusal { throw refusal }
        guard let orderID = draft.text(.orderID) else { throw Self.missing("order_id") }
        try Self.checkLength(.orderID, of: draft, unit: .characters, rules: rules)
        guard let key else { throw JobRefusal(.key, detail: "record key: write the order_id as the record's key") }
        guard key.withUnsafeBufferPointer({ draft.hasText(.orderID, $0) }) else {
            throw JobRefusal(.key, detail: "record key: must be the order_id, byte for byte")
        }
        guard let name = draft.text(.account) ?? rules.defaultAccount else { throw Self.missing("account") }
        guard let known = accounts[name] else {
            throw JobRefusal(.account, field: "account", detail: "account: \(TextShape.account.advice)")
        }
        self.draft = draft
        self.rules = rules
        self.known = known
        order = Order(account: name, orderID: orderID)
        notBefore = draft.moment(.notBefore)
        notAfter = draft.moment(.notAfter)
    }

    private var account: AccountRules { known.rules }

    func check() throws(JobRefusal) {
        try checkCredentials()
        for id in JobFields.ids {
            // Characters are never more than bytes.
            guard draft.length(id) > JobFields.maxLength(of: id) else { continue }
            try Self.checkLength(id, of: draft, unit: account.lengthUnit, rules: rules)
        }
        try checkPresence(.agentName)
        let intent = try intent()
        try checkCurrency()
        try checkPresence(.cid)
        try checkLocale()
        try checkURL(.notificationURL, hosts: account.notificationHosts, isRequired: true)
        try checkURL(.returnURL, hosts: account.returnHosts, isRequired: true)
        try checkURL(.validationURL, hosts: account.validationHosts, isRequired: false)
        try checkAmount()
        try checkBalance(intent)
        try checkCustomer()
        if let notBefore, let notAfter, notAfter <= notBefore {
            throw JobRefusal(.time, field: "not_after", detail: "not_after: must be later than not_before")
        }
    }

    private func checkCredentials() throws(JobRefusal) {
        try checkCredential(.merchantID, account.merchantID)
        try checkCredential(.applicationKey, account.applicationKey)
    }

    private func checkCredential(_ id: JobFieldID, _ expected: String) throws(JobRefusal) {
        guard draft.hasText(id) else { return }
        var expected = expected
        if expected.withUTF8({ draft.hasText(id, $0) }) { return }
        let name = JobFields[id].name
        throw JobRefusal(
            .credentials,
            field: name,
            detail: "\(name): is not that of the job's account; leave it out or correct account"
        )
    }

    private func checkPresence(_ id: JobFieldID) throws(JobRefusal) {
        guard draft.hasText(id) else { throw Self.missing(JobFields[id].name) }
    }

    private func intent() throws(JobRefusal) -> Intent {
        try checkPresence(.intent)
        guard let intent = draft.withText(.intent, { Intent(utf8: $0) }) ?? nil, account.intents.contains(intent) else {
            let allowed = Intent.allCases.filter(account.intents.contains).map(\.rawValue).joined(separator: ", ")
            throw JobRefusal(.intent, field: "intent", detail: "intent: write one of: \(allowed)")
        }
        return intent
    }

    private func checkCurrency() throws(JobRefusal) {
        guard let code = draft.text(.currency) else { throw Self.missing("currency") }
        if known.currencies.contains(code) { return }
        guard account.exponent(of: code) != nil else {
            throw JobRefusal(
                .currency,
                field: "currency",
                detail: "currency: is no ISO 4217 code; write one, or give the code an exponent in the configuration"
            )
        }
        guard !account.refusedCurrencies.contains(code), account.currencies?.contains(code) ?? true else {
            throw JobRefusal(
                .currency,
                field: "currency",
                detail: "currency: is not permitted for the job's account"
            )
        }
    }

    private func checkLocale() throws(JobRefusal) {
        guard let locale = text(.locale) else { throw Self.missing("locale") }
        guard account.locales?.contains(locale) ?? true else {
            throw JobRefusal(.format, field: "locale", detail: "locale: is not permitted for the job's account")
        }
    }

    /// The job's URL, or else the account's.
    private func checkURL(_ id: JobFieldID, hosts: Set<String>?, isRequired: Bool) throws(JobRefusal) {
        func refusal(_ reason: RefusalReason, _ advice: String) -> JobRefusal {
            let name = JobFields[id].name
            return JobRefusal(reason, field: name, detail: "\(name): \(advice)")
        }
        guard let reading = withText(id, { CallbackURL.read($0, isOpaque: id == .returnURL) }) else {
            if isRequired { throw Self.missing(JobFields[id].name) }
            return
        }
        let url: CallbackURL
        switch reading {
        case .success(let read): url = read
        case .failure(let fault): throw refusal(.url, fault.advice)
        }
        let isLoopbackHTTP = url.scheme == .http && account.isLoopbackHTTPAllowed && url.isLoopback
        guard url.scheme == .https || isLoopbackHTTP else { throw refusal(.url, CallbackURL.Fault.scheme.advice) }
        guard !url.isIPAddress || account.areIPHostsAllowed || isLoopbackHTTP else {
            throw refusal(.host, "write a host name instead of an IP address")
        }
        guard hosts?.contains(url.authority) ?? true else {
            throw refusal(.host, "its host is not one that the account's configuration allows")
        }
    }

    private static func missing(_ path: String) -> JobRefusal {
        JobRefusal(.missing, field: path, detail: "\(path): is required; write it")
    }

    private static func checkLength(
        _ id: JobFieldID,
        of draft: JobDraft,
        unit: AccountRules.LengthUnit,
        rules: JobRules
    ) throws(JobRefusal) {
        let limit = JobFields.maxLength(of: id)
        guard draft.length(id) > limit else { return }
        switch unit {
        case .characters:
            // Every byte but those that continue a character.
            let count = draft.withText(id) { $0.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } } ?? 0
            if count <= limit { return }
        case .bytes: break
        }
        let path = JobFields[id].path
        throw JobRefusal(.length, field: path, detail: "\(path): has more than \(limit) \(unit.rawValue); shorten it")
    }
}

// MARK: What is required together

extension JobCheck {
    private func checkAmount() throws(JobRefusal) {
        if !account.isAmountOptional, draft.integer(.amount) == nil { throw Self.missing("amount") }
    }

    /// A balance bounds a withdrawal and nothing else (API 1.3, cashier_api/virtual_terminal). The provider would
    /// refuse it too, after the agent was told that a page is coming.
    private func checkBalance(_ intent: Intent) throws(JobRefusal) {
        guard intent == .withdrawal, let amount = draft.integer(.amount), let balance = draft.integer(.balance),
            amount > balance
        else { return }
        throw JobRefusal(
            .balance,
            field: "amount",
            detail: "amount: is more than balance, which bounds a withdrawal; write less, or leave balance out"
        )
    }

    private func checkCustomer() throws(JobRefusal) {
        guard draft.hasCustomerData else {
            guard account.isCustomerRequired, !draft.hasText(.customerToken) else { return }
            let name = JobFields.customerKey
            throw JobRefusal(.missing, field: name, detail: "\(name): write it, or customer_token, or both")
        }
        if !account.requiredCustomerFields.isEmpty { try checkCustomerFields() }
        guard let country = draft.text(.country) else { return }
        let isNorthAmerican = country == "US" || country == "CA"
        if isNorthAmerican, !draft.hasText(.zip) { throw missingForCountry("zip", "US and CA") }
        if isNorthAmerican || country == "AU", !draft.hasText(.state) {
            throw missingForCountry("state", "US, CA and AU")
        }
    }

    private func checkCustomerFields() throws(JobRefusal) {
        for id in JobFields.customer where !draft.hasText(id) && draft.integer(id) == nil {
            guard account.requiredCustomerFields.contains(JobFields[id].name) else { continue }
            throw Self.missing("\(JobFields.customerKey).\(JobFields[id].name)")
        }
    }

    private func missingForCountry(_ name: String, _ countries: String) -> JobRefusal {
        let path = "\(JobFields.customerKey).\(name)"
        return JobRefusal(.missing, field: path, detail: "\(path): is required for customers in \(countries); write it")
    }
}

extension JobCheck: JobContent {
    var hasCustomerData: Bool { draft.hasCustomerData }

    func withText<Result>(_ id: JobFieldID, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result? {
        if draft.hasText(id) { return draft.withText(id, body) }
        guard var text = otherwise(id) else { return nil }
        return text.withUTF8(body)
    }

    /// What the account says where the job does not.
    private func otherwise(_ id: JobFieldID) -> String? {
        switch id {
        case .account: order.account
        case .locale: account.defaultLocale
        case .validationURL: account.defaultValidationURL
        case .notificationURL: account.defaultNotificationURL
        case .returnURL: account.defaultReturnURL
        case _: nil
        }
    }

    func integer(_ id: JobFieldID) -> Int64? {
        draft.integer(id)
    }

    func moment(_ id: JobFieldID) -> Timestamp? {
        switch id {
        case .notBefore: notBefore
        case .notAfter: notAfter
        case _: nil
        }
    }
}

extension CallbackURL.Fault {
    /// What to write instead.
    fileprivate var advice: String {
        switch self {
        case .scheme: "write an absolute https URL"
        case .userInfo: "write the URL without user name and password"
        case .host: "write a host name in ASCII letters, digits, dots and dashes"
        case .port: "write a port from 1 to 65535, or none"
        case .character: "write the URL in visible ASCII without backslashes; encode other characters with %"
        case .fragment: "write the URL without # behind its host"
        }
    }
}
