extension Command {
    /// What is wrong with the tree itself, a line each: for a test of the program that declares it. Empty when all is
    /// well.
    package var defects: [String] {
        defects(above: [], names: [])
    }

    private func defects(above: [CommandOption], names: [String]) -> [String] {
        let path = names + [name]
        let known = above + options
        var defects: [String] = []
        func add(_ text: String) { defects.append(path.joined(separator: " ") + ": " + text) }
        for name in Self.repeated(known.map { "--" + $0.name } + known.compactMap { $0.short.map { "-\($0)" } }) {
            add("\(name) is declared twice")
        }
        for option in known where option.name == "help" || option.short == "h" { add("--help and -h are taken") }
        for option in options {
            if !option.summary.hasSuffix(".") { add("--\(option.name) needs a summary that is a sentence") }
            if let fallback = option.fallback, !option.choices.isEmpty, !option.choices.contains(fallback) {
                add("the fallback of --\(option.name) is not one of its choices")
            }
        }
        for verb in Self.repeated(verbs.map(\.name)) { add("the command \(verb) is declared twice") }
        if verbs.contains(where: { $0.name == "help" }) { add("the command help is taken") }
        if !verbs.isEmpty, !arguments.isEmpty { add("has both commands and arguments") }
        if verbs.isEmpty, examples.isEmpty { add("has no example") }
        for example in examples where !example.line.contains(path.joined(separator: " ")) {
            add("an example does not show the command: \(example.line)")
        }
        defects += Self.defects(of: arguments).map { path.joined(separator: " ") + ": " + $0 }
        return defects + verbs.flatMap { $0.defects(above: known, names: path) }
    }

    private static func defects(of arguments: [CommandArgument]) -> [String] {
        let takesAll = arguments.dropLast().filter { $0.presence == .repeated || $0.presence == .optionalRepeated }
        let firstOptional = arguments.firstIndex { $0.presence == .optional || $0.presence == .optionalRepeated }
        let late = arguments.indices.filter { index in
            let isRequired = arguments[index].presence == .required || arguments[index].presence == .repeated
            return isRequired && index > firstOptional ?? .max
        }
        return takesAll.map { "\($0.name) takes all that is left, so it must be the last" }
            + late.map { "\(arguments[$0].name) is required and follows one that is not" }
    }

    private static func repeated(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { !seen.insert($0).inserted }
    }
}
