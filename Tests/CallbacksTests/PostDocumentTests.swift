import CashierSignature
import SessionCore
import Testing

@testable import Callbacks

@Suite struct PostDocumentTests {
    @Test(arguments: [
        ("1.000000", "1"), ("1.250000", "1.25"), ("0.0", "0"), ("-0.0", "0"), ("10", "10"), ("1e3", "1e3"),
        ("100.5", "100.5"),
    ])
    func aDecimalHasAShortestForm(_ token: String, _ short: String) {
        #expect(String(decoding: PostDocument.shortest(Array(token.utf8)), as: UTF8.self) == short)
    }

    @Test func nullsAreAbsentAndKeysWithDotsAreNobodys() throws {
        let text = #"{"a":null,"b":{"c":null,"d":"x","e":1.50},"b.d":"y","f":[1],"g":true,"h":12}"#
        let document = try PostDocument(Array(text.utf8), bytesMax: 1_000)
        #expect(!document.has("a") && !document.has("b.c"))
        #expect(document.text("b.d") == "x")
        #expect(document.signed("b.e") == [.text("1.50"), .text("1.5")])
        #expect(document.signed("a") == [.null])
        #expect(document.signed("f").isEmpty && document.signed("g").isEmpty)
        #expect(document.integer("h") == 12 && document.integer("b.e") == nil)
    }

    @Test func aPostHasRoomForManyKeysButNotForAnyNumber() throws {
        func post(keys count: Int) -> [UInt8] {
            let inner = (2...count).map { "\"k\($0)\":0" }.joined(separator: ",")
            return Array("{\"customer\":{\(inner)}}".utf8)
        }
        let limit = 256
        #expect(try PostDocument(post(keys: limit), bytesMax: 65_536).integer("customer.k\(limit)") == 0)
        #expect(throws: JSONFault.self) { try PostDocument(post(keys: limit + 1), bytesMax: 65_536) }
    }

    @Test func noPathIsMadeOfAKeyThatIsNobodys() throws {
        let (short, long) = (String(repeating: "k", count: 64), String(repeating: "k", count: 65))
        let document = try PostDocument(Array("{\"\(short)\":{\"a\":1},\"\(long)\":{\"a\":1}}".utf8), bytesMax: 1_000)
        #expect(document.has("\(short).a") && !document.has(long) && !document.has("\(long).a"))
    }

    @Test(arguments: ["", "[]", "1", "{\"a\":1,\"a\":2}", "{\"a\":1}x", "{\"a\":\"\u{0}\"}"])
    func whatIsNotOneStrictObjectIsRefused(_ text: String) {
        #expect(throws: (any Error).self) { try PostDocument(Array(text.utf8), bytesMax: 1_000) }
    }
}
