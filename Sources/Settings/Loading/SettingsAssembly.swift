/// Puts the sources on top of each other: for every path, the node that wins and where it came from. Values are not
/// looked at here; names that nobody knows are problems.
struct SettingsAssembly {
    struct Entry: Equatable {
        var key: SettingKey
        var node: YAMLNode
        var origin: SettingOrigin
    }

    private(set) var entries: [String: Entry] = [:]
    /// Names of accounts that some source mentions.
    private(set) var accounts: Set<String> = []
    /// Lists of mappings that some source gives, and their number of elements.
    private(set) var counts: [String: Int] = [:]
    private(set) var problems: [SettingProblem] = []
    private let index = KeyIndex.shared

    init(_ sources: SettingsSources) {
        takeFallbackOfItems("kafka.jobs_topics")
        if let file = sources.file { take(file: file.name, file.bytes) }
        for (name, text) in sources.environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("USHER_") {
            if !sources.reservedVariables.contains(name) { take(variable: name, text) }
        }
        for override in sources.overrides { take(override) }
        guard let read = sources.readProviderFile else { return }
        for account in accounts.sorted() { takeProviderFile(of: account, read) }
    }

    // MARK: The file

    private mutating func take(file name: String, _ bytes: [UInt8]) {
        let reading = YAMLReader.read(bytes)
        problems += reading.faults.map {
            SettingProblem(key: "", origin: .file(name, line: $0.line), message: $0.message)
        }
        guard let root = reading.root else { return }
        take(root, path: "", pattern: "") { .file(name, line: $0) }
    }

    /// Takes what was found out about an account's provider, where no other source has said something.
    private mutating func takeProviderFile(
        of account: String,
        _ read: (String) -> Result<[UInt8], SettingsFileError>
    ) {
        let section = "accounts.\(account)."
        // What is no path is told where the setting is read.
        guard let entry = entries[section + "provider_file"], case .scalar(let name, _) = entry.node.content,
            name.hasPrefix("/")
        else { return }
        switch read(name) {
        case .failure(let error):
            let message = "\(error.description); make it with `usher account probe \(account)`, or leave it out"
            problems.append(SettingProblem(key: section + "provider_file", origin: entry.origin, message: message))
        case .success(let bytes):
            let reading = YAMLReader.read(bytes)
            problems += reading.faults.map {
                SettingProblem(key: "", origin: .file(name, line: $0.line), message: $0.message)
            }
            guard let root = reading.root, root.content != .null else { return }
            guard case .map(let pairs) = root.content else {
                let message = "expected a mapping, that is, keys such as `look_up: true`"
                problems.append(
                    SettingProblem(
                        key: section + "provider_file",
                        origin: .file(name, line: root.line),
                        message: message
                    )
                )
                return
            }
            for pair in pairs { takeProviderValue(pair, section, file: name) }
        }
    }

    private mutating func takeProviderValue(_ pair: YAMLPair, _ section: String, file name: String) {
        let path = section + pair.key
        let origin = SettingOrigin.file(name, line: pair.line)
        guard ProviderFile.names.contains(pair.key), let key = index.key(pattern: KeyIndex.accountPrefix + pair.key)
        else {
            let message = "is no setting of a provider file; it may hold \(ProviderFile.list)"
            problems.append(SettingProblem(key: path.printable(120), origin: origin, message: message))
            return
        }
        guard pair.value.content != .null, entries[path] == nil else { return }
        entries[path] = Entry(key: key, node: pair.value, origin: .file(name, line: pair.value.line))
    }

    /// Takes a node and what is below it. `origin` makes the place from a line.
    private mutating func take(_ node: YAMLNode, path: String, pattern: String, origin: (Int) -> SettingOrigin) {
        if let key = index.key(pattern: pattern) {
            if key.type == .items {
                take(items: node, path: path, pattern: pattern, origin: origin)
            } else if node.content != .null {
                entries[path] = Entry(key: key, node: node, origin: origin(node.line))
            }
            return
        }
        switch node.content {
        case .null: return
        case .scalar, .list:
            let message = "expected a mapping, that is, keys below it"
            problems.append(SettingProblem(key: path, origin: origin(node.line), message: message))
        case .map(let pairs):
            for pair in pairs { take(pair, below: path, pattern, origin: origin) }
        }
    }

