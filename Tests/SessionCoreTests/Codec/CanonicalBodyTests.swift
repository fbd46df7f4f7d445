import SessionCore
import Testing

/// A job with every field, as JSON members.
private let everything: [(name: String, json: String)] = [
    ("account", #""second""#),
    ("campaign", #""spring-2026""#),
    ("not_before", #""2026-11-21T12:00:00Z""#),
    ("not_after", #""2026-11-22T12:00:00.000001Z""#),
    ("customer_token", #""87cfb23a8f1e68e162c276b754d9c061""#),
    ("payment_method", #""Credit Card""#),
    ("gateway", #""f76bb0a4c8a5d3e1f76bb0a4c8a5d3e1""#),
    ("validation_url", #""https://crm.example.test/validate""#),
    ("variable2", #""Zo\u00eb \ud83d\udcbc""#),
    ("variable3", #""""#),
]

private func record(_ top: [(name: String, json: String)], _ inner: [(name: String, json: String)]) -> String {
    JobSample.object(
        top.map { $0.name == "customer_data" ? ("customer_data", JobSample.object(inner)) : $0 }
    )
}

private let topLevel = JobSample.members + everything
private let inner = JobSample.customer + [("state", #""LDN""#)]

private func body(_ text: String) throws -> [UInt8] {
    JobCodec.canonicalBody(try JobSample.decode(text))
}

@Suite struct CanonicalBodyTests {
    @Test func hasEveryFieldInTheOrderOfTheTable() throws {
        let tree = try JSONTree(try body(record(topLevel, inner)))
        let credentials: Set<String> = ["merchant_id", "application_key"]
        let names = JobFields.topLevel.map { JobFields[$0].name }.filter { !credentials.contains($0) }
        #expect(tree.members.map(\.name) == names)
        #expect(tree["customer_data"]?.members.map(\.name) == JobFields.customer.map { JobFields[$0].name })
    }

    @Test func readsBackAsTheSameJob() throws {
        for text in [record(topLevel, inner), JobSample.text()] {
            let job = try JobSample.decode(text)
            let body = JobCodec.canonicalBody(job)
            #expect(try JobCodec.decodeCanonical(body) == job)
        }
    }

    @Test func whatIsAbsentStaysAbsent() throws {
        let text = String(decoding: try body(JobSample.text()), as: UTF8.self)
        for name in ["campaign", "not_before", "not_after", "customer_token", "gateway", "variable2", "null"] {
            #expect(!text.contains(name))
        }
    }

    @Test func isOneKnownSpelling() throws {
        let text = JobSample.text(["not_after": #""2026-11-21T14:00:00.5+02:00""#, "cid": #""\u0041\/\"""#])
        let expected =
            #"{"account":"demo","order_id":"test-1560610955","not_after":"2026-11-21T12:00:00.500000Z","#
            + #""agent_name":"Sales - Andrew Swift","intent":"payment","currency":"USD","amount":10000,"balance":0,"#
            + #""cid":"A/\"","locale":"en-GB","customer_data":{"country":"GB","first_name":"Jane","last_name":"Roe","#
            + #""dob":"02/29/1980","email":"jane.roe@example.test","phone":"442071234567","zip":"SW1A 1AA","#
            + #""city":"London","address":"1 High Street","profile":1},"#
            + #""notification_url":"https://crm.example.test/cashier/notify","#
            + #""return_url":"https://crm.example.test/done?status={{transaction.status}}","variable1":"desk 4"}"#
        #expect(String(decoding: try body(text), as: UTF8.self) == expected)
    }

    @Test func spellingDoesNotChangeIt() throws {
        let original = try body(record(topLevel, inner))
        var generator = SeededGenerator(seed: 0x5EED)
        for round in 0..<2_000 {
            var speller = Speller(generator: generator)
            let text = speller.respell(topLevel, inner)
            generator = speller.generator
            #expect(try body(text) == original, "round \(round): \(text)")
        }
    }

    @Test func credentialsThatMatchTheAccountDoNotChangeIt() throws {
        let plain = try body(JobSample.text())
        let text = JobSample.text([
            "merchant_id": #""Test-Integration-Merchant""#, "application_key": #""Sandbox""#, "account": #""demo""#,
        ])
        #expect(try body(text) == plain)
    }

    @Test(arguments: [
        ("account", #""demo""#), ("campaign", #""spring-2027""#), ("not_before", #""2026-11-21T12:00:00.000001Z""#),
        ("not_after", #""2026-11-22T12:00:00Z""#), ("agent_name", #""Sales - Andrew swift""#),
        ("intent", #""authorization""#), ("currency", #""EUR""#), ("amount", "10001"), ("balance", "1"),
        ("cid", #""2""#), ("locale", #""de-DE""#), ("customer_token", #""97cfb23a8f1e68e162c276b754d9c061""#),
        ("payment_method", #""Credit card""#), ("gateway", #""a76bb0a4c8a5d3e1f76bb0a4c8a5d3e1""#),
        ("validation_url", #""https://crm.example.test/validate/""#),
        ("notification_url", #""https://crm.example.test/cashier/notify2""#),
        ("return_url", #""https://crm.example.test/""#), ("variable1", #""desk 5""#),
        ("variable2", #""Zoe\u0308 \ud83d\udcbc""#), ("variable3", "null"),
        ("customer_data.country", #""FR""#), ("customer_data.first_name", #""Janet""#),
        ("customer_data.last_name", #""Row""#), ("customer_data.dob", #""02/28/1980""#),
        ("customer_data.email", #""jane@example.test""#), ("customer_data.phone", #""442071234568""#),
        ("customer_data.zip", #""SW1A 1AB""#), ("customer_data.state", #""LON""#),
        ("customer_data.city", #""Londen""#), ("customer_data.address", #""2 High Street""#),
        ("customer_data.profile", "2"),
    ])
    func everyChangeOfContentChangesItAndIsNamed(_ path: String, _ json: String) throws {
        let changedTop = topLevel.map { $0.name == path ? ($0.name, json) : $0 }
        let changedInner = inner.map { "customer_data.\($0.name)" == path ? ($0.name, json) : $0 }
        let before = try body(record(topLevel, inner))
        let after = try body(record(changedTop, changedInner))
        #expect(before != after)
        #expect(JobCodec.differingFields(before, after) == [path])
        #expect(JobCodec.differingFields(after, before) == [path])
    }

    @Test func severalDifferencesComeInCanonicalOrder() throws {
        let left = try body(JobSample.text())
        let right = try body(
            JobSample.text(["customer_data": nil, "customer_token": #""x""#, "variable1": nil, "amount": "1"])
        )
        let fields = JobCodec.differingFields(left, right)
        #expect(fields.first == "amount" && fields.last == "variable1")
        #expect(fields.contains("customer_data") && fields.contains("customer_data.email"))
        #expect(JobCodec.differingFields(left, left) == [])
        #expect(JobCodec.differingFields(left, [0x7B]) == [])
    }

    @Test func nothingElseIsReadAsABody() throws {
        let good = try body(JobSample.text())
        let text = String(decoding: good, as: UTF8.self)
        func fault(_ text: String) -> CanonicalBodyFault? {
            do {
                _ = try JobCodec.decodeCanonical(Array(text.utf8))
                return nil
            } catch {
                return error
            }
        }
        #expect(fault(text) == nil)
        #expect(fault("") == .json(JSONFault(.syntax, at: 0)))
        #expect(fault("[]") == .field("intent"))
        #expect(fault(text + " ") == .notCanonical)
        #expect(fault(text.replacing("payment", with: "sale")) == .field("intent"))
        #expect(fault(text.replacing(#""cid":"1","#, with: "")) == .field("cid"))
        #expect(fault(text.replacing(#""cid":"#, with: #""new":1,"cid":"#)) == .notCanonical)
        #expect(fault(text.replacing("10000", with: "1e4")) == .notCanonical)
    }
}

/// Writes the same record in other ways.
private struct Speller {
    var generator: SeededGenerator

    mutating func respell(_ top: [(name: String, json: String)], _ inner: [(name: String, json: String)]) -> String {
        var members = top
        if Bool.random(using: &generator) { members.append(("merchant_id", "null")) }
        for index in members.indices where members[index].name == "customer_data" {
            members[index].json = object(inner)
        }
        return object(members)
    }

    private mutating func object(_ members: [(name: String, json: String)]) -> String {
        var text = space() + "{"
        for (index, member) in members.shuffled(using: &generator).enumerated() {
            if index > 0 { text += "," }
            text += space() + escape("\"\(member.name)\"") + space() + ":" + space()
            if member.name == "phone", Bool.random(using: &generator) {
                text += member.json.replacing("\"", with: "")
            } else {
                text += member.json.first == "\"" ? escape(member.json) : member.json
            }
            text += space()
        }
        return text + "}" + space()
    }

    private mutating func space() -> String {
        ["", "", "", " ", "\n", "\t", "\r\n  "].randomElement(using: &generator) ?? ""
    }

    /// Writes some of a string's plain characters as escapes, in upper- or lower-case digits.
    private mutating func escape(_ json: String) -> String {
        var text = ""
        var isEscaped = false
        for scalar in json.dropFirst().dropLast().unicodeScalars {
            let isPlain = !isEscaped && scalar != "\\" && scalar.isASCII && !text.hasSuffix("\\u")
            isEscaped = scalar == "\\" && !isEscaped
            if isPlain, json.contains("\\u") == false, Int.random(in: 0..<8, using: &generator) == 0 {
                let digits = String(scalar.value, radix: 16, uppercase: Bool.random(using: &generator))
                text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return "\"\(text)\""
    }
}
