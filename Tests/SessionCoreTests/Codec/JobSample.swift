import SessionCore

/// A good job record, and changed copies of it.
enum JobSample {
    static let rules: JobRules = {
        var demo = AccountRules(merchantID: "Test-Integration-Merchant", applicationKey: "Sandbox")
        demo.notificationHosts = ["crm.example.test", "crm.example.test:8443"]
        let plain = AccountRules(merchantID: "Other-Merchant", applicationKey: "Shop")
        return JobRules(accounts: ["demo": demo, "second": plain], defaultAccount: "demo")
    }()

    static let codec = JobCodec(rules: rules)

    /// Names with their values as JSON.
    static let members: [(name: String, json: String)] = [
        ("order_id", #""test-1560610955""#),
        ("agent_name", #""Sales - Andrew Swift""#),
        ("intent", #""payment""#),
        ("currency", #""USD""#),
        ("amount", "10000"),
        ("balance", "0"),
        ("cid", #""1""#),
        ("locale", #""en-GB""#),
        ("customer_data", object(customer)),
        ("notification_url", #""https://crm.example.test/cashier/notify""#),
        ("return_url", #""https://crm.example.test/done?status={{transaction.status}}""#),
        ("variable1", #""desk 4""#),
    ]

    static let customer: [(name: String, json: String)] = [
        ("country", #""GB""#),
        ("first_name", #""Jane""#),
        ("last_name", #""Roe""#),
        ("dob", #""02/29/1980""#),
        ("email", #""jane.roe@example.test""#),
        ("phone", #""442071234567""#),
        ("zip", #""SW1A 1AA""#),
        ("city", #""London""#),
        ("address", #""1 High Street""#),
        ("profile", "1"),
    ]

    static func object(_ members: [(name: String, json: String)]) -> String {
        "{" + members.map { "\"\($0.name)\":\($0.json)" }.joined(separator: ",") + "}"
    }

    /// The sample with members replaced, added, or (nil) left out; paths like `customer_data.zip` reach inside.
    static func text(_ changes: KeyValuePairs<String, String?> = [:]) -> String {
        text(changes.map { ($0.key, $0.value) })
    }

    static func text(_ changes: [(String, String?)]) -> String {
        var top = members
        var inner = customer
        for (path, json) in changes {
            if path.hasPrefix("customer_data.") {
                set(String(path.dropFirst("customer_data.".count)), json, in: &inner)
                set("customer_data", object(inner), in: &top)
            } else {
                set(path, json, in: &top)
            }
        }
        return object(top)
    }

    private static func set(_ name: String, _ json: String?, in members: inout [(name: String, json: String)]) {
        let place = members.firstIndex { $0.name == name }
        switch (place, json) {
        case (let place?, let json?): members[place].json = json
        case (let place?, nil): members.remove(at: place)
        case (nil, let json?): members.append((name, json))
        case (nil, nil): break
        }
    }

    static let key = Array("test-1560610955".utf8)

    static func decode(_ text: String, codec: JobCodec = codec) throws(JobRefusal) -> Job {
        try codec.decode(key: key, value: Array(text.utf8))
    }

    /// The refusal of a text; nil if it was accepted.
    static func refusal(_ text: String, codec: JobCodec = codec) -> JobRefusal? {
        do {
            _ = try decode(text, codec: codec)
            return nil
        } catch {
            return error
        }
    }
}

/// A generator whose sequence follows from its seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
