/// Makes a configuration of its sources, or says everything that is wrong with them.
package struct SettingsLoader {
    /// Loads and checks. With `checksFiles`, every file that a setting names is opened, and secrets must be readable by
    /// their owner alone.
    ///
    /// Throws `SettingsError` with every problem found: unknown keys, wrong types, values out of range, missing
    /// settings, settings that contradict each other, files that cannot be used.
    package static func load(
        _ sources: SettingsSources,
        checksFiles: Bool = true
    ) throws(SettingsError) -> LoadedSettings {
        var loader = SettingsLoader(SettingsAssembly(sources))
        loader.readValues()
        loader.problems += SettingRules.problems(of: loader.values)
            .filter { problem in !loader.problems.contains { $0.key == problem.key } }
            .map { loader.located($0) }
        if checksFiles { loader.checkFiles() }
        guard loader.problems.isEmpty else { throw SettingsError(problems: Self.ordered(loader.problems)) }
        return LoadedSettings(configuration: Configuration(loader.values), listing: loader.listing)
    }

    private let assembly: SettingsAssembly
    private var values = SettingValues()
    private var problems: [SettingProblem]
    private var listing: [SettingListing] = []

    private init(_ assembly: SettingsAssembly) {
        self.assembly = assembly
        problems = assembly.problems
        values.accounts = assembly.accounts.sorted()
        values.counts = assembly.counts
    }

    /// Every path that has a value or needs one, in the order of the documentation.
    private var instances: [(path: String, key: SettingKey)] {
        var instances: [(String, SettingKey)] = []
        for key in SettingKey.all where key.type != .items && !key.path.hasPrefix(KeyIndex.accountPrefix) {
            guard let brackets = key.path.firstIndex(of: "[") else {
                instances.append((key.path, key))
                continue
            }
            let list = String(key.path[..<brackets])
            let rest = key.path[brackets...].dropFirst(2)
            instances += (0..<(values.counts[list] ?? 0)).map { ("\(list)[\($0)]\(rest)", key) }
        }
        for account in values.accounts {
            for key in SettingKey.all where key.path.hasPrefix(KeyIndex.accountPrefix) {
                instances.append((KeyIndex.path(of: key, account: account), key))
            }
        }
        return instances
    }

    private mutating func readValues() {
        for (path, key) in instances {
            if let entry = assembly.entries[path] {
                read(entry, path)
                continue
            }
            switch key.presence {
            case .required:
                let variable = key.path.contains("[]") ? "" : ", or set \(SettingKey.variable(for: path))"
                let message = "is missing; expected \(key.type.expectation)\(variable)"
                problems.append(SettingProblem(key: path, origin: nil, message: message))
            case .absent(let meaning):
                listing.append(SettingListing(key: path, value: nil, meaning: meaning, origin: .fallback))
            case .fallback(let text):
                let node = YAMLReader.read(Array(text.utf8)).root ?? YAMLNode(content: .null, line: 1)
                read(SettingsAssembly.Entry(key: key, node: node, origin: .fallback), path)
            }
        }
    }

    private mutating func read(_ entry: SettingsAssembly.Entry, _ path: String) {
        do throws(ValueFault) {
            let value = try entry.key.type.read(entry.node)
            values[path] = value
            let text = entry.key.type.text(of: value)
            listing.append(SettingListing(key: path, value: text, meaning: nil, origin: entry.origin))
            if let message = CredentialsInText.refusal(of: value) {
                problems.append(SettingProblem(key: path, origin: entry.origin, message: message))
            }
        } catch {
            var origin = entry.origin
            if case .file(let name, _) = origin, let line = error.line { origin = .file(name, line: line) }
            let found = error.found.map { ", found \($0)" } ?? ""
            let message = "expected \(error.expected)\(found)"
            problems.append(SettingProblem(key: path, origin: origin, message: message))
        }
    }

    /// A rule knows only the setting; its place is known here.
    private func located(_ problem: SettingProblem) -> SettingProblem {
        var problem = problem
        if problem.origin == nil { problem.origin = assembly.entries[problem.key]?.origin }
        return problem
    }

    private mutating func checkFiles() {
        for (path, key) in instances {
            guard let file = values.text(path) else { continue }
            do throws(SettingsFileError) {
                switch key.type {
                case .file: _ = try FileContent.read(file, limit: 4 << 20)
                case .secretFile: _ = try SecretFile(path: file).read()
                case .keyFile: _ = try SecretFile(path: file, isSingleLine: false).read()
                case .text, .integer, .percent, .duration, .size, .flag, .choice, .texts, .choices, .durations,
                    .properties, .exponents, .items:
                    continue
                }
            } catch {
                let problem = SettingProblem(key: path, origin: nil, message: error.description)
                problems.append(located(problem))
            }
        }
    }

    /// The file's problems by line, then variables, then flags, then what is missing; otherwise as they were found.
    private static func ordered(_ problems: [SettingProblem]) -> [SettingProblem] {
        func rank(_ problem: SettingProblem) -> (Int, Int) {
            switch problem.origin {
            case .file(_, let line): (0, line)
            case .variable: (1, 0)
            case .flag: (2, 0)
            case .fallback, nil: (3, 0)
            }
        }
        return problems.enumerated().sorted { left, right in
            let (first, second) = (rank(left.element), rank(right.element))
            return first == second ? left.offset < right.offset : first < second
        }.map(\.element)
    }
}

/// A configuration, and for every setting what holds and why.
package struct LoadedSettings: Sendable {
    package var configuration: Configuration
    /// In the order of the documentation. Secrets are shown by the path of their file only.
    package var listing: [SettingListing]

    /// One line a setting: `key = value (origin)`. Fit for a log: there are no secrets in settings.
    package var redactedDescription: String {
        listing.map(\.description).joined(separator: "\n")
    }
}

/// What one setting is and where that comes from.
package struct SettingListing: Equatable, Sendable, CustomStringConvertible {
    /// As in `accounts.main.timeout`.
    package var key: String
    /// As it would be written in the file; nil when it is not set.
    package var value: String?
    /// What it means that it is not set.
    package var meaning: String?
    package var origin: SettingOrigin

    package var description: String {
        guard let value else { return "\(key) is not set: \(meaning ?? "")" }
        return "\(key) = \(value) (\(origin))"
    }
}
