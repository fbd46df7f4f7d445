import SessionCore
import Testing

@testable import CashierSimulator

@Suite struct JSONTests {
    @Test(arguments: [
        "", " ", "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":1}{", "[1,]", "01", "1.", ".5", "+1",
        "1e",
        "-", "nul", "truee", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
        "\"\u{1}\"",
        "{\"a\":1,\"\\u0061\":2}", "NaN", String(repeating: "[", count: 17) + String(repeating: "]", count: 17),
    ])
    func whatIsNoStrictJSONIsRefused(_ text: String) {
        #expect(throws: JSONFault.self) { try JSONTree.read(Array(text.utf8)) }
    }

    @Test func bytesThatAreNoUTF8AreRefused() {
        for bytes in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] as [[UInt8]] {
            #expect(throws: JSONFault.self) { try JSONTree.read(bytes) }
        }
    }

    @Test func valuesAreReadAsTheyAre() throws {
        let text =
            #" {"s":"\"\\\/\b\f\n\r\t\u00e9\ud83d\udcbc","n":[0,-1,1.5e+3,12345678901],"t":true,"z":null,"o":{}} "#
        let value = try JSONTree.read(Array(text.utf8))
        #expect(value["s"]?.text == "\"\\/\u{8}\u{C}\n\r\t\u{E9}\u{1F4BC}")
        let numbers = ["0", "-1", "1.5e+3", "12345678901"].map(JSONTree.number)
        #expect(value["n"] == .array(numbers))
        #expect(value["t"] == .boolean(true) && value["z"] == .null && value["o"] == .object([]))
    }

    @Test func canonicallyEquivalentNamesAreTwoNames() throws {
        let value = try JSONTree.read(Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8))
        guard case .object(let members) = value else { return }
        #expect(members.count == 2)
    }

    @Test(arguments: ["", "plain", "a/b\\c\"d", "\u{1}\u{1F}\u{7F}", "Zo\u{EB} \u{738B}\u{1F469}\u{200D}\u{1F4BC}"])
    func whatIsWrittenReadsTheSame(_ text: String) throws {
        var json = JSONBuilder()
        json.beginObject()
        json.add("text", text)
        json.add("count", 3)
        json.beginArray(named: text)
        json.endArray()
        json.endObject()
        let bytes = json.bytes
        #expect(bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "the provider escapes all but ASCII")
        let value = try JSONTree.read(bytes)
        #expect(value["text"]?.text.map { Array($0.utf8) } == Array(text.utf8))
        #expect(value["count"]?.integer == 3)
    }

    /// Seeded noise over a valid document: answers or refuses, and never traps.
    @Test func noiseIsReadOrRefused() {
        let valid = Array(#"{"a":"\u00e9\ud83d\udcbc","b":[1,-2.5e3,{"c":null}],"d":"x"}"#.utf8)
        var dice = Dice(seed: 11, subject: 0, call: 0)
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = valid
            for _ in 0..<1 + Int(dice.next() % 3) {
                bytes[Int(dice.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: dice.next())
            }
            if dice.next() % 4 == 0 { bytes.removeLast(Int(dice.next() % UInt64(bytes.count))) }
            if (try? JSONTree.read(bytes)) == nil { refused += 1 }
        }
        #expect(refused > 10_000)
    }
}
