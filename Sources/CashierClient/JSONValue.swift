/// A JSON value of a reply. Texts are bytes, because Swift calls strings equal that differ in their bytes.
enum JSONValue: Equatable {
    case null
    case bool(Bool)
    /// The token as it was written.
    case number([UInt8])
    /// Decoded UTF-8.
    case string([UInt8])
    case array([JSONValue])
    case object([JSONMember])

    /// The member's value; nil when this is no object or has no such member.
    func member(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name.elementsEqual(name.utf8) }?.value
    }
}

struct JSONMember: Equatable {
    var name: [UInt8]
    var value: JSONValue
}

/// Reads one JSON value strictly (RFC 8259): plain UTF-8 without BOM, no repeated names in an object, no lone surrogates,
/// no U+0000, bounded depth and number of members.
struct JSONReader {
    private let bytes: [UInt8]
    private var index = 0
    private var membersLeft: Int
    private var valuesLeft = 4096
    private let depthMax: Int

    private init(bytes: [UInt8], depthMax: Int, membersMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
        membersLeft = membersMax
    }

    /// Nil for anything that is not exactly one strict JSON value.
    static func read(_ bytes: [UInt8], depthMax: Int = 16, membersMax: Int = 512) -> JSONValue? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var reader = JSONReader(bytes: bytes, depthMax: depthMax, membersMax: membersMax)
        reader.skipBlanks()
        guard let value = reader.value(depth: 1) else { return nil }
        reader.skipBlanks()
        return reader.index == bytes.count ? value : nil
    }

    private mutating func value(depth: Int) -> JSONValue? {
        guard depth <= depthMax, index < bytes.count, valuesLeft > 0 else { return nil }
        valuesLeft -= 1
        switch bytes[index] {
        case 0x7B: return object(depth: depth)
        case 0x5B: return array(depth: depth)
        case 0x22: return string().map { .string($0) }
        case 0x74: return take("true") ? .bool(true) : nil
        case 0x66: return take("false") ? .bool(false) : nil
        case 0x6E: return take("null") ? .null : nil
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> JSONValue? {
        index += 1
        skipBlanks()
        var members: [JSONMember] = []
        if take("}") { return .object(members) }
        while true {
            skipBlanks()
            guard membersLeft > 0, let name = string(), !members.contains(where: { $0.name == name }) else { return nil }
            membersLeft -= 1
            skipBlanks()
            guard take(":") else { return nil }
            skipBlanks()
            guard let value = value(depth: depth + 1) else { return nil }
            members.append(JSONMember(name: name, value: value))
            skipBlanks()
            if take("}") { return .object(members) }
            guard take(",") else { return nil }
        }
    }

    private mutating func array(depth: Int) -> JSONValue? {
        index += 1
        skipBlanks()
        var elements: [JSONValue] = []
        if take("]") { return .array(elements) }
        while true {
            skipBlanks()
            guard let element = value(depth: depth + 1) else { return nil }
            elements.append(element)
            skipBlanks()
            if take("]") { return .array(elements) }
            guard take(",") else { return nil }
        }
    }

    private mutating func string() -> [UInt8]? {
        guard take("\"") else { return nil }
        var text: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case 0x22: return text
            case 0x5C:
                guard let scalar = escape() else { return nil }
                text.append(contentsOf: String(Character(scalar)).utf8)
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard index < bytes.count else { return nil }
        let byte = bytes[index]
        index += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: return Unicode.Scalar(byte)
        case 0x62: return "\u{8}"
        case 0x66: return "\u{C}"
        case 0x6E: return "\n"
        case 0x72: return "\r"
        case 0x74: return "\t"
        case 0x75: return unicodeEscape()
        default: return nil
        }
    }

    private mutating func unicodeEscape() -> Unicode.Scalar? {
        guard let first = fourHexDigits(), first != 0 else { return nil }
        guard (0xD800...0xDFFF).contains(first) else { return Unicode.Scalar(first) }
        guard first < 0xDC00, take("\\u"), let second = fourHexDigits(), (0xDC00...0xDFFF).contains(second) else {
            return nil
        }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private mutating func fourHexDigits() -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            switch byte {
            case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
            case 0x41...0x46: value = value << 4 | UInt32(byte - 0x41 + 10)
            case 0x61...0x66: value = value << 4 | UInt32(byte - 0x61 + 10)
            default: return nil
            }
        }
        index += 4
        return value
    }

    /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`
    private mutating func number() -> JSONValue? {
        let start = index
        _ = take("-")
        if !take("0") {
            guard digits() > 0 else { return nil }
        }
        if take(".") {
            guard digits() > 0 else { return nil }
        }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard digits() > 0 else { return nil }
        }
        return .number(Array(bytes[start..<index]))
    }

    private mutating func digits() -> Int {
        let start = index
        while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
        return index - start
    }

    private mutating func take(_ text: StaticString) -> Bool {
        let isThere = text.withUTF8Buffer { bytes[index...].starts(with: $0) }
        if isThere { index += text.utf8CodeUnitCount }
        return isThere
    }

    private mutating func skipBlanks() {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }
}
