import SessionCore
import Testing

@Suite struct JSONWriterTests {
    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func commasStandBetweenMembersAndElementsOnly() {
        let text = written { writer in
            writer.beginObject()
            writer.member("a", "x")
            writer.member("left_out", nil as String?)
            writer.member("b", 5 as Int64?)
            writer.key("c")
            writer.beginArray()
            writer.null()
            writer.bool(true)
            writer.beginObject()
            writer.endObject()
            writer.endArray()
            writer.key("d")
            writer.beginObject()
            writer.member("e", -1 as Int64?)
            writer.endObject()
            writer.endObject()
        }
        #expect(text == #"{"a":"x","b":5,"c":[null,true,{}],"d":{"e":-1}}"#)
    }

    @Test func escapesAreTheShortestAndOnlyWhereNeeded() {
        let text = written { $0.string("/\"\\\u{8}\t\n\u{C}\r\u{1}\u{1B}\u{7F}é\u{2028}\u{1F4BC}") }
        #expect(text == "\"/\\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u001b\u{7F}é\u{2028}\u{1F4BC}\"")
    }

    @Test func integersAreWrittenToTheirEnds() {
        for value in [0, 9, 10, -1, 99, 100, 999_999_999_999_999, Int64.max, Int64.min] as [Int64] {
            #expect(written { $0.integer(value) } == "\(value)")
        }
        #expect(written { $0.integer(UInt64.max) } == "\(UInt64.max)")
    }

    @Test func whatIsLongerThanTheFirstRoomIsWrittenWhole() throws {
        for length in [0, 1, 7, 8, 9, 15, 16, 17, 1_000, 1_023, 1_024, 5_000] {
            for special in ["", "\"", "\u{1}", "é"] {
                let value = special + String(repeating: "x", count: length) + special
                let text = written { writer in
                    writer.beginArray()
                    writer.string(value)
                    writer.string(value)
                    writer.endArray()
                }
                #expect(try JSONTree(text) == .array([.string(value), .string(value)]))
            }
        }
    }

    @Test func everyScalarComesBack() throws {
        var all = String.UnicodeScalarView()
        for value in (1...0x10FFFF as ClosedRange<UInt32>) where value < 0x800 || value % 61 == 0 {
            if let scalar = Unicode.Scalar(value) { all.append(scalar) }
        }
        let text = written { $0.string(String(all)) }
        #expect(try JSONTree(text) == .string(String(all)))
    }
}
