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

    /// Throws what the provider answers to a request that it does not accept; returns the number of its account.
    func check(_ kind: Kind, _ request: HTTPRequest, _ document: JSONTree?) throws(ProviderRefusal) -> Int {
        guard let document, case .object = document else { throw .notJSON }
        try checkVersion(document)
        let account = try account(document)
        try checkTimestamp(document)
        try checkSignature(kind, request, document, account: account)
        switch kind {
        case .open:
            for rule in FieldRule.open { try rule.check(document) }
            try checkCustomer(document)
        case .lookup:
            for rule in FieldRule.lookup { try rule.check(document) }
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
        guard document["version"]?.text == "1.3" else { throw .version }
    }

    private func account(_ document: JSONTree) throws(ProviderRefusal) -> Int {
        for name in ["merchant_id", "application_key"] {
            guard let text = document[name]?.text, !text.isEmpty else {
                throw ProviderRefusal(status: 400, description: "\(name) is missing")
            }
        }
        if let index = accountIndex(document) { return index }
        let merchant = document["merchant_id"]?.text
        let isKnown = configuration.accounts.contains { $0.merchantID == merchant }
        throw isKnown ? .unknownWebsite : .unknownAccount
    }

    private func checkTimestamp(_ document: JSONTree) throws(ProviderRefusal) {
        guard let text = document["timestamp"]?.signed, (1...11).contains(text.utf8.count), let sent = Int64(text),
            sent >= 0
        else { throw .timestampMissing }
        if sent > now.seconds + configuration.clockToleranceSeconds { throw .timestampInFuture }
        if now.seconds - sent >= configuration.requestValiditySeconds { throw .timestampTooOld }
    }

    private func checkSignature(
        _ kind: Kind,
        _ request: HTTPRequest,
        _ document: JSONTree,
        account: Int
    ) throws(ProviderRefusal) {
        guard let sent = request.header("gt-authentication"), !sent.isEmpty else { throw .noAuthentication }
        let fields = kind == .open ? RequestSignature.openFields : RequestSignature.lookupFields
        let values = fields.map { document[$0]?.signed }
        let secret = configuration.accounts[account].secret
        guard RequestSignature.matches(sent, values, secret: secret) else {
            throw .wrongSignature(code: configuration.wrongSignatureCode)
        }
    }

    private func checkCustomer(_ document: JSONTree) throws(ProviderRefusal) {
        let data = document["customer_data"] ?? .null
        let token = document["customer_token"]?.text ?? ""
        if configuration.requiresCustomer, data == .null, token.isEmpty {
            throw .invalid("customer_data or customer_token is required")
        }
        for rule in FieldRule.customer where data != .null { try rule.check(data, path: "customer_data.") }
        if let profile = data["profile"]?.integer, profile > 5 {
            throw .invalid("customer_data.profile is more than 5")
        }
    }
}
