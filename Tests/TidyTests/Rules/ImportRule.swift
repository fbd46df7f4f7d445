/// Targets import only what the table of modules lets them.
struct ImportRule: Rule {
    var allowed = ModuleTable.allowed

    func findings(in repository: Repository) -> [Finding] {
        repository.files(in: ["Sources"], "swift").flatMap { file -> [Finding] in
            guard let target = file.target, let allowed = allowed[target] else {
                return [Finding(file: file.path, line: 1, message: "the target is not in the table of modules")]
            }
            return Self.imports(of: file).filter { !allowed.contains($0.module) && $0.module != target }.map { found in
                let list = allowed.isEmpty ? "nothing" : allowed.sorted().joined(separator: ", ")
                let message = "\(target) may not import \(found.module); it may import \(list)"
                return Finding(file: file.path, line: found.line, message: message)
            }
        }
    }

    /// Imported modules with their lines: `package import Logs`, `import struct Glibc.stat`.
    static func imports(of file: TextFile) -> [(module: String, line: Int)] {
        let access: Set<Substring> = ["package", "public", "internal", "fileprivate", "private"]
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        return SwiftText(file.text).code.enumerated().compactMap { index, line in
            let words = line.split(separator: " ")
            guard let keyword = words.firstIndex(of: "import"), words.count > keyword + 1,
                words[..<keyword].allSatisfy({ $0.hasPrefix("@") || access.contains($0) })
            else { return nil }
            let rest = words[(keyword + 1)...].filter { !kinds.contains($0) }
            return rest.first.map { (String($0.prefix { $0 != "." && $0 != ";" }), index + 1) }
        }
    }
}
