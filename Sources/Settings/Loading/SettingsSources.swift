/// What settings are read from, in the order of rising precedence: file, environment, flags.
package struct SettingsSources: Sendable {
    /// The settings file: its name as errors show it, and its content. nil when there is none.
    package var file: (name: String, bytes: [UInt8])?
    /// Environment variables; those that do not begin with `USHER_` are left alone.
    package var environment: [String: String]
    /// Values of command-line flags, the last one of a key wins.
    package var overrides: [SettingOverride]
    /// Variables that begin with `USHER_` and are not settings.
    package var reservedVariables: Set<String> = ["USHER_CONFIG", "USHER_OPERATOR"]
    /// Reads the files of `accounts.<name>.provider_file`; nil leaves them unread.
    package var readProviderFile: (@Sendable (String) -> Result<[UInt8], SettingsFileError>)? = { path in
        Result { () throws(SettingsFileError) in
            try FileContent.read(path, limit: ProviderFile.bytesMax).bytes
        }
    }

    package init(
        file: (name: String, bytes: [UInt8])?,
        environment: [String: String] = [:],
        overrides: [SettingOverride] = []
    ) {
        self.file = file
        self.environment = environment
        self.overrides = overrides
    }
}

/// A setting from the command line.
package struct SettingOverride: Equatable, Sendable {
    /// As in `accounts.main.timeout`.
    package var key: String
    package var text: String
    /// The flag as a person typed it, for errors: `--set`, `--log-level`.
    package var flag: String

    package init(key: String, text: String, flag: String) {
        self.key = key
        self.text = text
        self.flag = flag
    }

    /// Reads the value of `--set key=value`. Throws a problem when there is no `=` or no key.
    package init(assignment: String, flag: String = "--set") throws(SettingsError) {
        let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
            let message = "expected `key=value`, as in `\(flag) dispatch.in_flight_max=50`"
            throw SettingsError(problems: [SettingProblem(key: "", origin: .flag(flag), message: message)])
        }
        self.init(key: String(parts[0]), text: String(parts[1]), flag: flag)
    }
}
