import Testing

@testable import CashierClient

/// A record of the jobs topic, what the account is set to, and what goes over the wire for it.
struct RecordRow: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Members that are replaced or added, as JSON text; nil leaves one out.
    var set: [String: String?]
    /// Parts of the request's body that must be in it, and that must not.
    var sent: [String]
    var notSent: [String]
    var account: @Sendable (inout CashierAccount) -> Void = { _ in }
    var currencies: [String: Int] = [:]
    var personality = ""
    /// The session's `payment_method` in the result.
    var method: String?

    init(_ name: String, _ set: [String: String?] = [:], sent: [String] = [], notSent: [String] = []) {
        testDescription = name
        self.set = set
        self.sent = sent
        self.notSent = notSent
    }

    func with(_ change: (inout RecordRow) -> Void) -> RecordRow {
        var row = self
        change(&row)
        return row
    }

    /// The least that a record has.
    static let least: [String: String?] = [
        "order_id": #""o-1""#, "agent_name": #""Ann Agent""#, "intent": #""payment""#, "currency": #""EUR""#,
        "amount": "1250", "cid": #""c-17""#, "locale": #""en-GB""#, "customer_token": #""c-token""#,
        "notification_url": #""https://crm.example.test/n""#, "return_url": #""https://crm.example.test/r""#,
    ]

    /// The record's value.
    var text: String {
        let members = Self.least.merging(set) { $1 }.compactMap { name, json in json.map { "\"\(name)\":\($0)" } }
        return "{" + members.sorted().joined(separator: ",") + "}"
    }

    private static func customer(_ members: String) -> [String: String?] {
        [
            "customer_token": nil,
            "customer_data": #"{"first_name":"Jane","last_name":"Roe","email":"jane@example.test",\#(members)}"#,
        ]
    }

    // MARK: Rows

    static let all: [RecordRow] = intents + customers + money + texts + ways + accounts

    static let intents: [RecordRow] = [
        RecordRow("an authorization", ["intent": #""authorization""#], sent: [#""intent":"authorization""#]),
        RecordRow("a payment", sent: [#""intent":"payment""#]),
        RecordRow("a withdrawal", ["intent": #""withdrawal""#], sent: [#""intent":"withdrawal""#]),
        RecordRow(
            "a withdrawal of all there is",
            ["intent": #""withdrawal""#, "balance": "1250"],
            sent: [#""amount":1250,"balance":1250"#]
        ),
        RecordRow(
            "a withdrawal whose balance nobody checks",
            ["intent": #""withdrawal""#, "balance": "null"],
            notSent: ["balance"]
        ),
        RecordRow("a payment with a balance", ["balance": "0"], sent: [#""balance":0"#]),
        RecordRow("an amount that the agent decides on", ["amount": "null"], notSent: ["amount"]),
    ]

    static let customers: [RecordRow] = [
        RecordRow("a customer by token", sent: [#""customer_token":"c-token""#], notSent: ["customer_data"]),
        RecordRow(
            "a customer by data",
            customer(#""country":"GB""#),
            sent: [
                #""customer_data":{"country":"GB","first_name":"Jane","last_name":"Roe","email":"jane@example.test"}"#
            ],
            notSent: ["customer_token"]
        ),
        RecordRow(
            "a customer by both",
            customer(#""country":"GB""#).merging(["customer_token": #""c-token""#]) { $1 },
            sent: [#""country":"GB""#, #""customer_token":"c-token""#]
        ),
        RecordRow(
            "a customer in the US",
            customer(#""country":"US","zip":"90210-1234","state":"CA""#),
            sent: [#""zip":"90210-1234","state":"CA""#]
        ),
        RecordRow(
            "a customer in Canada",
            customer(#""country":"CA","zip":"K1A 0B1","state":"ON""#),
            sent: [#""zip":"K1A 0B1","state":"ON""#]
        ),
        RecordRow(
            "a customer in Australia, without a zip",
            customer(#""country":"AU","state":"NSW""#),
            sent: [#""state":"NSW""#],
            notSent: ["zip"]
        ),
        RecordRow(
            "every field of a customer",
            customer(
                #""country":"GB","dob":"02/29/1980","phone":"442071234567","zip":"SW1A 1AA","state":"LND","#
                    + #""city":"London","address":"1 High Street","profile":5"#
            ),
            sent: [
                #""dob":"02/29/1980","email":"jane@example.test","phone":"442071234567","zip":"SW1A 1AA","#
                    + #""state":"LND","city":"London","address":"1 High Street","profile":5}"#
            ]
        ),
        RecordRow("the lowest level", customer(#""country":"GB","profile":0"#), sent: [#""profile":0"#]),
        RecordRow(
            "a phone number as a number",
            customer(#""country":"GB","phone":442071234567"#),
            sent: [#""phone":"4420"#]
        ),
        RecordRow(
            "a phone number that goes out as a number",
            customer(#""country":"GB","phone":"442071234567""#),
            sent: [#""phone":442071234567"#]
        )
        .with { $0.account = { $0.phoneForm = .number } },
        RecordRow(
            "digits that a number would change",
            customer(#""country":"GB","phone":"0442071234567""#),
            sent: [#""phone":"0442071234567""#]
        )
        .with { $0.account = { $0.phoneForm = .number } },
        RecordRow("an object under another key", customer(#""country":"GB""#), sent: [#""client":{"country":"GB""#])
            .with {
                $0.account = { $0.customerKey = "client" }
                $0.personality = "customer=optional"
            },
    ]

    static let money: [RecordRow] = [
        RecordRow("a currency without decimals", ["currency": #""JPY""#], sent: [#""currency":"JPY","amount":1250,"#]),
        RecordRow(
            "a currency with three decimals",
            ["currency": #""BHD""#],
            sent: [#""currency":"BHD","amount":1250,"#]
        ),
        RecordRow("a currency beyond ISO 4217", ["currency": #""BTC""#], sent: [#""currency":"BTC","amount":1250,"#])
            .with { $0.currencies = ["BTC": 8] },
        RecordRow("a code of ten letters", ["currency": #""USDTTRC20X""#], sent: [#""currency":"USDTTRC20X""#])
            .with { $0.currencies = ["USDTTRC20X": 6] },
        RecordRow("a disputed code that the account settled", ["currency": #""CLF""#], sent: [#""currency":"CLF""#])
            .with { $0.currencies = ["CLF": 4] },
        RecordRow("fifteen digits", ["amount": "999999999999999"], sent: [#""amount":999999999999999,"#]),
        RecordRow("one minor unit", ["amount": "1"], sent: [#""amount":1,"#]),
    ]

    static let texts: [RecordRow] = [
        RecordRow("a locale of another script", ["locale": #""zh-TW""#], sent: [#""locale":"zh-TW""#]),
        RecordRow(
            "letters beyond ASCII, composed",
            ["agent_name": "\"Zo\u{EB}\""],
            sent: ["\"agent_name\":\"Zo\u{EB}\""]
        ),
        RecordRow(
            "letters beyond ASCII, decomposed",
            ["agent_name": "\"Zoe\u{308}\""],
            sent: ["\"agent_name\":\"Zoe\u{308}\""]
        ),
        RecordRow("a name with quotes", ["agent_name": #"" A/B \"C\" ""#], sent: [#""agent_name":" A/B \"C\" ""#]),
        RecordRow(
            "thirty-two characters of two bytes",
            ["agent_name": "\"" + String(repeating: "\u{EB}", count: 32) + "\""],
            sent: [String(repeating: "\u{EB}", count: 32)]
        ),
        RecordRow(
            "three tags, one of them empty",
            ["variable1": #""desk 4""#, "variable2": #""""#, "variable3": #""\u00e9""#],
            sent: [#""variable1":"desk 4","variable2":"","variable3":"é""#]
        ),
        RecordRow(
            "an address with placeholders and percent signs, byte for byte",
            ["return_url": #""https://crm.example.test/r?a={{transaction.amount}}&b=%7B%zz{{ x }}#{y}""#],
            sent: [#""return_url":"https://crm.example.test/r?a={{transaction.amount}}&b=%7B%zz{{ x }}#{y}""#]
        ),
        RecordRow(
            "an address whose host is in capitals",
            ["return_url": #""https:\/\/CRM.Example.TEST:443/r""#],
            sent: [#""return_url":"https://CRM.Example.TEST:443/r""#]
        ),
        RecordRow(
            "a validation",
            ["validation_url": #""https://crm.example.test/v""#],
            sent: [#""validation_url":"https://crm.example.test/v""#]
        ),
    ]

    static let ways: [RecordRow] = [
        RecordRow("a payment method", ["payment_method": #""Credit Card""#], sent: [#""payment_method":"Credit Card""#])
            .with { $0.method = "Credit Card" },
        RecordRow(
            "a gateway",
            ["gateway": #""9d7b1f3c5e2a4806b8d0f2a4c6e81357""#],
            sent: [#""gateway":"9d7b1f3c5e2a4806b8d0f2a4c6e81357""#]
        ),
        RecordRow(
            "both: the provider lets the gateway win",
            ["payment_method": #""PayPal""#, "gateway": #""9d7b1f3c5e2a4806b8d0f2a4c6e81357""#],
            sent: [#""payment_method":"PayPal","gateway":"9d7b1f3c5e2a4806b8d0f2a4c6e81357""#]
        ),
        RecordRow(
            "the cascade of card gateways",
            ["gateway": #""credit_card_cascade_gateway_0000""#],
            sent: [#""gateway":"credit_card_cascade_gateway_0000""#]
        ).with { $0.method = "Credit Card" },
    ]

    static let accounts: [RecordRow] = [
        RecordRow(
            "what is left out goes out as null",
            sent: [
                #""balance":null"#, #""customer_data":null"#, #""payment_method":null,"gateway":null"#,
                #""variable3":null"#,
            ]
        ).with { $0.account = { $0.nullPolicy = .null } },
        RecordRow("a white label's path, its look-up derived").with {
            $0.account = { $0.setEndpoint("/white/label/cashier/virtual-terminal") }
        },
        RecordRow("a white label's path, its look-up given").with {
            $0.account = { $0.setEndpoint("/one/cashier/virtual-terminal", lookUp: "/two/agent/find-order") }
        },
        RecordRow("few fields in answers").with { $0.personality = "sparse-replies" },
        RecordRow("no nulls in answers").with { $0.personality = "nulls=omitted" },
        RecordRow("digits as text in answers").with { $0.personality = "numbers=all-text" },
    ]
}

extension CashierAccount {
    /// Other paths at the same host; the look-up's is derived unless it is given.
    fileprivate mutating func setEndpoint(_ path: String, lookUp: String? = nil) {
        let origin = String(endpoint.prefix(endpoint.utf8.count - "/cashier/virtual-terminal".utf8.count))
        let changed = CashierAccount(
            name: name,
            endpoint: origin + path,
            findOrderURL: lookUp.map { origin + $0 },
            merchantID: merchantID,
            applicationKey: applicationKey,
            secrets: secrets
        )
        endpoint = changed.endpoint
        findOrderURL = changed.findOrderURL
    }
}
