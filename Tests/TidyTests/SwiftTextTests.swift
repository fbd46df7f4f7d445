import Testing

@Suite struct SwiftTextTests {
    @Test func commentsAndTextsBecomeSpaces() {
        let text = SwiftText("let a = \"b c\" // d\n/* e /* f */ g */ h\n")
        #expect(text.code == ["let a = \"   \"     ", "                  h", ""])
        #expect(text.literals == [.init(line: 1, text: "b c")])
        #expect(text.commentLines == [1, 2])
    }

    @Test func interpolationsAreCode() {
        let text = SwiftText("\"a \\(f(\"x\", g(1))) b\" + c")
        #expect(text.code == ["\"  \\(f(\" \", g(1)))  \" + c"])
        #expect(text.literals.map(\.text) == ["x", "a … b"])
    }

    @Test func rawAndMultilineTextsEndWhereTheyEnd() {
        let raw = SwiftText("#\"a \"b\" \\(c) \\#(d)\"# + e")
        #expect(raw.literals.map(\.text) == ["a \"b\" \\(c) …"])
        #expect(raw.code[0].hasSuffix("\\#(d)\"# + e"))
        let lines = SwiftText("\"\"\"\n  a \"b\"\n  \\\"\"\"\n  \"\"\"\nlet c = 1")
        #expect(lines.literals.count == 1)
        #expect(lines.code[4] == "let c = 1")
    }

    @Test func escapedQuotesDoNotEndAText() {
        #expect(SwiftText("\"a\\\"b\" + print(1)").code[0].hasSuffix("\" + print(1)"))
        #expect(SwiftText("\"a\\\\\" + print(1)").code[0].hasSuffix("\" + print(1)"))
    }

    @Test func wordsHaveBorders() {
        #expect("a Date() b".holds(word: "Date("))
        #expect(!"a civilDate() b".holds(word: "Date("))
        #expect(!"x.sleep(1)".holds(word: "sleep(", notAfterDot: true))
        #expect("x.sleep(1); sleep(1)".holds(word: "sleep(", notAfterDot: true))
        #expect(!"".holds(word: "a"))
    }
}
