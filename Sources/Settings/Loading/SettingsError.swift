/// One thing that is wrong with the settings. It never repeats a text that could be a secret.
package struct SettingProblem: Equatable, Sendable, CustomStringConvertible {
    /// The setting, as in `accounts.main.timeout`; empty where no single setting is at fault.
    package var key: String
    /// Where the fault stands; nil for what is missing everywhere.
    package var origin: SettingOrigin?
    /// What is wrong and what to write instead.
    package var message: String

    package init(key: String, origin: SettingOrigin?, message: String) {
        self.key = key
        self.origin = origin
        self.message = message
    }

    /// One line: `usher.yaml:12: retry.fast.base: expected …`.
    package var description: String {
        [origin?.description ?? "", key, message].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

/// The settings cannot be used. Holds every problem that was found, not only the first.
package struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
    package var problems: [SettingProblem]

    package init(problems: [SettingProblem]) {
        self.problems = problems
    }

    /// One line a problem.
    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
