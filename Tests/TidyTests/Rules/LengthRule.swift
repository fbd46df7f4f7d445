/// Files, functions and lines have an end in sight.
struct LengthRule: Rule {
    var fileMax = 500
    var functionMax = 70
    var lineMax = 120

    func findings(in repository: Repository) -> [Finding] {
        repository.files(in: ["Sources", "Tests", "Plugins"], "swift").flatMap { file -> [Finding] in
            let text = SwiftText(file.text)
            var findings = longFunctions(text).map { function in
                let message = "the function has \(function.length) lines; at most \(functionMax)"
                return Finding(file: file.path, line: function.line, message: message)
            }
            let count = file.lines.count - (file.lines.last == "" ? 1 : 0)
            if count > fileMax {
                findings.append(Finding(file: file.path, line: 1, message: "\(count) lines; at most \(fileMax)"))
            }
            return findings + longLines(file, text)
        }
    }

    /// A test may hold a text that is longer than a line: expected output is easier to read in one piece.
    private func longLines(_ file: TextFile, _ text: SwiftText) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            guard line.count > lineMax else { return nil }
            let isText =
                file.path.hasPrefix("Tests/") && text.code[index].dropFirst(lineMax).allSatisfy { !$0.isNamePart }
            guard !isText else { return nil }
            let message = "\(line.count) characters; at most \(lineMax)"
            return Finding(file: file.path, line: index + 1, message: message)
        }
    }

    /// Functions whose closing brace is too far from their first line. The formatter puts it below the declaration.
    private func longFunctions(_ text: SwiftText) -> [(line: Int, length: Int)] {
        text.code.indices.compactMap { start in
            let line = text.code[start]
            guard Self.declaresFunction(line) else { return nil }
            let end = text.code[(start + 1)...].firstIndex { later in
                !later.isBlank && later.indentation <= line.indentation && !Self.continues(later)
            }
            guard let end, text.code[end].indentation == line.indentation,
                text.code[end].dropFirst(line.indentation).hasPrefix("}"), end - start + 1 > functionMax
            else { return nil }
            return (start + 1, end - start + 1)
        }
    }

    /// The end of a signature that was broken over lines: `) throws -> Int {`.
    private static func continues(_ line: String) -> Bool {
        line.drop { $0 == " " }.hasPrefix(")")
    }

    private static func declaresFunction(_ line: String) -> Bool {
        let modifiers: Set<Substring> = [
            "package", "public", "private", "fileprivate", "internal", "static", "class", "final", "mutating",
            "nonisolated", "isolated", "override", "convenience", "required", "borrowing", "consuming", "async",
        ]
        let words = line.split(separator: " ").drop { modifiers.contains($0) || $0.hasPrefix("@") }
        guard let word = words.first else { return false }
        return word == "func" || word == "deinit" || word.hasPrefix("init(") || word.hasPrefix("init?(")
            || word.hasPrefix("init<") || word.hasPrefix("subscript(")
    }
}
