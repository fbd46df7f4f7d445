import CashierClient
import CashierSignature
import Cryptography
import SessionCore
import Testing

@testable import Settings
@testable import usher

/// From the settings file to what the client and the codec are given.
@Suite("Accounts from settings")
struct AccountWiringTests {
    static func configuration(
        _ account: String = "",
        _ rest: String = "",
        endpoint: String = "https://cashier.example.net/cashier/virtual-terminal"
    ) throws -> Configuration {
        let lines = account.split(separator: "\n").map { "    \($0)\n" }.joined()
        let text = """
            kafka: {bootstrap_servers: [kafka.example.net:9093]}
            postgres: {host: database.example.net}
            keys: {file: /run/keys}
            \(rest)
            accounts:
              main:
                endpoint: \(endpoint)
                merchant_id: Merchant
                application_key: Application
                secret_file: /run/secret

            """ + lines
        let sources = SettingsSources(file: ("usher.yaml", Array(text.utf8)), environment: [:], overrides: [])
        return try SettingsLoader.load(sources, checksFiles: false).configuration
    }

    private func account(_ lines: String = "", _ rest: String = "") throws -> CashierAccount {
        let configuration = try Self.configuration(lines, rest)
        return try #require(configuration.accounts["main"]).cashierAccount(secrets: [Secret("s")])
    }

    private func rules(_ lines: String = "") throws -> AccountRules {
        try #require(try Self.configuration(lines).jobRules.accounts["main"])
    }

    private func problem(_ lines: String) -> String {
        do {
            _ = try Self.configuration(lines)
            return ""
        } catch {
            return (error as? SettingsError)?.problems.map(\.description).joined(separator: "\n") ?? "\(error)"
        }
    }

    @Test("without settings an account is what the documentation says")
    func defaults() throws {
        let account = try account()
        #expect(account.findOrderURL == "https://cashier.example.net/agent/find-order")
        #expect(account.version == "1.3" && account.clockOffsetSeconds == -1)
        #expect(account.customerKey == "customer_data")
        #expect(account.phoneForm == .string && account.nullPolicy == .omit)
        #expect(account.requestFields == .request && account.responseFields == .response)
        #expect(account.lookUpFields == .findOrder && account.lookUpResponseFields == nil)
        #expect(account.requestHeader == Signature.header && account.responseHeader == Signature.header)
        #expect(account.errorSignatures == .optional && account.echoes == Set(CashierAccount.Echo.allCases))
        #expect(account.redirectURLBytesMax == 2048 && account.redirectHosts == nil)
        #expect(account.freshness == .seconds(300) && account.sessionLifetime == .seconds(900))
        #expect(account.connectTimeout == .seconds(5) && account.totalTimeout == .seconds(20))
        #expect(throws: Never.self) { try account.check() }
        var rules = AccountRules(merchantID: "Merchant", applicationKey: "Application")
        #expect(try self.rules() == rules, "what jobs must keep to is the strict default")
        rules.locales = ["en-GB"]
        #expect(try self.rules() != rules)
    }

    @Test("each setting of signatures and answers arrives")
    func trust() throws {
        let account = try account(
            """
            request_signature_fields: [merchant_id, application_key, timestamp, intent, cid, order_id]
            response_signature_fields: [timestamp, status, redirect_url]
            look_up_signature_fields: [order_id, version]
            look_up_response_signature_fields: [status, timestamp, transaction.tid]
            request_signature_header: X-Out
            response_signature_header: X-In
            error_signatures: required
            amount_echo: ignored
            intent_echo: ignored
            redirect_url_max: 256B
            api_version: "1.4"
            """
        )
        #expect(account.requestFields.names == RequestField.allCases.prefix(6).map(\.rawValue))
        #expect(account.responseFields.names == ["timestamp", "status", "redirect_url"])
        #expect(account.lookUpFields.names == ["order_id", "version"])
        #expect(account.lookUpResponseFields?.names == ["status", "timestamp", "transaction.tid"])
        #expect(account.requestHeader == "X-Out" && account.responseHeader == "X-In")
        #expect(account.errorSignatures == .required && account.echoes == [.currency])
        #expect(account.redirectURLBytesMax == 256 && account.version == "1.4")
        #expect(throws: Never.self) { try account.check() }
    }

    @Test("every word that a list of signed fields may hold is understood")
    func words() {
        #expect(SettingKey.signedRequestFields == RequestField.allCases.map(\.rawValue))
        #expect(Set(SettingKey.signedAnswerFields).count == SettingKey.signedAnswerFields.count)
    }

    @Test(
        "no setting takes the link out of the signature",
        arguments: ["[status, timestamp]", "[redirect_url, timestamp]", "[status, redirect_url]"]
    )
    func unsignedLink(_ fields: String) {
        #expect(problem("response_signature_fields: \(fields)").contains("nobody vouches for"))
    }

    @Test("a signed field that is named twice, an unknown one, and a foreign default locale are refused by name")
    func refused() {
        #expect(problem("look_up_signature_fields: [order_id, order_id]").contains("names a field twice"))
        #expect(problem("request_signature_fields: [amount]").contains("accounts.main.request_signature_fields"))
        #expect(problem("locales: [de-DE]\nlocale_default: en-GB").contains("accounts.main.locale_default"))
        #expect(problem("error_signatures: off").contains("accounts.main.error_signatures"))
    }

