/// What was typed, in order: a command with its options and arguments.
package struct Invocation: Sendable {
    /// Names of the verbs, without the program's own: `["campaign", "pause"]`.
    package let path: [String]
    /// The command that runs.
    package let command: Command
    private let options: [CommandOption]
    private let values: [String: [String]]
    private let flags: Set<String>
    private let arguments: [String: [String]]

    init(
        path: [String],
        command: Command,
        options: [CommandOption],
        values: [String: [String]],
        flags: Set<String>,
        arguments: [String: [String]]
    ) {
        self.path = path
        self.command = command
        self.options = options
        self.values = values
        self.flags = flags
        self.arguments = arguments
    }

    /// Whether a flag was given. The command or one above it must declare it.
    package func flag(_ name: String) -> Bool {
        precondition(declared(name)?.value == nil, "--\(name) takes a value")
        return flags.contains(name)
    }

    /// An option's value, or its fallback, or nil. The command or one above it must declare it.
    package func value(_ name: String) -> String? {
        values[name]?.last ?? declared(name)?.fallback
    }

    /// Every value of an option that may be repeated, in the order typed.
    package func values(_ name: String) -> [String] {
        _ = declared(name)
        return values[name] ?? []
    }

    /// An option's value as a whole number within `range`; nil when it was left out and has no fallback.
    /// Throws `UsageError` for anything else.
    package func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            let bounds = "from \(range.lowerBound) to \(range.upperBound)"
            throw UsageError(path: path, message: "--\(name) must be a whole number \(bounds)")
        }
        return number
    }

    /// A required argument.
    package func argument(_ name: String) -> String {
        guard let text = optionalArgument(name) else { preconditionFailure("\(name) is not required by \(path)") }
        return text
    }

    package func optionalArgument(_ name: String) -> String? {
        arguments(name).first
    }

    /// A repeated argument.
    package func arguments(_ name: String) -> [String] {
        precondition(command.arguments.contains { $0.name == name }, "\(path) has no argument \(name)")
        return arguments[name] ?? []
    }

    private func declared(_ name: String) -> CommandOption? {
        let option = options.first { $0.name == name }
        precondition(option != nil, "\(path) has no option --\(name)")
        return option
    }
}

/// A command line that was not understood. Ends the program with `ExitCode.usage`.
package struct UsageError: Error, Equatable, Sendable {
    /// The verbs that were understood.
    package var path: [String]
    /// What is wrong and what to type instead.
    package var message: String

    package init(path: [String], message: String) {
        self.path = path
        self.message = message
    }

    /// Two lines for standard error.
    package func text(program: String) -> String {
        let command = ([program] + path).joined(separator: " ")
        return "\(command): \(message)\nTry `\(command) --help`.\n"
    }
}
