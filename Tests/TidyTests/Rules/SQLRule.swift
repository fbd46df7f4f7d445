/// SQL stands in `sql/`, where it is reviewed and prepared by tests, and nowhere in the sources.
struct SQLRule: Rule {
    private static let verbs = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"]

    func findings(in repository: Repository) -> [Finding] {
        repository.files(in: ["Sources"], "swift").filter { $0.target != "EmbedSQLTool" }.flatMap { file in
            SwiftText(file.text).literals.filter { literal in
                let words = literal.text.split(maxSplits: 1) { $0 == " " || $0 == "\n" }
                return words.count == 2 && Self.verbs.contains { $0 == words[0] }
            }.map { literal in
                Finding(file: file.path, line: literal.line, message: "SQL stands in sql/queries; name it from there")
            }
        }
    }
}
