import HTTPServer
import SessionCore

/// The provider's rules for a request's content, in the order in which they answer.
struct RequestCheck {
    enum Kind {
        case open
        case lookup
    }

    let configuration: SimulatorConfiguration
    /// The provider's clock.
    let now: Timestamp

    private var personality: Personality { configuration.personality }

    /// Throws what the provider answers to a request that it does not accept; returns the number of its account.
    func check(_ kind: Kind, _ request: HTTPRequest, _ document: JSONTree?) throws(ProviderRefusal) -> Int {
        guard let document, case .object = document else { throw .notJSON }
        try checkVersion(document)
        let account = try account(document)
        if let refusal = ProviderRefusal.account(personality.account) { throw refusal }
        try checkTimestamp(document)
        try checkSignature(kind, request, document, account: account)
        switch kind {
        case .open:
            for rule in FieldRule.open { try rule.check(document, personality) }
            try checkCustomer(document, account: account)
            try checkBalance(document)
        case .lookup:
            for rule in FieldRule.lookup { try rule.check(document, personality) }
        }
        return account
    }

    /// The account that a document names, if there is one.
    func accountIndex(_ document: JSONTree) -> Int? {
        let merchant = document["merchant_id"]?.text
        let key = document["application_key"]?.text
        return configuration.accounts.firstIndex { $0.merchantID == merchant && $0.applicationKey == key }
    }

    private func checkVersion(_ document: JSONTree) throws(ProviderRefusal) {
        guard let version = document["version"], version != .null else { throw .missing("version") }
        guard version.text == "1.3" else { throw .unsupportedVersion }
    }

    private func account(_ document: JSONTree) throws(ProviderRefusal) -> Int {
        for name in ["merchant_id", "application_key"] {
            guard let text = document[name]?.text, !text.isEmpty else { throw .missing(name) }
        }
        if let index = accountIndex(document) { return index }
        let merchant = document["merchant_id"]?.text
        let isKnown = configuration.accounts.contains { $0.merchantID == merchant }
        throw isKnown ? .unknownWebsite : .unknownAccount
    }

    private func checkTimestamp(_ document: JSONTree) throws(ProviderRefusal) {
        guard let value = document["timestamp"], value != .null else { throw .missing("timestamp") }
        guard let text = value.signed, (1...11).contains(text.utf8.count), let sent = Int64(text), sent >= 0
        else { throw .timestampFormat }
        if sent > now.seconds + personality.clockToleranceSeconds { throw .timestampInFuture }
        let age = now.seconds - sent
        if age >= personality.requestValiditySeconds {
            throw .timestampTooOld(age: age, validity: personality.requestValiditySeconds)
        }
    }

    private func checkSignature(
        _ kind: Kind,
        _ request: HTTPRequest,
        _ document: JSONTree,
        account: Int
    ) throws(ProviderRefusal) {
        guard let sent = request.header("gt-authentication"), !sent.isEmpty else {
            throw .noAuthentication(personality)
        }
        let fields = kind == .open ? RequestSignature.openFields : RequestSignature.lookupFields
        let values = fields.map { document[$0]?.signed }
        let secret = configuration.accounts[account].secret
        guard RequestSignature.matches(sent, values, secret: secret) else { throw .wrongSignature(personality) }
    }

    private func checkCustomer(_ document: JSONTree, account: Int) throws(ProviderRefusal) {
        let data = document["customer_data"] ?? .null
        let token = document["customer_token"]?.text ?? ""
        if personality.requiresCustomer, data == .null, token.isEmpty {
            throw .invalid("customer_data or customer_token is required")
        }
        if personality.ownToken == .enforced, !token.isEmpty {
            let own = OrderLedger.customerToken(account: account, cid: document["cid"]?.text ?? "")
            guard token == own else { throw .invalid("customer_token is not known for this cid") }
        }
        // The whole object may be one sealed text, which says nothing to anybody else.
        guard data != .null, data["encrypted"] == nil else { return }
        for rule in FieldRule.customer { try rule.check(data, path: "customer_data.", personality) }
        if let profile = data["profile"]?.integer, profile > 5 {
            throw .invalid("customer_data.profile is more than 5")
        }
        if personality.customerFields == .enforced { try checkCompleteness(data) }
    }

    /// The required marks of `customer_data` (API 1.3, objects/customer_data).
    private func checkCompleteness(_ data: JSONTree) throws(ProviderRefusal) {
        let country = data["country"]?.text ?? ""
        var required = ["country", "first_name", "last_name", "email"]
        if KnownCodes.countriesWithZip.contains(country) { required.append("zip") }
        if KnownCodes.countriesWithState.contains(country) { required.append("state") }
        for name in required where (data[name]?.text ?? "").isEmpty {
            throw .invalid("customer_data.\(name) is required")
        }
    }

    /// A withdrawal is checked with the balance, if that is given (API 1.3, cashier_api/virtual_terminal).
    private func checkBalance(_ document: JSONTree) throws(ProviderRefusal) {
        guard document["intent"]?.text == "withdrawal", let amount = document["amount"]?.signed,
            let balance = document["balance"]?.signed
        else { return }
        // Both are digits; numbers of 20 digits are compared as such.
        let isMore = amount.utf8.count == balance.utf8.count ? amount > balance : amount.utf8.count > balance.utf8.count
        if isMore { throw .invalid("amount is more than the balance") }
    }
}