    private mutating func take(
        _ pair: YAMLPair,
        below parent: String,
        _ parentPattern: String,
        origin: (Int) -> SettingOrigin
    ) {
        let path = parent.isEmpty ? pair.key : "\(parent).\(pair.key)"
        var pattern = parentPattern.isEmpty ? pair.key : "\(parentPattern).\(pair.key)"
        if parentPattern == "accounts" {
            pattern = "accounts.<name>"
            guard declare(account: pair.key, origin: origin(pair.line)) else { return }
        }
        guard index.key(pattern: pattern) != nil || index.isSection(pattern) else {
            problems.append(unknown(path, origin: origin(pair.line)))
            return
        }
        take(pair.value, path: path, pattern: pattern, origin: origin)
    }

    /// Takes a whole list of mappings; it replaces what a weaker source said of the list.
    private mutating func take(items node: YAMLNode, path: String, pattern: String, origin: (Int) -> SettingOrigin) {
        guard node.content != .null else { return }
        guard case .list(let items) = node.content, !items.isEmpty else {
            let message = "expected a list with at least one element"
            problems.append(SettingProblem(key: path, origin: origin(node.line), message: message))
            counts[path] = 0
            return
        }
        entries = entries.filter { !$0.key.hasPrefix(path + "[") }
        counts[path] = items.count
        for (number, item) in items.enumerated() {
            var element = item
            if case .scalar = item.content {
                element.content = .map([YAMLPair(key: "name", line: item.line, value: item)])
            }
            take(element, path: "\(path)[\(number)]", pattern: pattern + "[]", origin: origin)
        }
    }

    private mutating func takeFallbackOfItems(_ path: String) {
        guard let key = index.key(pattern: path), case .fallback(let text) = key.presence else { return }
        take(items: Self.node(of: text, for: key.type), path: path, pattern: path) { _ in .fallback }
    }

    // MARK: Environment and flags

    private mutating func take(variable name: String, _ text: String) {
        let origin = SettingOrigin.variable(name)
        // A service called `usher-postgres` makes a variable of the name of the setting `postgres.port`.
        if Self.isServiceAddress(name, text) { return }
        guard let match = index.match(variable: name, accounts: accounts.sorted()) else {
            if !Self.isServiceLink(name) { problems.append(unknown(variable: name)) }
            return
        }
        guard isUnambiguous(match, variable: name) else { return }
        take(match, text, origin)
    }

    private mutating func take(_ override: SettingOverride) {
        let origin = SettingOrigin.flag(override.flag)
        guard let match = index.match(path: override.key) else {
            problems.append(unknown(override.key, origin: origin))
            return
        }
        take(match, override.text, origin)
    }

    private mutating func take(_ match: KeyIndex.Match, _ text: String, _ origin: SettingOrigin) {
        guard !text.isEmpty else {
            let message = "is set to nothing; leave it out for the default, or expected \(match.key.type.expectation)"
            problems.append(SettingProblem(key: match.path, origin: origin, message: message))
            return
        }
        if match.path.hasPrefix("accounts.") {
            let name = match.path.split(separator: ".", omittingEmptySubsequences: false)[1]
            guard declare(account: String(name), origin: origin) else { return }
        }
        if let property = match.property {
            take(property: property, text, of: match, origin)
        } else if match.key.type == .items {
            take(items: Self.node(of: text, for: .items), path: match.path, pattern: match.path) { _ in origin }
        } else {
            let node = Self.node(of: text, for: match.key.type)
            entries[match.path] = Entry(key: match.key, node: node, origin: origin)
            count(elementOf: match.path)
        }
    }

    /// Adds one property to those that weaker sources gave.
    private mutating func take(
        property: String,
        _ text: String,
        of match: KeyIndex.Match,
        _ origin: SettingOrigin
    ) {
        var pairs: [YAMLPair] = []
        if case .map(let known) = entries[match.path]?.node.content { pairs = known.filter { $0.key != property } }
        let value = YAMLNode(content: .scalar(text, quoted: true), line: 1)
        pairs.append(YAMLPair(key: property, line: 1, value: value))
        entries[match.path] = Entry(key: match.key, node: YAMLNode(content: .map(pairs), line: 1), origin: origin)
    }

