import Testing

/// Each rule, held against small repositories that break it or do not.
@Suite struct RuleTests {
    private func lines(_ rule: any Rule, _ files: KeyValuePairs<String, String>) -> [String] {
        rule.findings(in: Repository(files)).map { "\($0.file):\($0.line)" }
    }

    @Test func importsOutsideTheTableAreFound() {
        let rule = ImportRule(allowed: ["Worker": ["SessionCore", "Glibc"]])
        let text = """
            import Glibc
            package import SessionCore
            @preconcurrency import Foundation
            // import Dispatch
            import struct CLibpq.PGconn
            let text = "import Nothing"
            """
        #expect(
            lines(rule, ["Sources/Worker/A.swift": text]) == ["Sources/Worker/A.swift:3", "Sources/Worker/A.swift:5"]
        )
        #expect(lines(rule, ["Sources/Other/A.swift": "import Glibc"]) == ["Sources/Other/A.swift:1"])
        #expect(lines(rule, ["Tests/WorkerTests/A.swift": "import Foundation"]) == [])
    }

    @Test(arguments: [
        ("let now = Date()", true), ("let now = civilDate()", false), ("let id = UUID()", true), ("usleep(5)", true),
        ("sleep(5)", true), ("clock.sleep(5)", false), ("print(x)", true), ("Swift.print(x)", false),
        ("blueprint(x)", false),
        ("let x = try! f()", true), ("let x = y as! Z", true), ("fatalError()", true), ("// print(x)", false),
        ("let text = \"print(x)\"", false), ("let text = \"\\(print(x))\"", true),
        ("DispatchQueue.main.async {}", true),
        ("nonisolated(unsafe) var x = 1", true), ("Task.detached { }", true), ("let when = Date.now", true),
    ])
    func bannedCallsAreFoundInCodeOnly(_ code: String, _ isFound: Bool) {
        #expect(lines(BannedCallRule(), ["Sources/Worker/A.swift": code]).count == (isFound ? 1 : 0))
    }

    @Test func aCallIsRightWhereItIsAllowed() {
        #expect(lines(BannedCallRule(), ["Sources/usher/main.swift": "print(1)"]) == [])
        #expect(lines(BannedCallRule(), ["Sources/UsherTestKit/A.swift": "usleep(1)"]) == [])
        #expect(lines(BannedCallRule(), ["Tests/WorkerTests/A.swift": "let x = try! f()"]) == [])
    }

    @Test func sleepingIsForClocks() {
        let code = "func f() async throws {\n    try await Task.sleep(for: .seconds(1))\n}"
        #expect(lines(SleepRule(), ["Sources/Worker/Loop.swift": code]) == ["Sources/Worker/Loop.swift:2"])
        #expect(lines(SleepRule(), ["Sources/Worker/SystemClock.swift": code]) == [])
    }

    @Test func uncheckedSendableNeedsItsReason() {
        let bare = "final class A: @unchecked Sendable {\n    var x = 1\n\n\n\n    // far away\n}"
        let above = "// `@unchecked`: one thread owns it.\n\nfinal class A: @unchecked Sendable {}"
        let below = "final class A: @unchecked Sendable {\n    // `@unchecked`: one thread owns it.\n}"
        #expect(lines(UncheckedSendableRule(), ["Sources/A/A.swift": bare]) == ["Sources/A/A.swift:1"])
        #expect(lines(UncheckedSendableRule(), ["Sources/A/A.swift": above, "Sources/A/B.swift": below]) == [])
    }

    @Test(arguments: [
        ("let x = y!", true), ("f()!.g", true), ("a[0]! + 1", true), ("let x: String!", true), ("if a != b {}", false),
        ("if !a {}", false), ("x = !y", false), ("try! f()", false), ("a!=b", false), ("let t = \"really!\"", false),
    ])
    func forcedValuesAreFound(_ code: String, _ isFound: Bool) {
        #expect(lines(ForceUnwrapRule(), ["Sources/A/A.swift": code]).count == (isFound ? 1 : 0))
    }

    @Test(arguments: [
        ("\"SELECT 1\"", true), ("\"\"\"\n    INSERT INTO a\n    \"\"\"", true), ("#\"UPDATE a SET b\"#", true),
        ("\"SELECTED\"", false), ("\"with care\"", false), ("\"WITH\"", false), ("// SELECT 1", false),
        ("\"DELETE \\(table)\"", true),
    ])
    func sqlInTheSourcesIsFound(_ code: String, _ isFound: Bool) {
        #expect(lines(SQLRule(), ["Sources/A/A.swift": "let a = " + code]).count == (isFound ? 1 : 0))
    }

    @Test func longFunctionsAreFoundByTheirBraces() {
        func function(_ lines: Int, _ head: String = "func f() {") -> String {
            "struct S {\n    \(head)\n" + String(repeating: "        g()\n\n", count: (lines - 2) / 2)
                + "    }\n\n    let x = 1\n}"
        }
        let rule = LengthRule(functionMax: 10)
        #expect(lines(rule, ["Sources/A/A.swift": function(10)]) == [])
        #expect(lines(rule, ["Sources/A/A.swift": function(12)]) == ["Sources/A/A.swift:2"])
        #expect(
            lines(rule, ["Sources/A/A.swift": function(12, "package static func f() async throws -> Int {")]).count == 1
        )
        let broken = "func f(\n        a: Int\n    ) -> Int {"
        #expect(lines(rule, ["Sources/A/A.swift": function(12, broken)]) == ["Sources/A/A.swift:2"])
        #expect(lines(rule, ["Sources/A/A.swift": function(12, "init?(a: Int) {")]).count == 1)
        #expect(lines(rule, ["Sources/A/A.swift": function(40, "enum E {")]) == [])
        let requirements = "protocol P {\n" + String(repeating: "    func f()\n", count: 40) + "}"
        #expect(lines(rule, ["Sources/A/A.swift": requirements]) == [])
    }

    @Test func longFilesAndLinesAreFound() {
        let rule = LengthRule(fileMax: 3, lineMax: 20)
        #expect(lines(rule, ["Sources/A/A.swift": "1\n2\n3\n"]) == [])
        #expect(lines(rule, ["Sources/A/A.swift": "1\n2\n3\n4\n"]) == ["Sources/A/A.swift:1"])
        let long = "let text = \"twenty-one letters\""
        #expect(lines(rule, ["Sources/A/A.swift": "\n" + long]) == ["Sources/A/A.swift:2"])
        #expect(lines(rule, ["Tests/A/A.swift": long]) == [])
        #expect(lines(rule, ["Tests/A/A.swift": "let thisIsALongName = thatToo"]) == ["Tests/A/A.swift:1"])
    }

    @Test func unfinishedWorkAndPathsOfOneMachineAreFound() {
        let rule = ForbiddenTextRule()
        let unfinished = "TO" + "DO"
        let path = "/wo" + "rk/"
        let text = "a\n-- \(unfinished): b\n\(unfinished)S\nsee \(path)x\nnetwork\(path)x\n\"\(path)\"\n$HOME\(path)y"
        #expect(lines(rule, ["sql/a.sql": text]) == ["sql/a.sql:2", "sql/a.sql:4", "sql/a.sql:6"])
    }

    @Test func aDocumentHasOneTitle() {
        let good = "# A\n\n```\n# not a title\n```\n## B\n"
        #expect(lines(MarkdownRule(), ["docs/A.md": good]) == [])
        #expect(lines(MarkdownRule(), ["docs/A.md": "# A\n# B\n"]) == ["docs/A.md:2"])
        #expect(lines(MarkdownRule(), ["docs/A.md": "text\n"]) == ["docs/A.md:1"])
        #expect(lines(MarkdownRule(), ["docs/A.md": "text\n# A\n"]) == ["docs/A.md:2"])
    }

    @Test func linksLeadToFiles() {
        let text = "# A\n[b](B.md#part) [c](../README.md) [d](https://x.test/y) [e](contracts)\n[f](C.md)\n"
        let files: KeyValuePairs = [
            "docs/A.md": text, "docs/B.md": "# B\n", "README.md": "# R\n", "docs/contracts/x.json": "{}",
        ]
        #expect(lines(MarkdownRule(), files) == ["docs/A.md:3"])
    }

    @Test func aDocumentIsLinkedFromAnother() {
        let linked: KeyValuePairs = [
            "README.md": "# R\n[a](docs/A.md)", "docs/A.md": "# A\n[b](B.md)", "docs/B.md": "# B",
        ]
        #expect(lines(ReachableRule(), linked) == [])
        let alone: KeyValuePairs = ["README.md": "# R\n", "docs/A.md": "# A\n[me](A.md)"]
        #expect(lines(ReachableRule(), alone) == ["docs/A.md:1"])
    }

    @Test func aSettingIsUsedByTheProgram() {
        let values = "package var timeout: Duration\n    package var retries: Int\n    package var behindProxy: Bool\n"
        let files: KeyValuePairs = [
            "Sources/Settings/Values/A.swift": values, "Sources/usher/B.swift": "options.timeout = a.timeout\n",
            "Sources/Other/C.swift": "let a = b.retries\n",
        ]
        #expect(lines(UsedSettingRule(), files) == ["Sources/Settings/Values/A.swift:2"])
    }

    @Test(arguments: ["try open(settings, keys: act == nil ? .none : .file) {", "try WorkerAssembly(settings)"])
    func dumpsAreForbiddenBeforeKeysAreRead(_ reader: String) {
        let forbidding = "_ = usher_forbid_dumps()"
        let files: KeyValuePairs = [
            "Sources/usher/Verbs/A.swift": "\(forbidding)\n\(reader)\n",
            "Sources/usher/Verbs/B.swift": "// \(forbidding)\n\(reader)\n",
            "Sources/usher/Verbs/C.swift": "\(reader)\n\(forbidding)\n",
            "Sources/usher/Verbs/D.swift": "try open(settings) {\n",
        ]
        #expect(lines(DumpRule(), files) == ["Sources/usher/Verbs/B.swift:2", "Sources/usher/Verbs/C.swift:1"])
    }

    @Test func aFindingSaysWhereAndWhat() {
        #expect(Finding(file: "a.swift", line: 3, message: "no").description == "a.swift:3: no")
    }
}
