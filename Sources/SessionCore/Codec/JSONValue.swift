/// The content of a JSON string, as a place in the scanner's bytes: between the quotes, escapes not yet decoded.
package struct JSONText: Equatable, Sendable {
    let start: Int
    let end: Int
    let hasEscapes: Bool
}

/// A number's token, as a place in the scanner's bytes.
package struct JSONNumber: Equatable, Sendable {
    let start: Int
    let end: Int
}

/// A value that a scanner has come to.
package enum JSONValue: Equatable, Sendable {
    case string(JSONText)
    case number(JSONNumber)
    case bool(Bool)
    case null
    /// The scanner is inside: call `nextKey()` until it returns nil.
    case object
    /// The scanner is inside: call `nextElement()` until it returns false.
    case array
}
