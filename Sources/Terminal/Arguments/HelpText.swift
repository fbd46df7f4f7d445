/// What `--help` prints.
enum HelpText {
    /// The help of the last command of `path`; the first is the program.
    static func of(_ path: [Command], width: Int) -> String {
        let command = path[path.count - 1]
        let name = path.map(\.name).joined(separator: " ")
        var blocks = ["\(name): \(command.summary)", usage(path)]
        blocks += command.discussion.split(separator: "\n\n").map { paragraph in
            let text = paragraph.split(separator: "\n").joined(separator: " ")
            return wrapped(text, width: width).joined(separator: "\n")
        }
        blocks += [
            list("Commands", command.verbs.map { ($0.name, $0.summary) }, width),
            list("Arguments", command.arguments.map { ($0.name, $0.summary) }, width),
            list("Options", options(of: path), width),
            examples(command, width),
            list("Exit codes", exitCodes(command), width),
        ]
        if !command.verbs.isEmpty { blocks.append("`\(name) COMMAND --help` says more of a command.") }
        return blocks.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private static func usage(_ path: [Command]) -> String {
        let command = path[path.count - 1]
        var words = path.map(\.name)
        if !command.verbs.isEmpty { words.append("COMMAND") }
        if !path.allSatisfy(\.options.isEmpty) { words.append("[OPTIONS]") }
        words += command.arguments.map { argument in
            switch argument.presence {
            case .required: argument.name
            case .optional: "[\(argument.name)]"
            case .repeated: "\(argument.name)..."
            case .optionalRepeated: "[\(argument.name)...]"
            }
        }
        return "Usage: " + words.joined(separator: " ")
    }

    /// Own options first, then those of the commands above.
    private static func options(of path: [Command]) -> [(String, String)] {
        path.reversed().flatMap(\.options).map { option in
            let short = option.short.map { "-\($0), " } ?? "    "
            let value = option.value.map { " \($0)" } ?? ""
            var summary = option.summary
            if !option.choices.isEmpty { summary += " One of: \(option.choices.joined(separator: ", "))." }
            if option.isRepeatable { summary += " May be repeated." }
            if let fallback = option.fallback { summary += " Default: \(fallback)." }
            return ("\(short)--\(option.name)\(value)", summary)
        } + [("-h, --help", "Says this.")]
    }

    private static func examples(_ command: Command, _ width: Int) -> String {
        guard !command.examples.isEmpty else { return "" }
        let lines = command.examples.flatMap { example in
            wrapped(example.meaning, width: width - 4).map { "  # \($0)" } + ["  \(example.line)"]
        }
        return (["Examples:"] + lines).joined(separator: "\n")
    }

    private static func exitCodes(_ command: Command) -> [(String, String)] {
        guard command.verbs.isEmpty else { return [] }
        let codes = Set(command.exitCodes + [.success, .usage])
        return codes.sorted { $0.rawValue < $1.rawValue }.map { (String($0.rawValue), $0.meaning) }
    }

    /// Two columns; the second is wrapped, and begins on a line of its own after a long first one.
    private static func list(_ title: String, _ rows: [(String, String)], _ width: Int) -> String {
        guard !rows.isEmpty else { return "" }
        let column = min(28, rows.map { DisplayWidth.of($0.0) }.max() ?? 0)
        var lines = ["\(title):"]
        for (name, summary) in rows {
            let texts = wrapped(summary, width: max(30, width - column - 4))
            let space = String(repeating: " ", count: column + 4)
            if DisplayWidth.of(name) > column {
                lines.append("  " + name)
                lines += texts.map { space + $0 }
            } else {
                let padded = name + String(repeating: " ", count: column - DisplayWidth.of(name))
                lines += texts.enumerated().map { $0.offset == 0 ? "  \(padded)  \($0.element)" : space + $0.element }
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, DisplayWidth.of(line) + 1 + DisplayWidth.of(String(word)) > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
