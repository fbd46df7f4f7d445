import Testing

@testable import SessionCore

/// The room that a cursor has for the keys of open objects.
@Suite struct JSONCursorTests {
    private static let letters = (0x20...0x7E).filter { $0 != 0x22 && $0 != 0x5C }.map { UnicodeScalar(UInt8($0)) }

    /// As many keys in as few bytes as there can be: one of no character, and all of one.
    private static var wide: String {
        "{\"\":0," + letters.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    }

    /// The same in each of as many objects as may be open.
    private static var deep: String {
        let members = letters.prefix(20).map { "\"\($0)\":0," }.joined()
        let depth = JSONLimits.reply.depth
        return String(repeating: "{\(members)\"\":", count: depth) + "0" + String(repeating: "}", count: depth)
    }

    private static let empty = String(repeating: "{\"\":", count: 16) + "0" + String(repeating: "}", count: 16)

    /// A thousand keys of one length, one first byte and one last, each with an escape.
    private static var alike: String {
        "{" + (1_000..<2_000).map { "\"\\u0061\($0)z\":0" }.joined(separator: ",") + "}"
    }

    private func keys(in text: some Sequence<UInt8>) throws -> Int {
        try JSONCursor.read(Array(text), limits: .reply) { cursor throws(JSONFault) in
            let value = try cursor.value()
            try cursor.skip(value)
            try cursor.finish()
            return cursor.state.keyCount
        }
    }

    @Test(arguments: [(wide, 94), (deep, 16 * 21), (empty, 16)])
    func theDensestKeysHaveRoom(text: String, count: Int) throws {
        #expect(try keys(in: text.utf8) == count)
    }

    @Test func keysThatLookAlikeAreNotComparedWithEachOther() throws {
        let count: Int = try JSONCursor.read(Array(Self.alike.utf8), limits: .reply) { cursor throws(JSONFault) in
            try cursor.skipValue()
            try cursor.finish()
            return cursor.state.comparisonCount
        }
        // Two of them have one hash by chance in one of ten thousand processes.
        #expect(count <= 2)
    }

    @Test(arguments: [wide, deep, empty])
    func aTextThatIsCutAnywhereIsAFault(text: String) {
        for length in 0..<text.utf8.count {
            #expect(throws: JSONFault.self) { try keys(in: text.utf8.prefix(length)) }
        }
    }
}
