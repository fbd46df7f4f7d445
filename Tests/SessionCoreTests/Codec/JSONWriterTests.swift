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

    @Test func everyScalarComesBack() throws {
        var all = String.UnicodeScalarView()
        for value in (1...0x10FFFF as ClosedRange<UInt32>) where value < 0x800 || value % 61 == 0 {
            if let scalar = Unicode.Scalar(value) { all.append(scalar) }
        }
        let text = written { $0.string(String(all)) }
        #expect(try JSONTree(text) == .string(String(all)))
    }
}
