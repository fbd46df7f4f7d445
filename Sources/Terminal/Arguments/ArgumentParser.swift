import Spelling

/// Reads a command line against a tree of commands. Pure: it neither writes nor ends anything.
package struct ArgumentParser {
    /// What to do with a command line.
    package enum Outcome: Sendable {
        case run(Invocation)
        /// Print this and end well.
        case help(String)
    }

    private let root: Command
    private var rest: ArraySlice<String>
    private var path: [Command]
    private var values: [String: [String]] = [:]
    private var flags: Set<String> = []
    private var words: [String] = []

    /// Reads `arguments`, without the program's name. `width` is that of the terminal, for help.
    ///
    /// Options may stand before and after verbs and arguments, as `--name VALUE`, `--name=VALUE` or `-n VALUE`;
    /// everything after `--` is an argument. Names are not shortened and letters not joined: a script that works keeps
    /// working when an option is added. Throws `UsageError`.
    package static func parse(
        _ arguments: [String],
        of root: Command,
        width: Int = 80
    ) throws(UsageError) -> Outcome {
        var parser = ArgumentParser(root, arguments)
        if parser.asksForHelp {
            parser.readVerbsOnly()
            return .help(HelpText.of(parser.path, width: width))
        }
        try parser.readAll()
        return .run(try parser.invocation())
    }

    private init(_ root: Command, _ arguments: [String]) {
        self.root = root
        rest = arguments[...]
        path = [root]
    }

    private var command: Command { path[path.count - 1] }

    private var pathNames: [String] { path.dropFirst().map(\.name) }

    /// Options of the command and of those above it.
    private var options: [CommandOption] { path.flatMap(\.options) }

    private func failure(_ message: String) -> UsageError {
        UsageError(path: pathNames, message: message)
    }

    // MARK: Reading

    private mutating func readAll() throws(UsageError) {
        var takesOptions = true
        while let text = rest.popFirst() {
            if takesOptions, text == "--" {
                takesOptions = false
            } else if takesOptions, text.hasPrefix("--") {
                try readLong(text)
            } else if takesOptions, text.hasPrefix("-"), text != "-", !isNegativeNumber(text) {
                try readShort(text)
            } else {
                try readWord(text)
            }
        }
    }

    /// Someone who asks for help gets it, whatever else stands on the line: `--help`, `-h`, or `help` as the first
    /// word.
    private var asksForHelp: Bool {
        rest.first == "help" || rest.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
    }

    private mutating func readVerbsOnly() {
        while let text = rest.popFirst() {
            if let verb = command.verbs.first(where: { $0.name == text }) { path.append(verb) }
        }
    }

    private mutating func readWord(_ text: String) throws(UsageError) {
        guard !command.verbs.isEmpty else {
            words.append(text)
            return
        }
        if let verb = command.verbs.first(where: { $0.name == text }) {
            path.append(verb)
        } else {
            let near = nearestWord(to: text, among: command.verbs.map(\.name))
            let hint = near.map { "did you mean `\($0)`?" } ?? "there are \(verbList)"
            throw failure("there is no command `\(printable(text))`; \(hint)")
        }
    }

    private mutating func readLong(_ text: String) throws(UsageError) {
        let parts = text.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let option = options.first(where: { $0.name == name }) else { throw unknownOption(name) }
        try take(option, spelt: "--\(name)", attached: parts.count == 2 ? String(parts[1]) : nil)
    }

    private mutating func readShort(_ text: String) throws(UsageError) {
        let name = text.dropFirst()
        guard name.count == 1, let option = options.first(where: { $0.short == name.first }) else {
            let hint = name.count > 1 ? "; options with long names have two dashes, and short ones stand alone" : ""
            throw failure("there is no option `\(printable(text))`\(hint)")
        }
        try take(option, spelt: text, attached: nil)
    }

    private mutating func take(_ option: CommandOption, spelt: String, attached: String?) throws(UsageError) {
        guard let placeholder = option.value else {
            guard attached == nil else { throw failure("\(spelt) takes no value") }
            guard flags.insert(option.name).inserted else { throw failure("\(spelt) is given twice") }
            return
        }
        guard let value = attached ?? nextValue() else {
            throw failure("\(spelt) needs a value: \(spelt) \(placeholder)")
        }
        guard option.isRepeatable || values[option.name] == nil else { throw failure("\(spelt) is given twice") }
        guard option.choices.isEmpty || option.choices.contains(value) else {
            let words = option.choices.joined(separator: ", ")
            throw failure("\(spelt) must be one of: \(words)")
        }
        values[option.name, default: []].append(value)
    }

    /// The next word as a value, unless it looks like an option; such a value can be attached with `=`.
    private mutating func nextValue() -> String? {
        guard let text = rest.first, !text.hasPrefix("-") || text == "-" || isNegativeNumber(text) else { return nil }
        rest.removeFirst()
        return text
    }

    private func unknownOption(_ name: String) -> UsageError {
        let shown = printable("--" + name)
        if let near = nearestWord(to: name, among: options.map(\.name) + ["help"]) {
            return failure("there is no option `\(shown)`; did you mean `--\(near)`?")
        }
        let below = command.verbs.first { verb in verb.options.contains { $0.name == name } }
        let hint = below.map { "; `\($0.name)` has it: write it after the command" } ?? ""
        return failure("there is no option `\(shown)`\(hint)")
    }

    // MARK: Putting together

    private func invocation() throws(UsageError) -> Invocation {
        guard command.verbs.isEmpty else { throw failure("a command is missing; there are \(verbList)") }
        return Invocation(
            path: pathNames,
            command: command,
            options: options,
            values: values,
            flags: flags,
            arguments: try placed()
        )
    }

    private func placed() throws(UsageError) -> [String: [String]] {
        var left = words[...]
        var arguments: [String: [String]] = [:]
        for argument in command.arguments {
            switch argument.presence {
            case .required, .optional:
                if let word = left.popFirst() { arguments[argument.name] = [word] }
            case .repeated, .optionalRepeated:
                if !left.isEmpty { arguments[argument.name] = Array(left) }
                left = []
            }
            let isNeeded = argument.presence == .required || argument.presence == .repeated
            if isNeeded, arguments[argument.name] == nil {
                throw failure("\(argument.name) is missing: \(argument.summary)")
            }
        }
        guard let extra = left.first else { return arguments }
        throw failure("`\(printable(extra))` is one argument too many")
    }

    private var verbList: String {
        command.verbs.map { "`\($0.name)`" }.joined(separator: ", ")
    }

    private func isNegativeNumber(_ text: String) -> Bool {
        text.hasPrefix("-") && text.dropFirst().first?.isNumber == true
    }
}
