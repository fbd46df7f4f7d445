import Foundation
import Terminal
import Testing

@testable import usher

/// `docs/CLI.md` holds the help of every verb, as the program prints it.
@Suite("The document of the command line")
struct CLIDocumentTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("docs/CLI.md")

    private func help(_ words: [String]) throws -> String {
        switch try ArgumentParser.parse(words + ["--help"], of: CommandTree.root, width: 100) {
        case .help(let text): return text
        case .run: throw CocoaError(.featureUnsupported)
        }
    }

    /// Every command below, the way it is typed.
    private static func paths(of command: Command) -> [[String]] {
        command.verbs.flatMap { verb in [[verb.name]] + paths(of: verb).map { [verb.name] + $0 } }
    }

    private func block(_ name: String, _ text: String) -> String {
        "<!-- help \(name) -->\n```\n\(text)```\n<!-- end -->"
    }

    @Test("it shows every verb's help as it is; WRITE_DOCS=1 brings it up to date")
    func helpIsShown() throws {
        var document = try String(contentsOf: Self.path, encoding: .utf8)
        for path in [[]] + Self.paths(of: CommandTree.root) {
            let name = path.isEmpty ? "usher" : path.joined(separator: " ")
            let expected = block(name, try help(path))
            if ProcessInfo.processInfo.environment["WRITE_DOCS"] != nil {
                document = try replaced(document, name, with: expected)
            }
            #expect(document.contains(expected), "the help of `\(name)` in docs/CLI.md is not what it prints")
        }
        if ProcessInfo.processInfo.environment["WRITE_DOCS"] != nil {
            try document.write(to: Self.path, atomically: true, encoding: .utf8)
        }
    }

    @Test("it lists every exit code with its meaning")
    func exitCodesAreListed() throws {
        let document = try String(contentsOf: Self.path, encoding: .utf8)
        for code in ExitCode.allCases {
            #expect(document.contains("| \(code.rawValue) | \(code.meaning) |"), "exit code \(code.rawValue)")
        }
    }

    @Test("the command tree is in order: examples, summaries, no name twice")
    func treeIsInOrder() {
        #expect(CommandTree.root.defects.isEmpty, "\(CommandTree.root.defects)")
    }

    private func replaced(_ document: String, _ name: String, with block: String) throws -> String {
        guard let start = document.range(of: "<!-- help \(name) -->"),
            let end = document.range(of: "<!-- end -->", range: start.upperBound..<document.endIndex)
        else { throw CocoaError(.fileReadCorruptFile) }
        return document.replacingCharacters(in: start.lowerBound..<end.upperBound, with: block)
    }
}
