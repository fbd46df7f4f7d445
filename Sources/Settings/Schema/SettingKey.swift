/// One setting: its name, what it may hold, and what it is for. The loader, the example file and `docs/CONFIG.md` are
/// all made from the same list of these (`SettingKey.all`).
package struct SettingKey: Equatable, Sendable {
    /// What holds when nobody sets the key.
    package enum Presence: Equatable, Sendable {
        /// The service does not start without it.
        case required
        /// The key may be absent; the text says what that means.
        case absent(String)
        /// The value that holds instead, as it would be written in the file.
        case fallback(String)
    }

    /// Segments joined by dots. `<name>` stands for an account's name, `[]` for an element of a list:
    /// `accounts.<name>.endpoint`, `kafka.jobs_topics[].lane`.
    package let path: String
    package let type: SettingType
    package let presence: Presence
    /// A valid value that is not the default, as it would be written in the file.
    package let example: String
    /// One paragraph for the operator, with the unit where it has one.
    package let summary: String

    init(_ path: String, _ type: SettingType, _ presence: Presence, example: String, _ summary: String) {
        self.path = path
        self.type = type
        self.presence = presence
        self.example = example
        self.summary = summary
    }

    /// Whether the value is the path of a file whose content is a secret.
    package var isSecretFile: Bool {
        type == .secretFile || type == .keyFile
    }

    /// The environment variable that sets the key; `<NAME>` stands for an account's name. nil for elements of a list,
    /// which are set as a whole.
    package var variable: String? {
        if path.contains("[]") { return nil }
        return Self.variable(for: path)
    }

    /// `retry.fast.base` → `USHER_RETRY_FAST_BASE`; dashes of account names become underscores.
    static func variable(for path: String) -> String {
        let letters = path.uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 }
        return "USHER_" + String(letters)
    }
}

extension SettingKey {
    /// Every setting, in the order of the documentation.
    package static let all: [SettingKey] =
        kafka + postgres + keys + accounts + provider + defaultAccount + dispatch + retry + breaker + verify
        + publishing + callbacks + housekeeping
}
