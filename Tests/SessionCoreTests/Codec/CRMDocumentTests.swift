import SessionCore
import Testing

/// What `docs/CRM.md` gives its readers to send is taken in as it stands there.
@Suite struct CRMDocumentTests {
    private let codec = JobCodec(rules: ExampleRules.rules)
    private let page = ContractFiles.text("CRM.md")

    @Test func theCommandSendsAJobUnderItsOwnKey() throws {
        let lines = page.split(separator: "\n").filter { $0.contains("kcat") && $0.contains(" -P ") }
        #expect(lines.count == 1)
        let line = try #require(lines.first)
        let words = line.split(separator: " ")
        #expect(words.starts(with: ["tr", "-d", #"'\n'"#, "<"]))
        let file = try #require(Self.word(after: "<", in: words))
        let key = try #require(Self.word(after: "-k", in: words))
        #expect(file.hasPrefix("docs/"), "as it is typed where the repository is")
        let value = ContractFiles.bytes(String(file.dropFirst("docs/".count))).filter { $0 != 0x0A }
        _ = try codec.decode(key: Array(key.utf8), value: value)
    }

    @Test func theJobThatIsShownIsOne() throws {
        let blocks = page.split(separator: "```json\n", omittingEmptySubsequences: false).dropFirst()
        #expect(blocks.count == 1)
        let block = try #require(blocks.first)
        let text = block.prefix { $0 != "`" }
        let job = try JSONTree(String(text))
        let orderID = try #require(job["order_id"]?.text)
        _ = try codec.decode(key: Array(orderID.utf8), value: Array(text.utf8))
    }

    private static func word(after sign: Substring, in words: [Substring]) -> Substring? {
        words.firstIndex(of: sign).map { $0 + 1 }.flatMap { words.indices.contains($0) ? words[$0] : nil }
    }
}
