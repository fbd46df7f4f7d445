import HTTPServer
import SessionCore

/// A value of a request's body, whole.
enum JSONTree: Equatable, Sendable {
    case null
    case boolean(Bool)
    /// As written.
    case number(String)
    case string(String)
    case array([JSONTree])
    /// Members in the order of the text; no name is there twice.
    case object([JSONMember])
}

struct JSONMember: Equatable, Sendable {
    var name: String
    var value: JSONTree
}

extension JSONTree {
    /// As large as a request may be, 16 levels deep.
    private static let limits = JSONLimits(size: HTTPLimits(connectionsMax: 0).bodyBytesMax, depth: 16, keys: 1024)

    /// Reads one strict JSON text.
    static func read(_ bytes: [UInt8]) throws(JSONFault) -> JSONTree {
        try read(bytes, limits: limits)
    }

    static func read(_ bytes: [UInt8], limits: JSONLimits) throws(JSONFault) -> JSONTree {
        var scanner = try JSONScanner(bytes, limits: limits)
        let tree = try next(&scanner)
        try scanner.finish()
        return tree
    }

    private static func next(_ scanner: inout JSONScanner) throws(JSONFault) -> JSONTree {
        switch try scanner.value() {
        case .null: return .null
        case .bool(let value): return .boolean(value)
        case .number(let number): return .number(String(decoding: scanner.raw(number), as: UTF8.self))
        case .string(let text): return .string(scanner.string(text))
        case .array:
            var elements: [JSONTree] = []
            while try scanner.nextElement() { elements.append(try next(&scanner)) }
            return .array(elements)
        case .object:
            var members: [JSONMember] = []
            while let key = try scanner.nextKey() {
                members.append(JSONMember(name: scanner.string(key), value: try next(&scanner)))
            }
            return .object(members)
        }
    }

    /// The member of this name; nil if this is no object or has none. JSON null is a value.
    subscript(name: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text of a string.
    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The value of a number that is written as an integer and fits.
    var integer: Int64? {
        guard case .number(let text) = self else { return nil }
        return Int64(text)
    }

    /// What the value adds to a signature: strings as decoded, numbers as written; nil for what adds nothing.
    var signed: String? {
        switch self {
        case .string(let text): text
        case .number(let text): text
        case .null, .boolean, .array, .object: nil
        }
    }
}
