/// A document has one title, as its first line, and its links lead to files.
struct MarkdownRule: Rule {
    func findings(in repository: Repository) -> [Finding] {
        repository.files.filter { $0.path.hasSuffix(".md") }.flatMap { file in
            titles(file) + brokenLinks(file, repository)
        }
    }

    private func titles(_ file: TextFile) -> [Finding] {
        let titles = MarkdownText.prose(of: file).filter { $0.line.hasPrefix("# ") }
        guard let first = titles.first else {
            return [Finding(file: file.path, line: 1, message: "no title; begin with `# `")]
        }
        let late =
            first.number > 1 ? [Finding(file: file.path, line: first.number, message: "the title comes first")] : []
        return late
            + titles.dropFirst().map { title in
                Finding(file: file.path, line: title.number, message: "a second title; use `## `")
            }
    }

    private func brokenLinks(_ file: TextFile, _ repository: Repository) -> [Finding] {
        let folders = Set(repository.files.flatMap { MarkdownText.folders(of: $0.path) })
        return MarkdownText.links(of: file).filter { link in
            repository.file(link.path) == nil && !folders.contains(link.path)
        }.map { link in
            Finding(file: file.path, line: link.line, message: "the link leads to \(link.path), which does not exist")
        }
    }
}

/// Every document in `docs` can be reached: the README or another document links it.
struct ReachableRule: Rule {
    func findings(in repository: Repository) -> [Finding] {
        // Without a README there is nothing to begin from yet.
        guard repository.file("README.md") != nil else { return [] }
        let documents = repository.files.filter { $0.path.hasPrefix("docs/") && $0.path.hasSuffix(".md") }
        return documents.filter { document in
            !repository.files.contains { other in
                other.path != document.path && other.path.hasSuffix(".md")
                    && MarkdownText.links(of: other).contains { $0.path == document.path }
            }
        }.map { Finding(file: $0.path, line: 1, message: "nothing links this document; link it from README.md") }
    }
}

/// What rules need to know of Markdown.
enum MarkdownText {
    /// Lines outside fenced code, with their numbers counted from 1.
    static func prose(of file: TextFile) -> [(line: String, number: Int)] {
        var prose: [(String, Int)] = []
        var isCode = false
        for (index, line) in file.lines.enumerated() {
            if line.drop(while: { $0 == " " }).hasPrefix("```") {
                isCode.toggle()
            } else if !isCode {
                prose.append((line, index + 1))
            }
        }
        return prose
    }

    /// Links to files of the repository, as paths from its root, with their lines.
    static func links(of file: TextFile) -> [(path: String, line: Int)] {
        let folder = file.path.split(separator: "/").dropLast()
        return prose(of: file).flatMap { line, number -> [(String, Int)] in
            line.split(separator: "](").dropFirst().compactMap { rest in
                let target = rest.prefix { $0 != ")" && $0 != "#" && $0 != " " }
                guard !target.isEmpty, !target.contains(":"), rest.contains(")") else { return nil }
                return (resolved(target, from: Array(folder)), number)
            }
        }
    }

    /// Folders that a path lies in.
    static func folders(of path: String) -> [String] {
        let parts = path.split(separator: "/").dropLast()
        return parts.indices.map { parts[...$0].joined(separator: "/") }
    }

    private static func resolved(_ target: Substring, from folder: [Substring]) -> String {
        var parts = folder
        for part in target.split(separator: "/") {
            switch part {
            case ".": continue
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }
}
