import SessionCore
import Testing

/// The published schema of jobs says what the codec does.
@Suite struct JobContractTests {
    private let schema: JSONTree

    init() throws {
        schema = try ContractFiles.tree("contracts/job.schema.json")
    }

    private func property(_ id: JobFieldID) throws -> JSONTree {
        let parent = JobFields.customer.contains(id) ? schema["properties"]?["customer_data"] : schema
        return try #require(parent?["properties"]?[JobFields[id].name], "\(JobFields[id].path)")
    }

    private func types(_ property: JSONTree) -> [String] {
        property["type"].map { $0.text.map { [$0] } ?? $0.elements.compactMap(\.text) } ?? []
    }

    @Test func hasTheFieldsOfTheCodecAndNoOther() {
        #expect(schema["properties"]?.members.map(\.name) == JobFields.topLevel.map { JobFields[$0].name })
        let customer = schema["properties"]?["customer_data"]
        #expect(customer?["properties"]?.members.map(\.name) == JobFields.customer.map { JobFields[$0].name })
        #expect(schema["additionalProperties"] == .bool(false))
        #expect(customer?["additionalProperties"] == .bool(false))
    }

    @Test func requiresWhatTheCodecRequires() {
        let names = JobFields.topLevel.map { JobFields[$0] }.filter { $0.presence != .optional }.map(\.name)
        #expect(schema["required"]?.elements.compactMap(\.text) == names)
        let customer = schema["properties"]?["customer_data"]?["required"]?.elements.compactMap(\.text) ?? []
        let rules = AccountRules(merchantID: "m", applicationKey: "a")
        #expect(Set(customer) == rules.requiredCustomerFields)
        let either = schema["anyOf"]?.elements.compactMap { $0["required"]?.elements.first?.text }
        #expect(either == ["customer_data", "customer_token"])
    }

    @Test(arguments: JobFieldID.allCases) func describesEachFieldAsTheCodecReadsIt(_ id: JobFieldID) throws {
        let field = JobFields[id]
        let property = try property(id)
        #expect((property["description"]?.text?.utf8.count ?? 0) > 4)
        #expect(property["maxLength"]?.integer == field.maxLength)
        #expect(types(property).contains("null") == (field.presence == .optional))
        switch field.kind {
        case .text(.intent):
            #expect(property["enum"]?.elements.compactMap(\.text) == Intent.allCases.map(\.rawValue))
        case .text(let shape):
            #expect(types(property).first == "string")
            #expect(property["pattern"]?.text == shape.pattern)
        case .digits:
            #expect(types(property) == ["string", "integer", "null"])
            #expect(property["pattern"]?.text == TextShape.phone.pattern)
        case .integer(let range):
            #expect(types(property) == ["integer", "null"])
            #expect(property["minimum"]?.integer.map(Int64.init) == range.lowerBound)
            #expect(property["maximum"]?.integer.map(Int64.init) == range.upperBound)
        case .object:
            #expect(types(property) == ["object", "null"])
        }
    }

    @Test(arguments: JobFieldID.allCases) func itsExamplesAreAccepted(_ id: JobFieldID) throws {
        let path = JobFields[id].path
        let rules = try #require(JobSample.rules.accounts["demo"])
        var examples = try property(id)["examples"]?.elements ?? []
        #expect(id == .customerData || !examples.isEmpty)
        // A state of the US next to the sample's GB, a host that the sample does not list: each alone must be fine.
        var open = JobSample.rules
        open.accounts["demo"] = AccountRules(merchantID: rules.merchantID, applicationKey: rules.applicationKey)
        let codec = JobCodec(rules: open)
        if id == .orderID { examples = examples.filter { $0.text == "test-1560610955" } }
        for example in examples {
            var writer = JSONWriter()
            example.write(to: &writer)
            let json = String(decoding: writer.bytes, as: UTF8.self)
            #expect(JobSample.refusal(JobSample.text([path: json]), codec: codec) == nil, "\(path): \(json)")
        }
    }

    @Test func itsExampleIsAJob() throws {
        for example in try #require(schema["examples"]?.elements) {
            var writer = JSONWriter()
            example.write(to: &writer)
            let key = Array((example["order_id"]?.text ?? "").utf8)
            _ = try JobCodec(rules: ExampleRules.rules).decode(key: key, value: writer.bytes)
        }
    }

    /// What the codec accepts, the pattern matches; what it refuses for its form, an exact pattern does not.
    @Test func patternsAndCodecAgree() throws {
        let texts = [
            "", "x", "en-GB", "en_GB", "GB", "gb", "USD", "usd", "US1", "CA", "NSW", "12", "1", "a b", "a-b", "a:b",
            "a/b",
            "a.b_c", "-", " x ", "SW1A 1AA", "Zo\u{EB}", "Zoe\u{308}", "a\nb", "a\u{9B}b", "a\u{A0}b", "\u{7F}",
            "a@b.test", "02/29/1980", "02/30/1980", "2/3/1980", "442071234567", "+44", "\u{1F469}\u{200D}\u{1F4BC}",
            "https://a.test", "https://a.test/x?y#z", "https://a.test:8443/", "https://u@a.test/", "http://a.test/",
            "https://a.test/{{x}} %", "https://a.test/{{x}}\u{EB}", "2026-11-21T12:00:00Z",
            "2026-11-21t12:00:00.5+01:00", "2026-11-21",
            "payment", "sale", "\u{200B}", "\u{FEFF}x",
        ]
        // Their patterns are wider than the codec's own check.
        let wide: [TextShape] = [.date, .email, .url, .opaqueURL, .time, .intent, .customerID]
        for id in JobFieldID.allCases {
            let shape: TextShape
            switch JobFields[id].kind {
            case .text(let own): shape = own
            case .digits: shape = .phone
            case .integer, .object: continue
            }
            let pattern = try Regex(shape.pattern).matchingSemantics(.unicodeScalar)
            for text in texts {
                var writer = JSONWriter()
                writer.string(text)
                let json = String(decoding: writer.bytes, as: UTF8.self)
                let refusal = JobSample.refusal(JobSample.text([JobFields[id].path: json]))
                let isFormRefused = refusal?.field == JobFields[id].path && refusal?.reason == .format
                let isMatched = try pattern.firstMatch(in: text) != nil
                if refusal == nil { #expect(isMatched, "\(JobFields[id].path) accepts \(json)") }
                if isFormRefused, !wide.contains(shape) {
                    #expect(!isMatched, "\(JobFields[id].path) refuses \(json)")
                }
            }
        }
    }
}
