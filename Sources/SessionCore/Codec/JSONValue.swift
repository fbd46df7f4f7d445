/// The content of a JSON string, as a place in the scanner's bytes: between the quotes, escapes not yet decoded.
package struct JSONText: Equatable, Sendable {
    /// Eight bytes in all.
    private let first: UInt32
    /// Twice the end; odd with escapes.
    private let bound: UInt32

    init(start: Int, end: Int, hasEscapes: Bool) {
        first = UInt32(start)
        bound = UInt32(end) << 1 | (hasEscapes ? 1 : 0)
    }

    package var start: Int { Int(first) }
    package var end: Int { Int(bound >> 1) }
    package var hasEscapes: Bool { bound & 1 == 1 }
    /// How many bytes its spelling has.
    var length: Int { end - start }
}

/// A number's token, as a place in the scanner's bytes.
package struct JSONNumber: Equatable, Sendable {
    private let first: UInt32
    private let bound: UInt32

    init(start: Int, end: Int) {
        first = UInt32(start)
        bound = UInt32(end)
    }

    package var start: Int { Int(first) }
    package var end: Int { Int(bound) }
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
