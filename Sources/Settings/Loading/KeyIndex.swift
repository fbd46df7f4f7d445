import Spelling

/// Finds settings by their paths and variables, and the nearest one to a path that is none.
struct KeyIndex {
    /// A path with its account or element, and the setting that it is an instance of.
    struct Match: Equatable {
        var path: String
        var key: SettingKey
        /// The name of a property, where the path goes on into `kafka.properties`.
        var property: String?
    }

    static let shared = KeyIndex(SettingKey.all)

    private let keys: [SettingKey]
    private let byPattern: [String: SettingKey]
    private let sections: Set<String>
    private let byVariable: [String: SettingKey]
    /// Settings of an account by the end of their variable (`_SECRET_FILE`), longest first.
    private let accountSuffixes: [(suffix: String, key: SettingKey)]

    init(_ keys: [SettingKey]) {
        self.keys = keys
        byPattern = Dictionary(uniqueKeysWithValues: keys.map { ($0.path, $0) })
        sections = Set(keys.flatMap { Self.ancestors(of: $0.path) })
        let plain = keys.filter { !$0.path.contains("<") }
        byVariable = Dictionary(
            uniqueKeysWithValues: plain.compactMap { key in key.variable.map { ($0, key) } }
        )
        accountSuffixes = keys.filter { $0.path.hasPrefix(Self.accountPrefix) }
            .map { (String(SettingKey.variable(for: $0.path).dropFirst("USHER_ACCOUNTS_<NAME>".count)), $0) }
            .sorted { $0.0.utf8.count > $1.0.utf8.count }
    }

    static let accountPrefix = "accounts.<name>."

    /// `a.b[].c` → `a`, `a.b`, `a.b[]`.
    private static func ancestors(of pattern: String) -> [String] {
        let segments = pattern.split(separator: ".")
        return segments.indices.dropLast().flatMap { last -> [String] in
            let ancestor = segments[...last].joined(separator: ".")
            return ancestor.hasSuffix("[]") ? [String(ancestor.dropLast(2)), ancestor] : [ancestor]
        }
    }

    func key(pattern: String) -> SettingKey? { byPattern[pattern] }

    func isSection(_ pattern: String) -> Bool { sections.contains(pattern) }

    /// The setting that a path such as `accounts.main.timeout` or `kafka.jobs_topics[0].lane` names.
    func match(path: String) -> Match? {
        let properties = "kafka.properties."
        if path.hasPrefix(properties), let key = byPattern["kafka.properties"] {
            return Match(path: key.path, key: key, property: String(path.dropFirst(properties.count)))
        }
        guard let pattern = Self.pattern(of: path), let key = byPattern[pattern] else { return nil }
        return Match(path: path, key: key, property: nil)
    }

    /// The setting that a variable names. Names of accounts are looked for among `accounts` first, so that an account
    /// `a` and a setting `previous_secret_file` are not taken for an account `a_previous`.
    func match(variable: String, accounts: [String]) -> Match? {
        if let key = byVariable[variable] { return Match(path: key.path, key: key, property: nil) }
        let prefix = "USHER_ACCOUNTS_"
        guard variable.hasPrefix(prefix) else { return nil }
        let rest = variable.dropFirst(prefix.count)
        let fits = accountSuffixes.filter { rest.hasSuffix($0.suffix) && rest.utf8.count > $0.suffix.utf8.count }
        for (suffix, key) in fits {
            let name = String(rest.dropLast(suffix.count))
            let known = accounts.first { SettingKey.variable(for: "accounts.\($0)") == prefix + name }
            if let known { return Match(path: Self.path(of: key, account: known), key: key, property: nil) }
        }
        guard let (suffix, key) = fits.first else { return nil }
        let name = rest.dropLast(suffix.count).lowercased()
        return Match(path: Self.path(of: key, account: name), key: key, property: nil)
    }

    static func path(of key: SettingKey, account: String) -> String {
        "accounts.\(account)." + key.path.dropFirst(accountPrefix.count)
    }

    /// `accounts.main.timeout` → `accounts.<name>.timeout`; `a[3].b` → `a[].b`. nil when a bracket holds no number.
    static func pattern(of path: String) -> String? {
        var segments = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        for index in segments.indices {
            guard let open = segments[index].firstIndex(of: "[") else { continue }
            let number = segments[index][open...].dropFirst().dropLast()
            guard segments[index].hasSuffix("]"), let value = Int(number), (0..<100).contains(value),
                String(value) == number
            else { return nil }
            segments[index] = segments[index][..<open] + "[]"
        }
        if segments.count > 1, segments[0] == "accounts" { segments[1] = "<name>" }
        return segments.joined(separator: ".")
    }

    /// What an unknown path was probably meant to be, with its account kept.
    func nearest(to path: String) -> String? {
        let segments = path.split(separator: ".", omittingEmptySubsequences: false)
        let account = segments.count > 2 && segments[0] == "accounts" ? String(segments[1]) : nil
        let known = keys.map { account == nil ? $0.path : $0.path.replacing("<name>", with: account ?? "") }
        if let near = nearestWord(to: path, among: known) { return near }
        // The right word in the wrong section, or without one.
        guard let last = segments.last else { return nil }
        let leaves = known.filter { leaf in leaf.split(separator: ".").last.map { $0 == last } ?? false }
        return leaves.count == 1 ? leaves[0] : nil
    }

    func nearest(toVariable variable: String, accounts: [String]) -> String? {
        let known = keys.flatMap { key -> [String] in
            guard key.path.hasPrefix(Self.accountPrefix) else { return key.variable.map { [$0] } ?? [] }
            return accounts.map { SettingKey.variable(for: Self.path(of: key, account: $0)) }
        }
        return nearestWord(to: variable, among: known)
    }
}
