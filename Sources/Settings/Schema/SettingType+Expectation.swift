extension SettingType {
    /// What to write, as it follows "expected" in an error.
    package var expectation: String {
        switch self {
        case .text(let rule): rule.expectation
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .percent(let range): "a share from `\(range.lowerBound)%` to `\(range.upperBound)%`"
        case .duration(let range):
            "a duration from `\(DurationText.write(range.lowerBound))` to `\(DurationText.write(range.upperBound))`"
                + " (units ms, s, m, h, d)"
        case .size(let range):
            "a size from `\(SizeText.write(range.lowerBound))` to `\(SizeText.write(range.upperBound))`"
        case .flag: "`true` or `false`"
        case .choice(let words): "one of \(Self.quoted(words))"
        case .file: "the absolute path of a file"
        case .secretFile: "the absolute path of a file that holds the secret"
        case .keyFile: "the absolute path of a file that only its owner may read"
        case .texts(let rule): "a list, each element \(rule.expectation)"
        case .choices(let words): "a list of \(Self.quoted(words))"
        case .durations(let range):
            "a list of 1 to 20 durations from `\(DurationText.write(range.lowerBound))` to "
                + "`\(DurationText.write(range.upperBound))`"
        case .properties: "a mapping of property names to values"
        case .exponents: "a mapping of currency codes to decimal places, 0 to 8"
        case .items: "a list of mappings"
        }
    }

    /// A word or two for the table of the documentation.
    package var name: String {
        switch self {
        case .text: "text"
        case .integer(let range): "integer, \(range.lowerBound)–\(range.upperBound)"
        case .percent(let range): "share, \(range.lowerBound)%–\(range.upperBound)%"
        case .duration(let range):
            "duration, \(DurationText.write(range.lowerBound))–\(DurationText.write(range.upperBound))"
        case .size(let range): "size, \(SizeText.write(range.lowerBound))–\(SizeText.write(range.upperBound))"
        case .flag: "true or false"
        case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .file: "file"
        case .secretFile: "secret file"
        case .keyFile: "key file"
        case .texts: "list of texts"
        case .choices(let words): "list of " + words.map { "`\($0)`" }.joined(separator: ", ")
        case .durations: "list of durations"
        case .properties: "mapping"
        case .exponents: "mapping of integers, 0–8"
        case .items: "list"
        }
    }

    private static func quoted(_ words: [String]) -> String {
        words.map { "`\($0)`" }.joined(separator: ", ")
    }
}
