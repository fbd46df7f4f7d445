import SessionCore
import Testing

private struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let changes: [(String, String?)]
    let reason: RefusalReason?
    let field: String?

    init(_ name: String, _ path: String, _ json: String?, _ reason: RefusalReason?, field: String? = nil) {
        self.name = name
        changes = [(path, json)]
        self.reason = reason
        self.field = reason == nil ? nil : field ?? path
    }

    /// A withdrawal with other changes; refused for its amount.
    init(_ name: String, withdrawal changes: [String: String?], _ reason: RefusalReason?) {
        self.init(name, intent: "withdrawal", changes, reason)
    }

    init(_ name: String, intent: String, _ changes: [String: String?], _ reason: RefusalReason?) {
        self.name = name
        self.changes = [("intent", "\"\(intent)\"")] + changes.map { ($0.key, $0.value) }
        self.reason = reason
        field = reason == nil ? nil : "amount"
    }

    var text: String { JobSample.text(changes) }

    var testDescription: String { "\(changes[0].0): \(name)" }
}

private func quoted(_ text: String) -> String { "\"\(text)\"" }
private func long(_ count: Int, _ unit: String = "x") -> String { quoted(String(repeating: unit, count: count)) }

private let amounts: [Case] = [
    Case("exponent", "amount", "1e3", .amount),
    Case("fraction", "amount", "1.0", .amount),
    Case("fraction that counts", "amount", "99.99", .amount),
    Case("negative zero", "amount", "-0", .amount),
    Case("zero", "amount", "0", .amount),
    Case("negative", "amount", "-1", .amount),
    Case("16 digits", "amount", "1000000000000000", .amount),
    Case("more than 64 bits", "amount", "9223372036854775808", .amount),
    Case("1e400", "amount", "1e400", .amount),
    Case("thousands of digits", "amount", String(repeating: "9", count: 5_000), .amount),
    Case("text", "amount", #""1""#, .type),
    Case("true", "amount", "true", .type),
    Case("array", "amount", "[1]", .type),
    Case("object", "amount", #"{"minor":1}"#, .type),
    Case("null leaves it to the agent", "amount", "null", nil),
    Case("left out", "amount", nil, nil),
    Case("one", "amount", "1", nil),
    Case("15 digits", "amount", "999999999999999", nil),
    Case("negative", "balance", "-1", .amount),
    Case("zero", "balance", "0", nil),
    Case("text", "balance", #""0""#, .type),
    Case("fraction", "balance", "0.0", .amount),
    Case("null", "balance", "null", nil),
    Case("left out", "balance", nil, nil),
    Case("does not bound a payment", "balance", "9999", nil),
]

/// The sample asks for 10000.
private let balances: [Case] = [
    Case("one too little", withdrawal: ["balance": "9999"], .balance),
    Case("nothing at all", withdrawal: ["balance": "0"], .balance),
    Case("just enough", withdrawal: ["balance": "10000"], nil),
    Case("null skips the check", withdrawal: ["balance": "null"], nil),
    Case("left out", withdrawal: ["balance": nil], nil),
    Case("an amount that the agent decides on", withdrawal: ["balance": "0", "amount": "null"], nil),
    Case("the largest of both", withdrawal: ["balance": "999999999999999", "amount": "999999999999999"], nil),
    Case("an authorization", intent: "authorization", ["balance": "0"], nil),
]

private let orderIDs: [Case] = [
    Case("null", "order_id", "null", .type),
    Case("number", "order_id", "1560610955", .type),
    Case("left out", "order_id", nil, .missing),
    Case("empty", "order_id", #""""#, .format),
    Case("51 characters", "order_id", long(51), .length),
    Case("composed letter", "order_id", "\"Zo\u{EB}\"", .format),
    Case("decomposed letter", "order_id", "\"Zoe\u{308}\"", .format),
    Case("right-to-left mark", "order_id", "\"a\u{200F}b\"", .format),
    Case("zero-width space", "order_id", "\"a\u{200B}b\"", .format),
    Case("path", "order_id", #""../etc""#, .format),
    Case("SQL", "order_id", #""'; DROP TABLE job;--""#, .format),
    Case("line break", "order_id", #""a\r\nb""#, .format),
    Case("escape sequence", "order_id", #""\u001b[31m""#, .format),
    Case("space", "order_id", #""a b""#, .format),
]

private let texts: [Case] = [
    Case("32 characters", "agent_name", long(32), nil),
    Case("33 characters", "agent_name", long(33), .length),
    Case("32 characters of two bytes", "agent_name", long(32, "ë"), nil),
    Case("empty", "agent_name", #""""#, .format),
    Case("null", "agent_name", "null", .type),
    Case("left out", "agent_name", nil, .missing),
    Case("line break", "agent_name", #""a\nb""#, .format),
    Case("C1 control", "agent_name", "\"a\u{9B}b\"", .format),
    Case("last C1 control", "agent_name", "\"a\u{9F}b\"", .format),
    Case("delete", "agent_name", "\"a\u{7F}b\"", .format),
    Case("no-break space is no control", "agent_name", "\"a\u{A0}b\"", nil),
    Case("spaces around are kept", "agent_name", #"" A/B \"C\" ""#, nil),
    Case("50 characters", "cid", long(50), nil),
    Case("51 characters", "cid", long(51), .length),
    Case("number", "cid", "1", .type),
    Case("e-mail address", "cid", #""jane@example.test""#, .pii),
    Case("base64 with =", "cid", #""YWJj+/==""#, nil),
    Case("256 characters", "variable1", long(256), nil),
    Case("257 characters", "variable2", long(257), .length),
    Case("empty", "variable3", #""""#, nil),
    Case("null", "variable3", "null", nil),
    Case("number", "variable3", "7", .type),
    Case("50 characters", "payment_method", long(50), nil),
    Case("51 characters", "payment_method", long(51), .length),
    Case("empty", "payment_method", #""""#, .format),
    Case("32 characters", "gateway", long(32, "f"), nil),
    Case("33 characters", "gateway", long(33, "f"), .length),
    Case("space", "gateway", #""a b""#, .format),
    Case("33 characters", "customer_token", long(33, "f"), .length),
    Case("64 characters", "campaign", long(64), nil),
    Case("65 characters", "campaign", long(65), .length),
    Case("slash", "campaign", #""spring/1""#, .format),
    Case("empty", "campaign", #""""#, .format),
    Case("shape", "locale", #""en""#, .format),
    Case("underscore", "locale", #""en_GB""#, .format),
    Case("lower case", "locale", #""en-gb""#, .format),
    Case("left out", "locale", nil, .missing),
    Case("null", "locale", "null", .missing),
    Case("sale", "intent", #""sale""#, .intent),
    Case("upper case", "intent", #""Payment""#, .intent),
    Case("null", "intent", "null", .type),
    Case("authorization", "intent", #""authorization""#, nil),
    Case("lower case", "currency", #""usd""#, .currency),
    Case("not ISO", "currency", #""BTC""#, .currency),
    Case("funds code", "currency", #""CLF""#, .currency),
    Case("funds code of Uruguay", "currency", #""UYW""#, .currency),
    Case("no decimals", "currency", #""JPY""#, nil),
    Case("left out", "currency", nil, .missing),
    Case("unknown field", "ammount", "1", .unknownField),
    Case("field of the envelope", "timestamp", "1590611635", .unknownField),
    Case("version", "version", #""1.3""#, .unknownField),
    Case("other spelling", "Order_ID", #""x""#, .unknownField),
    Case("unknown field that needs masking", "na\u{EF}ve <b>", "1", .unknownField, field: "na?ve??b?"),
    Case("not configured", "account", #""nobody""#, .account),
    Case("configured", "account", #""demo""#, nil),
    Case("the account's", "merchant_id", #""Test-Integration-Merchant""#, nil),
    Case("another", "merchant_id", #""Other-Merchant""#, .credentials),
    Case("another", "application_key", #""sandbox""#, .credentials),
]

private let customers: [Case] = [
    Case("left out", "customer_data", nil, .missing),
    Case("null", "customer_data", "null", .missing),
    Case("array", "customer_data", "[]", .type),
    Case("empty", "customer_data", "{}", .missing, field: "customer_data.country"),
    Case("unknown field", "customer_data.cid", #""1""#, .unknownField),
    Case("upper-case letters", "customer_data.country", #""gb""#, .format),
    Case("three letters", "customer_data.country", #""GBR""#, .format),
    Case("left out", "customer_data.email", nil, .missing),
    Case("without @", "customer_data.email", #""jane""#, .format),
    Case("two @", "customer_data.email", #""a@b@c.test""#, .format),
    Case("nothing before @", "customer_data.email", #""@example.test""#, .format),
    Case("space", "customer_data.email", #""jane roe@example.test""#, .format),
    Case("51 characters", "customer_data.email", quoted(String(repeating: "x", count: 38) + "@example.test"), .length),
    Case("25 characters", "customer_data.first_name", long(25, "é"), nil),
    Case("26 characters", "customer_data.last_name", long(26), .length),
    Case("day that does not exist", "customer_data.dob", #""02/30/1980""#, .format),
    Case("29 February of a common year", "customer_data.dob", #""02/29/1981""#, .format),
    Case("day first", "customer_data.dob", #""31/12/1980""#, .format),
    Case("ISO 8601", "customer_data.dob", #""1980-12-31""#, .format),
    Case("one digit", "customer_data.dob", #""1/1/1980""#, .format),
    Case("plus", "customer_data.phone", #""+442071234567""#, .format),
    Case("number", "customer_data.phone", "442071234567", nil),
    Case("negative number", "customer_data.phone", "-442071234567", .format),
    Case("number with a fraction", "customer_data.phone", "4420712.5", .format),
    Case("20 digits", "customer_data.phone", #""44207123456744207123""#, nil),
    Case("21 digits", "customer_data.phone", #""442071234567442071231""#, .length),
    Case("13 characters", "customer_data.zip", long(13), .length),
    Case("12 characters", "customer_data.zip", long(12), nil),
    Case("dot", "customer_data.zip", #""1.2""#, .format),
    Case("digits", "customer_data.state", #""12""#, .format),
    Case("four letters", "customer_data.state", #""CALI""#, .format),
    Case("101 characters", "customer_data.address", long(101), .length),
    Case("51 characters", "customer_data.city", long(51), .length),
    Case("level 6", "customer_data.profile", "6", .range),
    Case("negative level", "customer_data.profile", "-1", .range),
    Case("level as text", "customer_data.profile", #""1""#, .type),
    Case("GB needs no state", "customer_data.country", #""GB""#, nil),
    Case("US needs a state", "customer_data.country", #""US""#, .missing, field: "customer_data.state"),
    Case("AU needs a state", "customer_data.country", #""AU""#, .missing, field: "customer_data.state"),
]

private let times: [Case] = [
    Case("UTC", "not_before", #""2026-11-21T12:00:00Z""#, nil),
    Case("offset and fraction", "not_after", #""2026-11-21T12:00:00.123456+02:00""#, nil),
    Case("no zone", "not_after", #""2026-11-21T12:00:00""#, .time),
    Case("day only", "not_after", #""2026-11-21""#, .time),
    Case("unix seconds", "not_after", "1795262400", .type),
    Case("30 February", "not_after", #""2026-02-30T12:00:00Z""#, .time),
    Case("before 2000", "not_before", #""1999-12-31T23:59:59Z""#, .time),
    Case("year 0", "not_before", #""0000-01-01T00:00:00+23:59""#, .time),
    Case("year 9999", "not_after", #""9999-12-31T23:59:59-23:59""#, .time),
    Case("seven digits of a second", "not_after", #""2026-11-21T12:00:00.1234567Z""#, .time),
]

private let cardNumbers: [Case] = [
    Case("plain", "variable1", #""4111111111111111""#, .pan),
    Case("in words", "variable2", #""card 4111111111111111 exp 12/27""#, .pan),
    Case("spaces", "variable3", #""4111 1111 1111 1111""#, .pan),
    Case("dashes", "agent_name", #""Ann 4111-1111-1111-1111""#, .pan),
    Case("escaped digits", "cid", #""\u0034111111111111111""#, .pan),
    Case("15 digits", "customer_data.address", #""378282246310005""#, .pan),
    Case("19 digits", "customer_data.city", #""6304000000000000000""#, .pan),
    Case("no-break spaces", "customer_data.first_name", "\"4111\u{A0}1111\u{A0}1111\u{A0}1111\"", .pan),
    Case("behind other digits", "payment_method", #""12 4111 1111 1111 1111""#, .pan),
    Case("as a token", "customer_token", #""4111111111111111""#, .pan),
    Case("as a phone number", "customer_data.phone", #""4111111111111111""#, .pan),
    Case("wrong check digit", "variable1", #""4111111111111112""#, nil),
    Case("12 digits", "variable1", #""411111111111""#, nil),
    Case("20 digits", "variable1", #""41111111111111111111""#, nil),
    Case("digits inside a hash", "customer_token", #""87cfb23a4111111111111111c061""#, nil),
]

private let fieldCases: [Case] = amounts + balances + orderIDs + texts + customers + times + cardNumbers

private struct RecordCase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let key: [UInt8]?
    let value: [UInt8]?
    let reason: RefusalReason

    init(_ name: String, key: [UInt8]? = JobSample.key, value: [UInt8]?, _ reason: RefusalReason) {
        (testDescription, self.key, self.value, self.reason) = (name, key, value, reason)
    }

    init(_ name: String, key: [UInt8]? = JobSample.key, _ text: String, _ reason: RefusalReason) {
        self.init(name, key: key, value: Array(text.utf8), reason)
    }
}

private let utf16: [UInt8] = JobSample.text().utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
private let manyKeys: String = (0..<65).map { "\"k\($0)\":1" }.joined(separator: ",")

private let recordCases: [RecordCase] = [
    RecordCase("null value", value: nil, .tombstone),
    RecordCase("empty value", value: [], .empty),
    RecordCase("null key", key: nil, JobSample.text(), .key),
    RecordCase("empty key", key: [], JobSample.text(), .key),
    RecordCase("other key", key: Array("test-1560610956".utf8), JobSample.text(), .key),
    RecordCase("longer key", key: JobSample.key + [0x20], JobSample.text(), .key),
    RecordCase("one byte too many", value: [UInt8](repeating: 0x20, count: 65_537), .size),
    RecordCase("20 MB of text", value: [UInt8](repeating: 0x61, count: 20_000_000), .size),
    RecordCase("array", "[]", .type),
    RecordCase("text", "\"x\"", .type),
    RecordCase("null as JSON", "null", .type),
    RecordCase("duplicate key", #"{"amount":1,"amount":2}"#, .dupKey),
    RecordCase("byte order mark", "\u{FEFF}\(JobSample.text())", .utf8),
    RecordCase("UTF-16", value: utf16, .utf8),
    RecordCase("lone surrogate", #"{"cid":"\ud800"}"#, .utf8),
    RecordCase("0xFF", value: Array(#"{"cid":""#.utf8) + [0xFF], .utf8),
    RecordCase("U+0000", #"{"cid":"a\u0000"}"#, .nul),
    RecordCase("trailing comma", #"{"cid":"a",}"#, .syntax),
    RecordCase("cut off", String(JobSample.text().dropLast()), .syntax),
    RecordCase("compressed", value: [0x1F, 0x8B, 0x08, 0x01, 0x02, 0x03], .syntax),
    RecordCase("depth 511", String(repeating: #"{"a":"#, count: 511) + "1", .depth),
    RecordCase("65 keys", "{\(manyKeys)}", .keys),
]

@Suite struct JobRefusalTests {
    @Test(arguments: fieldCases)
    fileprivate func eachFieldHasItsVerdict(_ input: Case) {
        let refusal = JobSample.refusal(input.text)
        #expect(refusal?.reason == input.reason)
        #expect(refusal?.field ?? "" == input.field ?? "")
        guard let refusal else { return }
        #expect(refusal.detail.utf8.count > 20)
        if input.reason == .pan { #expect(!refusal.mayKeepRaw) }
    }

    @Test(arguments: recordCases) fileprivate func recordsThatAreNoJobAtAll(_ input: RecordCase) {
        do {
            _ = try JobSample.codec.decode(key: input.key, value: input.value)
            Issue.record("accepted")
        } catch {
            #expect(error.reason == input.reason)
            #expect(error.mayKeepRaw == (input.reason != .size))
        }
    }

    @Test func theOrderOfARefusedRecordIsKnownWhereverItStands() {
        let order = Order(account: "demo", orderID: "test-1560610955")
        for text in [
            #"{"order_id":"test-1560610955","amount":true}"#,
            #"{"amount":true,"order_id":"test-1560610955"}"#,
            #"{"amount":true,"order_id":"test-1560610955","nonsense":[{}]}"#,
        ] {
            #expect(JobSample.refusal(text)?.order == order)
        }
        #expect(JobSample.refusal(#"{"account":"x","order_id":"a"}"#)?.order == Order(account: "x", orderID: "a"))
        #expect(JobSample.refusal(#"{"account":7,"order_id":"a"}"#)?.order == Order(account: "demo", orderID: "a"))
        #expect(JobSample.refusal(#"{"order_id":"a b","amount":true}"#)?.order == nil)
        #expect(JobSample.refusal(JobSample.text(["order_id": long(51)]))?.order == nil)
        // Of a broken record nothing is believed.
        #expect(JobSample.refusal(#"{"order_id":"test-1560610955","amount":}"#)?.order == nil)
        #expect(JobSample.refusal(#"{"order_id":"a","order_id":"b"}"#)?.order == nil)
    }

    @Test func aFaultOfTheTextGoesBeforeFieldsAndACardNumberBeforeOtherFields() {
        #expect(JobSample.refusal(#"{"nonsense":1,"amount":"1","cid":"a","cid":"b"}"#)?.reason == .dupKey)
        let card = #"{"nonsense":1,"variable1":"4111111111111111"}"#
        #expect(JobSample.refusal(card)?.reason == .pan)
        #expect(JobSample.refusal(#"{"nonsense":1,"amount":"1"}"#)?.field == "nonsense")
    }

    @Test(arguments: [
        #"{"nonsense":"4111 1111 1111 1111","order_id":"test-1560610955"}"#,
        #"{"4111111111111111":1}"#,
        #"{"variable1":"4111111111111111""#,
    ])
    func whatLooksLikeACardNumberAnywhereIsNotKept(_ text: String) {
        let refusal = JobSample.refusal(text)
        #expect(refusal?.mayKeepRaw == false)
        #expect(refusal?.detail.contains("4111") == false)
        #expect(refusal?.field?.contains("4111") != true)
    }

    @Test func refusalsHoldNoValueOfTheRecord() {
        for input in fieldCases {
            guard let refusal = JobSample.refusal(input.text) else { continue }
            for secret in ["Jane", "jane", "Roe", "London", "4111", "sale", "nobody", "DROP", "Other-Merchant"] {
                #expect(!refusal.detail.contains(secret), "\(input.testDescription): \(refusal.detail)")
            }
        }
    }
}
