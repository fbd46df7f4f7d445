import CashierClient
import Foundation
import SessionCore
import Testing

/// `docs/ERRORS.md` holds the standard error table as it is.
@Suite("The document of error codes")
struct ErrorsDocumentTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("docs/ERRORS.md")
    private static let start = "<!-- standard rules -->\n"
    private static let end = "<!-- end -->"

    private var table: String {
        let rows = (ErrorTable.standard.rules + [ErrorTable.standard.unlisted]).map { rule in
            let row = rule.row
            let text = row.text.split(separator: "|").joined(separator: "\\|")
            let name = row.name.map { ", as `\($0)`" } ?? ""
            let cells = [
                "`\(row.ruleID)`", row.status.map { String($0) } ?? row.statusKind, text.isEmpty ? "" : "`\(text)`",
                "`\(row.errorClass)`\(name)\(row.meansNotFound ? ", not found" : "")", row.message,
            ]
            return "| \(cells.joined(separator: " | ")) |"
        }
        return (["| rule | code | text | class | message |", "|---|---|---|---|---|"] + rows).joined(separator: "\n")
            + "\n"
    }

    @Test("it shows every standard rule; WRITE_DOCS=1 brings it up to date")
    func rulesAreShown() throws {
        var document = try String(contentsOf: Self.path, encoding: .utf8)
        let start = try #require(document.range(of: Self.start)).upperBound
        let end = try #require(document.range(of: Self.end, range: start..<document.endIndex)).lowerBound
        if ProcessInfo.processInfo.environment["WRITE_DOCS"] != nil {
            document.replaceSubrange(start..<end, with: table)
            try document.write(to: Self.path, atomically: true, encoding: .utf8)
        } else {
            #expect(document[start..<end] == table, "the rules in docs/ERRORS.md are not the standard ones")
        }
    }

    @Test("it says what every class does")
    func classesAreExplained() throws {
        let document = try String(contentsOf: Self.path, encoding: .utf8)
        for name in ErrorClass.allCases.map(\.rawValue) {
            #expect(document.contains("| `\(name)`") || document.contains(", `\(name)` |"), "\(name)")
        }
    }
}
