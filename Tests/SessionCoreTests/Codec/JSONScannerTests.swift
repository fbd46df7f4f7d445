import SessionCore
import Testing

private struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    let kind: JSONFault.Kind
    let offset: Int

    init(_ name: String, _ text: String, _ kind: JSONFault.Kind, at offset: Int) {
        self.init(name, bytes: Array(text.utf8), kind, at: offset)
    }

    init(_ name: String, bytes: [UInt8], _ kind: JSONFault.Kind, at offset: Int) {
        (self.name, self.bytes, self.kind, self.offset) = (name, bytes, kind, offset)
    }

    var testDescription: String { name }
}

private func quoted(_ bytes: [UInt8]) -> [UInt8] { [0x22] + bytes + [0x22] }

private func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
}

private func object(keys: Int) -> String {
    "{" + (0..<keys).map { "\"k\($0)\":0" }.joined(separator: ",") + "}"
}

private let faults: [Case] = [
    Case("empty", "", .syntax, at: 0),
    Case("white space only", " \n", .syntax, at: 2),
    Case("trailing comma in an object", #"{"a":1,}"#, .syntax, at: 7),
    Case("trailing comma in an array", "[1,]", .syntax, at: 3),
    Case("leading comma", "[,1]", .syntax, at: 1),
    Case("missing comma", #"{"a":1 "b":2}"#, .syntax, at: 7),
    Case("missing colon", #"{"a" 1}"#, .syntax, at: 5),
    Case("key without quotes", "{a:1}", .syntax, at: 1),
    Case("single quotes", "{'a':1}", .syntax, at: 1),
    Case("two values", "1 2", .syntax, at: 2),
    Case("end inside an object", #"{"a":1"#, .syntax, at: 6),
    Case("end inside a string", #""abc"#, .syntax, at: 4),
    Case("end inside an escape", #""abc\"#, .syntax, at: 5),
    Case("wrong bracket", "[1}", .syntax, at: 2),
    Case("comment", "/* */1", .syntax, at: 0),
    Case("leading zero", "01", .syntax, at: 1),
    Case("leading plus", "+1", .syntax, at: 0),
    Case("bare minus", "-", .syntax, at: 1),
    Case("bare fraction", ".5", .syntax, at: 0),
    Case("fraction without digits", "1.", .syntax, at: 2),
    Case("exponent without digits", "1e+", .syntax, at: 3),
    Case("NaN", "NaN", .syntax, at: 0),
    Case("Infinity", "-Infinity", .syntax, at: 1),
    Case("wrong word", "nul", .syntax, at: 3),
    Case("upper-case word", "True", .syntax, at: 0),
    Case("vertical tab as white space", "\u{B}1", .syntax, at: 0),
    Case("no-break space as white space", "\u{A0}1", .syntax, at: 0),
    Case("raw newline in a string", "\"a\nb\"", .syntax, at: 2),
    Case("raw escape character in a string", "\"a\u{1B}b\"", .syntax, at: 2),
    Case("unknown escape", #""\x41""#, .syntax, at: 1),
    Case("three hexadecimal digits", #""\u004""#, .syntax, at: 1),
    Case("sign in an escape", #""\u+041""#, .syntax, at: 1),
    Case("escaped NUL", #""a\u0000""#, .nul, at: 2),
    Case("raw NUL in a string", bytes: quoted(Array("abcd".utf8) + [0]), .nul, at: 5),
    Case("raw NUL behind the value", bytes: Array("12345".utf8) + [0], .nul, at: 5),
    Case("lone high surrogate", #""\uD83D""#, .utf8, at: 1),
    Case("high surrogate before other text", #""\uD83Dx""#, .utf8, at: 1),
    Case("high surrogate before another", #""\uD83D\uD83D""#, .utf8, at: 1),
    Case("lone low surrogate", #""\uDCBC""#, .utf8, at: 1),
    Case("byte order mark", "\u{FEFF}{}", .utf8, at: 0),
    Case("UTF-16LE", bytes: [0x7B, 0, 0x7D, 0], .utf8, at: 1),
    Case("UTF-16BE", bytes: [0, 0x7B, 0, 0x7D], .utf8, at: 0),
    Case("UTF-16 with its mark", bytes: [0xFF, 0xFE, 0x7B, 0], .utf8, at: 3),
    Case("UTF-32BE", bytes: [0, 0, 0, 0x7B], .utf8, at: 0),
    Case("0xFF in a string", bytes: quoted([0xFF]), .utf8, at: 1),
    Case("0xFF outside a string", bytes: Array("[1,".utf8) + [0xFF], .utf8, at: 3),
    Case("overlong slash, 2 bytes", bytes: quoted([0xC0, 0xAF]), .utf8, at: 1),
    Case("overlong slash, 3 bytes", bytes: quoted([0xE0, 0x80, 0xAF]), .utf8, at: 1),
    Case("overlong, 4 bytes", bytes: quoted([0xF0, 0x80, 0x80, 0xAF]), .utf8, at: 1),
    Case("surrogate as UTF-8", bytes: quoted([0xED, 0xA0, 0x80]), .utf8, at: 1),
    Case("above U+10FFFF", bytes: quoted([0xF4, 0x90, 0x80, 0x80]), .utf8, at: 1),
    Case("stray continuation byte", bytes: quoted([0x61, 0x80]), .utf8, at: 2),
    Case("sequence cut by the quote", bytes: quoted([0xE2, 0x82]), .utf8, at: 1),
    Case("sequence cut by the end", bytes: [0x22, 0xF0, 0x9F], .utf8, at: 1),
    Case("duplicate key", #"{"a":1,"b":2,"a":1}"#, .dupKey, at: 13),
    Case("duplicate key by escape", #"{"a":1,"\u0061":1}"#, .dupKey, at: 7),
    Case("duplicate key inside a skipped object", #"{"a":{"b":1,"b":2}}"#, .dupKey, at: 12),
    Case("duplicate empty key", #"{"":1,"":2}"#, .dupKey, at: 6),
    Case("depth 17", nested(17), .depth, at: 16),
    Case("65 keys", object(keys: 65), .keys, at: object(keys: 64).utf8.count),
    Case("65 keys in all objects", #"{"x":"# + object(keys: 64) + "}", .keys, at: 5 + object(keys: 63).utf8.count),
    Case("one byte too many", "\"" + String(repeating: "x", count: 65_535) + "\"", .size, at: 65_536),
]

@Suite struct JSONScannerTests {
    @Test(arguments: faults) fileprivate func refuses(_ input: Case) {
        #expect(throws: JSONFault(input.kind, at: input.offset)) { try JSONTree(input.bytes, limits: .job) }
    }

    @Test(arguments: faults) fileprivate func refusesAlikeInsideASkippedValue(_ input: Case) throws {
        #expect(throws: JSONFault(input.kind, at: input.offset)) {
            var scanner = try JSONScanner(input.bytes, limits: .job)
            try scanner.skipValue()
            try scanner.finish()
        }
    }

    @Test func everyByteAtEveryPlaceOfAStringIsSeen() throws {
        for length in 1...18 {
            for place in 0..<length {
                for byte: UInt8 in 0...255 {
                    var content = [UInt8](repeating: 0x61, count: length)
                    content[place] = byte
                    try expectRead(content, odd: byte, at: place)
                }
            }
        }
    }

    /// `content` is the letter a, but for one byte.
    private func expectRead(_ content: [UInt8], odd byte: UInt8, at place: Int) throws {
        let isLast = place == content.count - 1
        let fault: JSONFault? =
            switch byte {
            case 0: JSONFault(place < 3 ? .utf8 : .nul, at: place + 1)
            case 1..<0x20: JSONFault(.syntax, at: place + 1)
            case 0x22: JSONFault(.syntax, at: place + 2)
            case 0x5C: JSONFault(.syntax, at: isLast ? content.count + 2 : place + 1)
            case 0x80...: JSONFault(.utf8, at: place + 1)
            case _: nil
            }
        do {
            let text = try JSONTree(quoted(content), limits: .job).text
            #expect(fault == nil && text.map { Array($0.utf8) } == content)
        } catch {
            #expect(error == fault, "byte \(byte) at \(place) of \(content.count)")
        }
    }

    @Test func manyKeysOfOneObjectAreToldApart() throws {
        let names = (0..<1_000).map { "k\($0 % 10)\($0)" }
        let text = "{" + names.map { "\"\($0)\":0" }.joined(separator: ",")
        _ = try JSONTree(Array((text + "}").utf8), limits: .reply)
        for name in ["k00", "k\(500 % 10)500", names[999]] {
            let again = text + ",\"\(name)\":1}"
            #expect(throws: JSONFault(.dupKey, at: text.utf8.count + 1)) {
                try JSONTree(Array(again.utf8), limits: .reply)
            }
        }
    }

    @Test(arguments: [
        (#" { "a" : [ 1 , -2.5e+3 , true , false , null , "x" ] } "#, #"{"a":[1,-2.5e+3,true,false,null,"x"]}"#),
        (#""\u0041\/\"\\\b\f\n\r\t""#, #""A/\"\\\b\f\n\r\t""#),
        (#""\ud83d\uDCbC""#, "\"\u{1F4BC}\""),
        (#""\uffff\u007f\u0080\u0800""#, "\"\u{FFFF}\u{7F}\u{80}\u{800}\""),
        (#"{"a":{"a":{"a":1}},"b":{"a":1}}"#, #"{"a":{"a":{"a":1}},"b":{"a":1}}"#),
        ("{}", "{}"), ("[[],{}]", "[[],{}]"), ("0", "0"), ("-0", "-0"), ("1e400", "1e400"),
    ])
    func readsWhatIsEqual(_ text: String, _ same: String) throws {
        #expect(try JSONTree(text) == JSONTree(same))
    }

    @Test func takesWhatTheLimitsAllow() throws {
        _ = try JSONTree(Array(nested(16).utf8), limits: .job)
        _ = try JSONTree(Array(object(keys: 64).utf8), limits: .job)
        let longest = "\"" + String(repeating: "x", count: 65_534) + "\""
        #expect(try JSONTree(Array(longest.utf8), limits: .job).text?.utf8.count == 65_534)
    }

    @Test func canonicallyEquivalentKeysAreDifferentKeys() throws {
        let tree = try JSONTree("{\"\u{EB}\":1,\"e\u{308}\":2}")
        #expect(tree.members.count == 2)
    }

    @Test(arguments: [
        ("0", 0), ("-1", -1), ("999999999999999", 999_999_999_999_999), ("-999999999999999", -999_999_999_999_999),
        ("1000000000000000", nil), ("9223372036854775808", nil), ("-0", nil), ("1.0", nil), ("1e3", nil), ("1E3", nil),
    ])
    func integersHaveOneSpelling(_ token: String, _ value: Int64?) throws {
        var scanner = try JSONScanner(Array(token.utf8), limits: .job)
        guard case .number(let number) = try scanner.value() else {
            Issue.record("not a number")
            return
        }
        #expect(scanner.integer(number) == value)
        #expect(String(decoding: scanner.raw(number), as: UTF8.self) == token)
    }

    @Test func keysAreMatchedByContent() throws {
        var scanner = try JSONScanner(Array(#"{"\u0061mount":1}"#.utf8), limits: .job)
        #expect(try scanner.value() == .object)
        let key = try #require(try scanner.nextKey())
        #expect(scanner.text(key, is: "amount"))
        #expect(!scanner.text(key, is: "amoun"))
        #expect(!scanner.text(key, is: "amounts"))
    }

    @Test func millionsOfBracketsAreRefusedAtOnce() {
        let bytes = [UInt8](repeating: UInt8(ascii: "["), count: 5_000_000)
        #expect(throws: JSONFault(.size, at: 65_536)) { try JSONScanner(bytes, limits: .job) }
        #expect(throws: JSONFault(.depth, at: 16)) {
            var scanner = try JSONScanner(Array(bytes.prefix(65_536)), limits: .job)
            try scanner.skipValue()
        }
    }
}
