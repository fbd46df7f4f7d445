import Testing

@testable import usher

@Suite("The shape of an input")
struct InputShapeTests {
    static let shapes: [(String, InputShape)] = [
        ("", .nothing),
        (" \r\n\t\n", .nothing),
        (#"{"a":1}"#, .lines),
        ("{\"a\":1}\n{\"a\":2}\n", .lines),
        ("\n\n{\"a\":1}\n", .lines),
        ("{\n  \"a\": 1\n}\n", .object),
        ("\n{\"a\": {\n  \"b\": \"}\\\"{\" }\n}", .object),
        ("{ \"a\": 1,\n  \"b\": [1,\n 2] }\n\n", .object),
        // Broken, but by its looks one object: the check of it says what is wrong.
        ("{\n  \"a\": 1,\n  \"b\": 2\n", .object),
        // The first of several lines is broken.
        ("{\"a\": 12.5\n{\"a\":2}\n", .lines),
        ("{\"a\":1,\n{\"a\":2}\n", .lines),
        ("{\"a\":\"cut\n{\"a\":2}\n", .lines),
        // No string of JSON goes over a line's end, even where brackets seem to fit.
        ("{\"a\":\"cut\n\"}", .lines),
        ("no JSON\n", .lines),
    ]

    @Test("is told by how it begins", arguments: shapes)
    func shape(text: String, expected: InputShape) {
        #expect(InputShape(head: Array(text.utf8), isWhole: true) == expected)
    }

    @Test(
        "is refused with what to do",
        arguments: [
            ("[{\"a\":1}]", "jq -c '.[]'"),
            ("\n [\n", "jq -c '.[]'"),
            ("{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n", "jq -c ."),
        ]
    )
    func refused(text: String, advice: String) {
        guard case .refused(let what) = InputShape(head: Array(text.utf8), isWhole: true) else {
            Issue.record("not refused: \(text)")
            return
        }
        #expect(what.contains(advice))
    }

    @Test("of lines does not need the whole input, but that of an object does")
    func head() {
        #expect(InputShape(head: Array("{\"a\":1}\n{\"a\":".utf8), isWhole: false) == .lines)
        #expect(InputShape(head: [0x20], isWhole: false) == .lines)
        let object = InputShape(head: Array("{\n \"a\": 1\n}\n".utf8), isWhole: false)
        #expect(object != .object, "more may follow")
    }
}
