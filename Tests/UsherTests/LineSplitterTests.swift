import Testing

@testable import usher

@Suite("Lines of an input")
struct LineSplitterTests {
    private func lines(_ pieces: [String], bytesMax: Int = 64 << 10) throws -> [InputLine] {
        var rest = pieces.map { Array($0.utf8) }[...]
        var splitter = LineSplitter(bytesMax: bytesMax) { rest.popFirst() }
        var lines: [InputLine] = []
        while let line = try splitter.next() { lines.append(line) }
        return lines
    }

    private func line(_ number: Int, _ text: String) -> InputLine {
        InputLine(number: number, bytes: Array(text.utf8))
    }

    @Test("are the same however the pieces are cut", arguments: [1, 2, 3, 5, 7, 100])
    func pieces(size: Int) throws {
        let text = "one\n\n two \r\n\t\r\nfive\nsix"
        let bytes = Array(text.utf8)
        let pieces = stride(from: 0, to: bytes.count, by: size).map { start in
            String(decoding: bytes[start..<min(start + size, bytes.count)], as: UTF8.self)
        }
        #expect(try lines(pieces) == [line(1, "one"), line(3, " two "), line(5, "five"), line(6, "six")])
    }

    @Test("need no newline at the end, and one changes nothing")
    func lastLine() throws {
        #expect(try lines(["a\nb"]) == [line(1, "a"), line(2, "b")])
        #expect(try lines(["a\nb\n"]) == [line(1, "a"), line(2, "b")])
        #expect(try lines(["", "a"]).isEmpty, "an empty piece is the end")
        #expect(try lines([]).isEmpty)
    }

    @Test("are kept up to the limit, whatever follows, and the next line is whole")
    func tooLong() throws {
        let found = try lines(
            [String(repeating: "x", count: 90), String(repeating: "y", count: 90) + "\nnext"],
            bytesMax: 50
        )
        #expect(found.map(\.number) == [1, 2])
        #expect(found[0].bytes.count > 50)
        #expect(found[0].bytes.count <= 52)
        #expect(found[1] == line(2, "next"))
    }

    @Test("of exactly the limit are whole, with either line end", arguments: ["\n", "\r\n", ""])
    func exactlyTheLimit(end: String) throws {
        let text = String(repeating: "x", count: 50)
        #expect(try lines([text + end], bytesMax: 50) == [line(1, text)])
    }
}
