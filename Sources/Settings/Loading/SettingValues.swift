/// Settings that were read and found right, by their paths. A path that is missing here was absent or wrong.
struct SettingValues {
    private(set) var all: [String: SettingValue] = [:]
    /// Names of the accounts, sorted.
    var accounts: [String] = []
    /// How many elements a list of mappings has.
    var counts: [String: Int] = [:]

    subscript(path: String) -> SettingValue? {
        get { all[path] }
        set { all[path] = newValue }
    }

    func text(_ path: String) -> String? {
        guard case .text(let value) = all[path] else { return nil }
        return value
    }

    func number(_ path: String) -> Int? {
        guard case .number(let value) = all[path] else { return nil }
        return value
    }

    func duration(_ path: String) -> Duration? {
        guard case .duration(let value) = all[path] else { return nil }
        return value
    }

    func flag(_ path: String) -> Bool? {
        guard case .flag(let value) = all[path] else { return nil }
        return value
    }

    func texts(_ path: String) -> [String]? {
        guard case .texts(let value) = all[path] else { return nil }
        return value
    }

    func durations(_ path: String) -> [Duration]? {
        guard case .durations(let value) = all[path] else { return nil }
        return value
    }

    func properties(_ path: String) -> [String: String]? {
        guard case .properties(let value) = all[path] else { return nil }
        return value
    }

    func exponents(_ path: String) -> [String: Int]? {
        guard case .exponents(let value) = all[path] else { return nil }
        return value
    }
}

extension SettingType {
    /// A value of this type as it would be written in the file.
    func text(of value: SettingValue) -> String {
        switch value {
        case .text(let value): value
        case .number(let value): text(of: value)
        case .duration(let value): DurationText.write(value)
        case .flag(let value): value ? "true" : "false"
        case .texts(let values): "[" + values.joined(separator: ", ") + "]"
        case .durations(let values): "[" + values.map(DurationText.write).joined(separator: ", ") + "]"
        case .properties(let values): Self.mapping(values.map { ($0, $1) })
        case .exponents(let values): Self.mapping(values.map { ($0, String($1)) })
        }
    }

    private func text(of number: Int) -> String {
        switch self {
        case .percent: "\(number)%"
        case .size: SizeText.write(number)
        case .text, .integer, .duration, .flag, .choice, .file, .secretFile, .keyFile, .texts, .choices, .durations,
            .properties, .exponents, .items:
            String(number)
        }
    }

    private static func mapping(_ pairs: [(String, String)]) -> String {
        "{" + pairs.sorted { $0.0 < $1.0 }.map { "\($0.0): \($0.1)" }.joined(separator: ", ") + "}"
    }
}
