/// A verb of the command line: what it takes, and what its `--help` says. Commands nest; only those without verbs of
/// their own run.
package struct Command: Sendable {
    /// As typed.
    package var name: String
    /// One line, for the list of verbs.
    package var summary: String
    /// Paragraphs for the command's own help; may be empty.
    package var discussion: String
    /// Options of this command and of every verb below it.
    package var options: [CommandOption]
    package var arguments: [CommandArgument]
    package var verbs: [Command]
    package var examples: [CommandExample]
    /// Codes that a script should know, besides `usage`.
    package var exitCodes: [ExitCode]

    package init(
        _ name: String,
        _ summary: String,
        discussion: String = "",
        options: [CommandOption] = [],
        arguments: [CommandArgument] = [],
        verbs: [Command] = [],
        examples: [CommandExample] = [],
        exitCodes: [ExitCode] = [.success]
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.options = options
        self.arguments = arguments
        self.verbs = verbs
        self.examples = examples
        self.exitCodes = exitCodes
    }
}

/// An option: a flag, or a name with a value.
package struct CommandOption: Equatable, Sendable {
    /// Without dashes: `dry-run`.
    package var name: String
    /// One letter without its dash.
    package var short: Character?
    /// What stands for the value in help, such as `FILE`; nil makes the option a flag.
    package var value: String?
    /// The words that the value may be; empty allows any text.
    package var choices: [String]
    /// Whether it may be given more than once.
    package var isRepeatable: Bool
    /// The value that holds when the option is left out. For help, and for `Invocation.value`.
    package var fallback: String?
    package var summary: String

    private init(
        _ name: String,
        short: Character?,
        value: String?,
        choices: [String],
        isRepeatable: Bool,
        fallback: String?,
        _ summary: String
    ) {
        self.name = name
        self.short = short
        self.value = value
        self.choices = choices
        self.isRepeatable = isRepeatable
        self.fallback = fallback
        self.summary = summary
    }

    /// `--name`, on or off.
    package static func flag(_ name: String, short: Character? = nil, _ summary: String) -> CommandOption {
        CommandOption(name, short: short, value: nil, choices: [], isRepeatable: false, fallback: nil, summary)
    }

    /// `--name VALUE`.
    package static func value(
        _ name: String,
        _ value: String,
        short: Character? = nil,
        choices: [String] = [],
        isRepeatable: Bool = false,
        fallback: String? = nil,
        _ summary: String
    ) -> CommandOption {
        CommandOption(
            name,
            short: short,
            value: value,
            choices: choices,
            isRepeatable: isRepeatable,
            fallback: fallback,
            summary
        )
    }
}

/// A value that is told by its place.
package struct CommandArgument: Equatable, Sendable {
    package enum Presence: Equatable, Sendable {
        case required
        case optional
        /// One or more; only for the last one.
        case repeated
        /// None or more; only for the last one.
        case optionalRepeated
    }

    /// In capitals, as help shows it: `ORDER`.
    package var name: String
    package var presence: Presence
    package var summary: String

    package init(_ name: String, _ summary: String, _ presence: Presence = .required) {
        self.name = name
        self.presence = presence
        self.summary = summary
    }
}

/// A line to try, with what it does.
package struct CommandExample: Equatable, Sendable {
    package var line: String
    package var meaning: String

    package init(_ line: String, _ meaning: String) {
        self.line = line
        self.meaning = meaning
    }
}