    /// A flag may add an element to a list of mappings: `kafka.jobs_topics[1].name=…`.
    private mutating func count(elementOf path: String) {
        guard let open = path.firstIndex(of: "["), let close = path.firstIndex(of: "]"),
            let number = Int(path[path.index(after: open)..<close])
        else { return }
        let list = String(path[..<open])
        counts[list] = max(counts[list] ?? 0, number + 1)
    }

    /// Text of a variable or flag as the node that a file would have: lists may be written `a,b`, mappings `a=b,c=d`,
    /// and both as YAML in brackets.
    static func node(of text: String, for type: SettingType) -> YAMLNode {
        let trimmed = text.drop { $0 == " " }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        func scalar(_ text: String) -> YAMLNode { YAMLNode(content: .scalar(text, quoted: true), line: 1) }
        switch type {
        case .texts, .choices, .durations, .items, .properties, .exponents:
            if trimmed.hasPrefix("[") || trimmed.hasPrefix("{") {
                let reading = YAMLReader.read(Array(text.utf8))
                return reading.faults.isEmpty ? reading.root ?? scalar(text) : scalar(text)
            }
        case .text, .integer, .percent, .duration, .size, .flag, .choice, .file, .secretFile, .keyFile:
            return scalar(text)
        }
        if type == .properties || type == .exponents {
            let pairs = parts.map { part -> YAMLPair in
                let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                return YAMLPair(key: sides[0], line: 1, value: scalar(sides.count == 2 ? sides[1] : ""))
            }
            return YAMLNode(content: .map(pairs), line: 1)
        }
        return YAMLNode(content: .list(parts.map(scalar)), line: 1)
    }
}

// MARK: - Names

extension SettingsAssembly {
    private mutating func declare(account name: String, origin: SettingOrigin) -> Bool {
        let letters = name.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
        }
        guard letters, (1...64).contains(name.utf8.count), !name.hasPrefix("-"), !name.hasPrefix("_") else {
            let message = "an account's name is 1 to 64 of `a–z 0–9 _ -` and begins with a letter or digit"
            problems.append(SettingProblem(key: "accounts", origin: origin, message: message))
            return false
        }
        accounts.insert(name)
        return true
    }

    /// Dashes and underscores of account names are the same in a variable.
    private mutating func isUnambiguous(_ match: KeyIndex.Match, variable: String) -> Bool {
        guard match.key.path.hasPrefix(KeyIndex.accountPrefix) else { return true }
        let rivals = accounts.sorted().filter {
            SettingKey.variable(for: KeyIndex.path(of: match.key, account: $0)) == variable
        }
        guard rivals.count > 1 else { return true }
        let message = "could mean any of the accounts \(rivals.joined(separator: ", ")); set it in the file"
        problems.append(SettingProblem(key: match.path, origin: .variable(variable), message: message))
        return false
    }

    private func unknown(_ path: String, origin: SettingOrigin) -> SettingProblem {
        let shown = path.printable(120)
        if let match = index.match(path: path + "_file"), match.key.isSecretFile {
            let message = "secrets are taken only from files: set `\(shown)_file` to the path of one"
            return SettingProblem(key: shown, origin: origin, message: message)
        }
        let hint = index.nearest(to: path).map { "; did you mean `\($0)`?" } ?? ""
        return SettingProblem(key: shown, origin: origin, message: "there is no such setting\(hint)")
    }

    private func unknown(variable: String) -> SettingProblem {
        let shown = variable.printable(120)
        let known = accounts.sorted()
        if let match = index.match(variable: variable + "_FILE", accounts: known), match.key.isSecretFile {
            let message = "secrets are taken only from files: set `\(shown)_FILE` to the path of one"
            return SettingProblem(key: match.path, origin: .variable(shown), message: message)
        }
        let hint = index.nearest(toVariable: variable, accounts: known).map { "; did you mean `\($0)`?" } ?? ""
        return SettingProblem(key: "", origin: .variable(shown), message: "there is no such setting\(hint)")
    }

    /// Kubernetes gives every container variables named after the services of its namespace, so a service that is
    /// called `usher` makes variables that nobody wrote.
    private static func isServiceLink(_ name: String) -> Bool {
        name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT")
            || (name.contains("_PORT_") && (name.contains("_TCP") || name.contains("_UDP")))
    }

    /// Such as `tcp://10.0.0.1:80`: no port that somebody sets.
    private static func isServiceAddress(_ name: String, _ text: String) -> Bool {
        name.hasSuffix("_PORT") && text.contains("://")
    }
}
