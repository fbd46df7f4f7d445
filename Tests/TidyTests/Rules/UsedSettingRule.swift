/// A value of the configuration is used by the program: a setting that changes nothing else is a promise not kept.
/// It finds those whose names occur nowhere in the program: what is called `timeout` could be any.
struct UsedSettingRule: Rule {
    /// What only allows something to be set.
    var permissions: Set<String> = ["behindProxy"]

    func findings(in repository: Repository) -> [Finding] {
        let program = repository.files(in: ["Sources/usher"], "swift").flatMap { SwiftText($0.text).code }
        return repository.files(in: ["Sources/Settings/Values"], "swift").flatMap { file in
            SwiftText(file.text).code.enumerated().compactMap { index, line in
                guard let name = value(line), !permissions.contains(name) else { return nil }
                guard !program.contains(where: { $0.holds(word: name) }) else { return nil }
                return Finding(file: file.path, line: index + 1, message: "nothing in Sources/usher uses `\(name)`")
            }
        }
    }

    /// The name that a line declares.
    private func value(_ line: String) -> String? {
        guard let declared = line.firstRange(of: "package var ") else { return nil }
        return String(line[declared.upperBound...].prefix { $0.isNamePart })
    }
}
