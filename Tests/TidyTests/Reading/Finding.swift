/// A place where a rule is broken.
struct Finding: Equatable, CustomStringConvertible {
    var file: String
    /// Counts from 1.
    var line: Int
    /// What is wrong and what to do instead.
    var message: String

    var description: String { "\(file):\(line): \(message)" }
}

/// Something that holds for the whole repository. A value: its limits and tables can be read and tested.
protocol Rule: Sendable {
    func findings(in repository: Repository) -> [Finding]
}
