import SessionCore

/// A whole JSON value, for tests that want to look at one.
enum JSONTree {
    struct Member {
        let name: String
        let value: JSONTree
    }

    case string(String)
    case number(String)
    case bool(Bool)
    case null
    case object([Member])
    case array([JSONTree])

    init(_ bytes: [UInt8], limits: JSONLimits = JSONLimits(size: 1_000_000, depth: 64, keys: 10_000)) throws(JSONFault)
    {
        var scanner = try JSONScanner(bytes, limits: limits)
        let value = try scanner.value()
        self = try Self.read(value, from: &scanner)
        try scanner.finish()
    }

    init(_ text: String) throws(JSONFault) {
        try self.init(Array(text.utf8))
    }

    private static func read(_ value: JSONValue, from scanner: inout JSONScanner) throws(JSONFault) -> JSONTree {
        switch value {
        case .string(let text): return .string(scanner.string(text))
        case .number(let number): return .number(String(decoding: scanner.raw(number), as: UTF8.self))
        case .bool(let value): return .bool(value)
        case .null: return .null
        case .object:
            var members: [Member] = []
            while let key = try scanner.nextKey() {
                let name = scanner.string(key)
                let value = try scanner.value()
                members.append(Member(name: name, value: try read(value, from: &scanner)))
            }
            return .object(members)
        case .array:
            var elements: [JSONTree] = []
            while try scanner.nextElement() {
                let value = try scanner.value()
                elements.append(try read(value, from: &scanner))
            }
            return .array(elements)
        }
    }

    subscript(name: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }

    var elements: [JSONTree] {
        if case .array(let elements) = self { elements } else { [] }
    }

    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    var integer: Int? {
        if case .number(let token) = self { Int(token) } else { nil }
    }

    /// Written again, through the writer under test.
    func write(to writer: inout JSONWriter) {
        switch self {
        case .string(let text): writer.string(text)
        case .number(let token): writer.integer(Int64(token) ?? 0)
        case .bool(let value): writer.bool(value)
        case .null: writer.null()
        case .object(let members):
            writer.beginObject()
            for member in members {
                writer.key(named: member.name)
                member.value.write(to: &writer)
            }
            writer.endObject()
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.write(to: &writer) }
            writer.endArray()
        }
    }
}

extension JSONTree: Equatable {
    static func == (left: JSONTree, right: JSONTree) -> Bool {
        switch (left, right) {
        case (.string(let left), .string(let right)): Array(left.utf8) == Array(right.utf8)
        case (.number(let left), .number(let right)): left == right
        case (.bool(let left), .bool(let right)): left == right
        case (.null, .null): true
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)):
            left.count == right.count
                && zip(left, right).allSatisfy { $0.name == $1.name && $0.value == $1.value }
        case _: false
        }
    }
}
