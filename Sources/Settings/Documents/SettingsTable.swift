/// The reference part of `docs/CONFIG.md`, made from the list of settings.
package enum SettingsTable {
    /// Markdown: a section for each part of the file, and in it an entry for each setting.
    package static var markdown: String {
        var blocks: [String] = []
        var section = ""
        for key in SettingKey.all {
            let name = key.path.split(separator: ".").first.map(String.init) ?? key.path
            if name != section {
                section = name
                blocks.append("### \(name)")
            }
            blocks.append(entry(key))
        }
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private static func entry(_ key: SettingKey) -> String {
        var facts = [key.type.name]
        switch key.presence {
        case .required: facts.append("**required**")
        case .fallback(let text): facts.append("default `\(text)`")
        case .absent(let meaning): facts.append("not set: \(meaning)")
        }
        facts.append("example `\(key.example)`")
        if let variable = key.variable { facts.append("`\(variable)`") }
        let paragraphs = ["#### `\(key.path)`", key.summary, facts.joined(separator: " · ")]
        return paragraphs.map { Wrapping.lines(of: $0, width: 120).joined(separator: "\n") }.joined(separator: "\n\n")
    }
}
