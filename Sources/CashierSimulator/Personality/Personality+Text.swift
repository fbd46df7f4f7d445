/// A personality that cannot be read. `item` is the part of the text that is wrong, `reason` what to write instead.
package struct PersonalityError: Error, Equatable, CustomStringConvertible {
    package var item: String
    package var reason: String

    package var description: String { "personality, item “\(item)”: \(reason)" }
}

extension Personality: CustomStringConvertible {
    /// Reads presets and `SWITCH=VALUE` items, parted by commas or line ends; later ones win. What follows `#` up to
    /// the end of its line is a comment. An empty text is the documented behaviour.
    package init(parsing text: String) throws(PersonalityError) {
        self.init()
        try change(by: text)
    }

    /// Changes what `text` names and leaves the rest; nothing is changed if it throws.
    package mutating func change(by text: String) throws(PersonalityError) {
        var changed = self
        for line in text.split(whereSeparator: \.isNewline) {
            let code = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
            for part in code.split(separator: ",") {
                let item = trimmed(part)
                if !item.isEmpty { try changed.apply(item) }
            }
        }
        self = changed
    }

    private mutating func apply(_ item: String) throws(PersonalityError) {
        let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
        guard parts.count == 2 else {
            guard let preset = Preset.all.first(where: { $0.name == item }) else {
                let known = Preset.all.map(\.name).joined(separator: ", ")
                throw PersonalityError(
                    item: item,
                    reason: "no preset is called so; write SWITCH=VALUE or one of \(known)"
                )
            }
            return preset.apply(&self)
        }
        guard let found = PersonalitySwitch.all.first(where: { $0.name == parts[0] }) else {
            let known = PersonalitySwitch.all.map(\.name).joined(separator: ", ")
            throw PersonalityError(item: item, reason: "no switch is called \(parts[0]); known are \(known)")
        }
        guard found.read(&self, parts[1]) else {
            throw PersonalityError(item: item, reason: "\(parts[0]) is \(found.advice)")
        }
    }

    /// Every switch with its value: reads back as this personality.
    package var description: String {
        PersonalitySwitch.all.map { "\($0.name)=\($0.write(self))" }.joined(separator: ",")
    }

    /// The switches that differ from the documented behaviour; empty for that itself.
    package var differences: String {
        PersonalitySwitch.all.filter { $0.write(self) != $0.fallback }
            .map { "\($0.name)=\($0.write(self))" }.joined(separator: ",")
    }
}

extension PersonalitySwitch {
    /// What a value looks like, to be read after “is”.
    var advice: String {
        guard isOpen else { return values.joined(separator: " or ") }
        return values == ["N"] ? "a number from 0 to 100" : "a time such as \(fallback), at most 60m"
    }
}

private func trimmed(_ text: some StringProtocol) -> String {
    String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
}
