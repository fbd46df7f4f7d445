/// Words that must not be in any tracked text.
struct ForbiddenTextRule: Rule {
    struct Word: Sendable {
        var text: String
        var message: String
    }

    /// Put together here, so that this file does not break its own rule.
    static let words = [
        Word(text: "TO" + "DO", message: "do it, or describe what is missing where a reader looks for it"),
        Word(text: "FIX" + "ME", message: "do it, or describe what is missing where a reader looks for it"),
        Word(text: "/wo" + "rk/", message: "a path of one machine; make it relative or a setting"),
        Word(text: "/tmp/bash" + "_jobs", message: "a path of one machine; make it relative or a setting"),
    ]

    func findings(in repository: Repository) -> [Finding] {
        repository.files.flatMap { file in
            file.lines.enumerated().flatMap { index, line -> [Finding] in
                Self.words.filter { holds($0.text, line) }.map { word in
                    Finding(file: file.path, line: index + 1, message: "`\(word.text)`: \(word.message)")
                }
            }
        }
    }

    /// A path counts only where it begins: `network/…` and `./…` hold others.
    private func holds(_ text: String, _ line: String) -> Bool {
        guard text.hasPrefix("/") else { return line.holds(word: text) }
        let parts = line.split(separator: text, omittingEmptySubsequences: false)
        return parts.dropLast().contains { before in
            guard let last = before.last else { return true }
            return !last.isNamePart && last != "." && last != "-" && last != "}"
        }
    }
}
