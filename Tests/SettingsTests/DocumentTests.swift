import Glibc
import Testing

@testable import Settings

/// The example file and the table of settings are made from the schema. After a change of it, run the tests once with
/// `WRITE_DOCS=1` in the environment: they then write both files.
@Suite struct DocumentTests {
    private static let start = "<!-- settings: made from the schema, do not edit -->\n"
    private static let end = "<!-- end of settings -->"

    @Test func theExampleFileIsTheOneMadeFromTheSchema() throws {
        try writeIfAsked("deploy/usher.example.yaml") { ExampleFile.text }
        let written = try repositoryText("deploy/usher.example.yaml")
        #expect(written == ExampleFile.text, "run the tests once with WRITE_DOCS=1")
    }

    @Test func theDocumentHoldsTheTableMadeFromTheSchema() throws {
        let path = "docs/CONFIG.md"
        let text = try repositoryText(path)
        let parts = text.split(separator: Self.start, omittingEmptySubsequences: false)
        let rest = (parts.count == 2 ? String(parts[1]) : "").split(
            separator: Self.end,
            omittingEmptySubsequences: false
        )
        try #require(parts.count == 2 && rest.count == 2, "\(path) must hold both marker lines once")
        try writeIfAsked(path) { parts[0] + Self.start + "\n" + SettingsTable.markdown + "\n" + Self.end + rest[1] }
        guard getenv("WRITE_DOCS") == nil else { return }
        #expect(rest[0] == "\n" + SettingsTable.markdown + "\n", "run the tests once with WRITE_DOCS=1")
    }

    @Test func theExampleFileLoads() throws {
        let configuration = try load(try repositoryText("deploy/usher.example.yaml")).configuration
        #expect(configuration.accounts.keys.sorted() == ["main"])
        #expect(configuration.kafka.bootstrapServers.count == 2)
    }

    /// Someone who takes every comment sign away gets settings that are known and right; only a login to Kafka that
    /// the protocol has no use for is refused.
    @Test func everyLineOfTheExampleIsASettingWhenItsCommentSignIsTaken() throws {
        let lines = try repositoryText("deploy/usher.example.yaml").split(separator: "\n").map(uncommented)
        let found = problems(lines.joined(separator: "\n"))
        #expect(found.count == 3)
        for problem in found { #expect(problem.contains("has an effect only with")) }
        for key in SettingKey.all {
            let name = String(key.path.split(separator: ".").last ?? "")
            #expect(lines.contains { bare($0).hasPrefix(name + ":") }, "\(key.path) is not in the example")
        }
    }

    /// A comment that shows a setting, as the setting; other lines as they are.
    private func uncommented(_ line: Substring) -> String {
        let indent = line.prefix { $0 == " " }
        let rest = line.dropFirst(indent.count)
        guard rest.hasPrefix("# ") else { return String(line) }
        let setting = bare(String(rest.dropFirst(2)))
        let isSetting = SettingKey.all.contains { key in
            key.path.split(separator: ".").contains { setting == "\($0):" || setting.hasPrefix("\($0): ") }
        }
        return isSetting && setting.first?.isLowercase == true ? String(indent + rest.dropFirst(2)) : String(line)
    }

    /// Without indentation and without the dash of a list.
    private func bare(_ line: String) -> String {
        String(line.drop { $0 == " " || $0 == "-" })
    }

    /// The YAML that the document shows is understood; parts of files only lack what they do not show.
    @Test func theExamplesOfTheDocumentAreUnderstood() throws {
        let blocks = try repositoryText("docs/CONFIG.md").split(
            separator: "```yaml\n",
            omittingEmptySubsequences: false
        )
        .dropFirst().map { String($0.split(separator: "```", omittingEmptySubsequences: false)[0]) }
        #expect(blocks.count == 4)
        #expect(problems(blocks.first) == [])
        for block in blocks {
            for problem in problems(block) { #expect(problem.contains(": is missing; expected")) }
        }
    }

    /// Settings and defaults of the table in `docs/PROVIDER.md` are those of the schema, and its tests exist.
    @Test func theProvidersOpenQuestionsHaveTheirSettings() throws {
        let rows = try repositoryText("docs/PROVIDER.md").split(separator: "\n").map {
            $0.split(separator: "|", omittingEmptySubsequences: false).map { $0.filter { $0 != "`" }.trimmed }
        }.filter { $0.count == 7 && $0[3].contains(".") }
        #expect(rows.count > 40)
        for row in rows {
            guard let key = SettingKey.all.first(where: { $0.path == row[3] }) else {
                Issue.record("no such setting: \(row[3])")
                continue
            }
            switch key.presence {
            case .required: #expect(row[4] == "required", "\(row[3])")
            case .absent: #expect(row[4] == "not set", "\(row[3])")
            case .fallback(let text): #expect(row[4] == text, "\(row[3])")
            }
            #expect(try isTest(row[5]), "no such tests: \(row[5])")
        }
        let numbers = rows.compactMap { Int($0[1]) }
        #expect(numbers == Array(1...15))
    }

    private func isTest(_ name: String) throws -> Bool {
        let folders = [
            "CallbacksTests", "CashierClientTests", "CryptographyTests", "EndToEndTests", "SessionCoreTests/Codec",
            "SessionCoreTests/Policies", "UsherTests", "WorkerTests",
        ]
        return folders.contains { access("\(repository)/Tests/\($0)/\(name).swift", R_OK) == 0 }
    }

    @Test(arguments: SettingKey.all)
    func everySettingIsDescribedAndItsTextsAreValid(_ key: SettingKey) throws {
        #expect(key.summary.hasSuffix("."))
        #expect(key.summary.first?.isUppercase == true || key.summary.hasPrefix("`"))
        #expect(!key.summary.contains("\n"))
        guard key.type != .items else { return }
        #expect(throws: Never.self) { try key.type.read(SettingsAssembly.node(of: key.example, for: key.type)) }
        if case .fallback(let text) = key.presence {
            let value = try key.type.read(SettingsAssembly.node(of: text, for: key.type))
            let example = try key.type.read(SettingsAssembly.node(of: key.example, for: key.type))
            #expect(value != example, "an example that is the default shows nothing")
        }
    }

    @Test func pathsAndVariablesAreDistinct() {
        #expect(Set(SettingKey.all.map(\.path)).count == SettingKey.all.count)
        let variables = SettingKey.all.compactMap(\.variable)
        #expect(Set(variables).count == variables.count)
    }

    private func writeIfAsked(_ path: String, _ text: () -> String) throws {
        guard getenv("WRITE_DOCS") != nil else { return }
        let file = try #require(fopen("\(repository)/\(path)", "w"))
        defer { fclose(file) }
        #expect(fputs(text(), file) >= 0)
    }
}

extension String {
    /// Without the spaces at both ends.
    fileprivate var trimmed: String {
        let start = drop { $0 == " " }
        return String(start.reversed().drop { $0 == " " }.reversed())
    }
}
