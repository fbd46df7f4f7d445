/// A value of a YAML file with the line where it stands.
struct YAMLNode: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        /// Nothing, `~` or `null`.
        case null
        /// The text as written; `quoted` keeps `"5"` apart from `5` for whoever cares.
        case scalar(String, quoted: Bool)
        case list([YAMLNode])
        case map([YAMLPair])
    }

    var content: Content
    /// Counts from 1.
    var line: Int
}

/// One `key: value`.
struct YAMLPair: Equatable, Sendable {
    var key: String
    /// The line of the key, counted from 1.
    var line: Int
    var value: YAMLNode
}

/// Something that a settings file may not hold. `line` counts from 1.
struct YAMLFault: Error, Equatable, Sendable {
    var line: Int
    var message: String
}
