/// A value that its key does not take. `element` names the part at fault of a list or mapping.
struct ValueFault: Error, Equatable {
    var expected: String
    /// What was found, where repeating it cannot give a secret away.
    var found: String?
    /// Line of the part at fault, where the value has lines.
    var line: Int?
}

extension SettingType {
    /// Reads a value from a file, or from text that was read as YAML.
    func read(_ node: YAMLNode) throws(ValueFault) -> SettingValue {
        switch self {
        case .texts(let rule):
            return .texts(
                try elements(of: node) { text in rule.allows(text) ? text : nil }
            )
        case .choices(let words):
            return .texts(try elements(of: node) { text in words.contains(text) ? text : nil })
        case .durations(let range):
            let durations = try elements(of: node) { text in
                DurationText.read(text).flatMap { range.contains($0) ? $0 : nil }
            }
            guard durations.count <= 20 else { throw fault(node, found: "\(durations.count) of them") }
            return .durations(durations)
        case .properties:
            return .properties(try pairs(of: node) { key, text in TextRule.name.allows(key) ? text : nil })
        case .exponents:
            return .exponents(
                try pairs(of: node) { key, text in
                    TextRule.currency.allows(key) && text.utf8.count == 1
                        ? Int(text).flatMap { (0...8).contains($0) ? $0 : nil } : nil
                }
            )
        case .items: throw fault(node, found: nil)
        case .text, .integer, .percent, .duration, .size, .flag, .choice, .file, .secretFile, .keyFile:
            guard case .scalar(let text, _) = node.content else { throw fault(node, found: Self.kind(of: node)) }
            guard let value = scalar(text) else {
                let repeats = repeatsValue && !CredentialsInText.isSuspicious(text)
                throw fault(node, found: repeats ? "`\(text.printable(40))`" : nil)
            }
            return value
        }
    }

    private func scalar(_ text: String) -> SettingValue? {
        switch self {
        case .text(let rule): rule.allows(text) ? .text(text) : nil
        case .integer(let range): canonicalInteger(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .percent(let range):
            text.hasSuffix("%")
                ? canonicalInteger(String(text.dropLast())).flatMap { range.contains($0) ? .number($0) : nil } : nil
        case .duration(let range): DurationText.read(text).flatMap { range.contains($0) ? .duration($0) : nil }
        case .size(let range): SizeText.read(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .flag: text == "true" ? .flag(true) : text == "false" ? .flag(false) : nil
        case .choice(let words): words.contains(text) ? .text(text) : nil
        case .file, .secretFile, .keyFile:
            text.hasPrefix("/") && TextRule.line(4096).allows(text) ? .text(text) : nil
        case .texts, .choices, .durations, .properties, .exponents, .items: nil
        }
    }

    /// Digits with an optional sign; underscores may group them, as in `5_000_000`.
    private func canonicalInteger(_ text: String) -> Int? {
        let plain = text.filter { $0 != "_" }
        let digits = plain.hasPrefix("-") ? plain.dropFirst() : plain[...]
        let isCanonical = digits == "0" || !digits.hasPrefix("0")
        guard isCanonical, !text.hasPrefix("_"), !text.hasSuffix("_"), !digits.isEmpty,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(plain)
    }

    private func elements<Element>(of node: YAMLNode, _ read: (String) -> Element?) throws(ValueFault) -> [Element] {
        guard case .list(let items) = node.content else { throw fault(node, found: Self.kind(of: node)) }
        guard !items.isEmpty else { throw fault(node, found: "an empty list") }
        var elements: [Element] = []
        for item in items {
            guard case .scalar(let text, _) = item.content, let element = read(text) else {
                throw fault(item, found: "something else in element \(elements.count + 1)")
            }
            elements.append(element)
        }
        return elements
    }

    private func pairs<Value>(
        of node: YAMLNode,
        _ read: (String, String) -> Value?
    ) throws(ValueFault) -> [String: Value] {
        guard case .map(let pairs) = node.content else { throw fault(node, found: Self.kind(of: node)) }
        var values: [String: Value] = [:]
        for pair in pairs {
            guard case .scalar(let text, _) = pair.value.content, let value = read(pair.key, text) else {
                throw fault(pair.value, found: "something else under `\(pair.key.printable(40))`")
            }
            values[pair.key] = value
        }
        return values
    }

    /// Numbers and words may be repeated in an error; texts and paths may be a secret in the wrong place.
    private var repeatsValue: Bool {
        switch self {
        case .integer, .percent, .duration, .size, .flag, .choice: true
        case .text, .file, .secretFile, .keyFile, .texts, .choices, .durations, .properties, .exponents, .items: false
        }
    }

    private func fault(_ node: YAMLNode, found: String?) -> ValueFault {
        ValueFault(expected: expectation, found: found, line: node.line)
    }

    private static func kind(of node: YAMLNode) -> String {
        switch node.content {
        case .null: "nothing"
        case .scalar: "a single value"
        case .list: "a list"
        case .map: "a mapping"
        }
    }
}