    @Test("disputed and foreign currencies need an exponent of their own")
    func currencies() throws {
        let strict = try rules()
        #expect(strict.refusedCurrencies == ["CLF", "UYW"] && strict.exponent(of: "BTC") == nil)
        let settled = try rules("currency_exponents: {CLF: 4, BTC: 8}")
        #expect(settled.refusedCurrencies == ["UYW"])
        #expect(settled.exponent(of: "CLF") == 4 && settled.exponent(of: "BTC") == 8)
    }

    @Test("what jobs must keep to arrives")
    func jobRules() throws {
        let rules = try rules(
            """
            locales: [en-GB, de-DE]
            locale_default: de-DE
            required_customer_fields: [country, dob]
            length_unit: bytes
            intents: [withdrawal]
            amount_required: true
            customer_required: false
            """
        )
        #expect(rules.locales == ["en-GB", "de-DE"] && rules.defaultLocale == "de-DE")
        #expect(rules.requiredCustomerFields == ["country", "dob"])
        #expect(rules.lengthUnit == .bytes && rules.intents == [.withdrawal])
        #expect(!rules.isAmountOptional && !rules.isCustomerRequired)
    }

    @Test("hosts that links and callbacks may lead to are taken in either case of letters, with their ports")
    func allowedHosts() throws {
        let list = "[Pay.Example.NET, alt.example.net:8443, own.example.net:443]"
        let hosts = ["pay.example.net", "alt.example.net:8443", "own.example.net"]
        #expect(try account("allowed_redirect_hosts: \(list)").redirectHosts == hosts)
        let rules = try rules("allowed_callback_hosts: \(list)")
        for allowed in [rules.notificationHosts, rules.returnHosts, rules.validationHosts] {
            #expect(allowed == Set(hosts))
        }
        let wrong = problem("allowed_redirect_hosts: [\"https://pay.example.net\"]")
        #expect(wrong.contains("a host name or `host:port`"), "\(wrong)")
    }

    static let endpoints: [(endpoint: String, lookUp: String?, lines: String)] = [
        ("https://gw.payracks.example/cashier/virtual-terminal", "https://gw.payracks.example/agent/find-order", ""),
        (
            "https://pay.example/white/label/cashier/virtual-terminal",
            "https://pay.example/white/label/agent/find-order", ""
        ),
        (
            "https://pay.example:8443/vt", "https://pay.example:8443/orders/find",
            "find_order_endpoint: https://pay.example:8443/orders/find"
        ),
        ("https://pay.example/vt", nil, "look_up: false"),
    ]

    @Test("any https endpoint with a path will do", arguments: 0..<4)
    func whiteLabel(_ number: Int) throws {
        let (endpoint, lookUp, lines) = Self.endpoints[number]
        let configuration = try Self.configuration(lines, endpoint: endpoint)
        let account = try #require(configuration.accounts["main"]).cashierAccount(secrets: [Secret("s")])
        #expect(account.endpoint == endpoint && account.findOrderURL == lookUp)
        #expect(throws: Never.self) { try account.check() }
    }

    @Test("plain http, a user, a query and a host alone in another scheme are no endpoint")
    func noEndpoint() {
        for endpoint in [
            "http://pay.example/vt", "https://user@pay.example/vt", "https://pay.example/vt?a=1", "ftp://x/",
        ] {
            #expect(throws: SettingsError.self) { try Self.configuration("look_up: false", endpoint: endpoint) }
        }
    }

    @Test("a job calls the customer's data customer_data, whatever the provider calls it")
    func customerKey() throws {
        let configuration = try Self.configuration("customer_key: customer\nallowed_redirect_hosts: [pay.example.net]")
        #expect(try account("customer_key: customer").customerKey == "customer")
        let job = """
            {"order_id":"o-1","agent_name":"A","intent":"payment","currency":"EUR","amount":100,"cid":"c","locale":"en-GB",\
            "customer_data":{"country":"GB","first_name":"A","last_name":"B","email":"a@example.com"},\
            "notification_url":"https://crm.example.com/n","return_url":"https://crm.example.com/r"}
            """
        let codec = JobCodec(rules: configuration.jobRules)
        #expect(try codec.accept(key: Array("o-1".utf8), value: Array(job.utf8)).order.orderID == "o-1")
    }

    @Test("a signature is never sent older than the setting, than the Cashier takes it, nor than the lease allows")
    func sendWithin() throws {
        #expect(try Self.configuration().sendWithin == .seconds(25))
        #expect(try Self.configuration("", "dispatch: {send_within: 10s}").sendWithin == .seconds(10))
        #expect(
            try Self.configuration("timeout: 2s\nconnect_timeout: 1s", "verify: {request_validity: 3s}").sendWithin
                == .seconds(3)
        )
        #expect(try Self.configuration("timeout: 20s", "dispatch: {lease: 30s}").sendWithin == .seconds(5))
        #expect(
            try Self.configuration("timeout: 2s\nconnect_timeout: 1s\nrequest_validity: 3s").sendWithin == .seconds(3)
        )
        let general = "verify: {request_validity: 20s}"
        #expect(try Self.configuration("request_validity: 2m", general).sendWithin == .seconds(25), "holds for none")
    }

    @Test("a signature is never sent older than the strictest of several providers takes it")
    func sendWithinOfSeveral() throws {
        var configuration = try Self.configuration("request_validity: 2m", "verify: {request_validity: 22s}")
        var second = try #require(configuration.accounts["main"])
        // The general one is for accounts without one of their own.
        for (validity, seconds) in [(nil, 22), (.seconds(20), 20), (.seconds(90), 25)] as [(Duration?, Int)] {
            second.requestValidity = validity
            configuration.accounts["second"] = second
            #expect(configuration.sendWithin == .seconds(seconds))
        }
    }
}
