/// A value of a request's body.
enum ParsedJSON: Equatable, Sendable {
    case null
    case boolean(Bool)
    /// As written; an integer has no fraction and no exponent.
    case number(String)
    case string(String)
    case array([ParsedJSON])
    /// Members in the order of the text; no name is there twice.
    case object([JSONMember])
}

struct JSONMember: Equatable, Sendable {
    var name: String
    var value: ParsedJSON
}

/// The text is not JSON, or not of the strict kind that is read here.
struct JSONFault: Error, Equatable, Sendable {
    /// In bytes.
    var offset: Int
}

/// Reads one JSON text (RFC 8259): UTF-8 checked, no name twice in an object, at most 16 levels deep, nothing after it.
struct JSONReader {
    private let bytes: [UInt8]
    private var index = 0
    private static let depthMax = 16

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    static func read(_ bytes: [UInt8]) throws(JSONFault) -> ParsedJSON {
        var reader = JSONReader(bytes)
        let value = try reader.value(depth: 1)
        reader.skipSpace()
        guard reader.index == bytes.count else { throw reader.fault }
        return value
    }

    private var fault: JSONFault { JSONFault(offset: index) }
    private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func take(_ expected: UInt8) -> Bool {
        guard byte == expected else { return false }
        index += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONFault) -> ParsedJSON {
        guard depth <= Self.depthMax else { throw fault }
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ word: StaticString, _ value: ParsedJSON) throws(JSONFault) -> ParsedJSON {
        for expected in word.description.utf8 {
            guard take(expected) else { throw fault }
        }
        return value
    }

    private mutating func object(depth: Int) throws(JSONFault) -> ParsedJSON {
        index += 1
        var members: [JSONMember] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard byte == UInt8(ascii: "\"") else { throw fault }
            let name = try string()
            // By code units: `==` of strings takes canonically equivalent names for one.
            guard !members.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { throw fault }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault }
            members.append(JSONMember(name: name, value: try value(depth: depth + 1)))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw fault }
        }
    }

    private mutating func array(depth: Int) throws(JSONFault) -> ParsedJSON {
        index += 1
        var elements: [ParsedJSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw fault }
        }
    }

    private mutating func number() throws(JSONFault) -> String {
        let start = index
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func digits() throws(JSONFault) {
        let start = index
        while let byte, (0x30...0x39).contains(byte) { index += 1 }
        guard index > start else { throw fault }
    }

    private mutating func string() throws(JSONFault) -> String {
        index += 1
        let start = index
        while let byte, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { index += 1 }
        var text = Array(bytes[start..<index])
        while true {
            guard let byte else { throw fault }
            switch byte {
            case UInt8(ascii: "\""):
                guard let valid = String(validating: text, as: UTF8.self) else { throw fault }
                index += 1
                return valid
            case UInt8(ascii: "\\"):
                index += 1
                try escape(into: &text)
            case 0..<0x20:
                throw fault
            default:
                text.append(byte)
                index += 1
            }
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONFault) {
        guard let byte else { throw fault }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += String(try escapedScalar()).utf8
        default: throw fault
        }
    }

    private mutating func escapedScalar() throws(JSONFault) -> Character {
        let first = try codeUnit()
        var code = first
        if (0xD800...0xDBFF).contains(first) {
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw fault }
            let second = try codeUnit()
            guard (0xDC00...0xDFFF).contains(second) else { throw fault }
            code = 0x1_0000 + (first - 0xD800) << 10 + (second - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw fault }
        return Character(scalar)
    }

    private mutating func codeUnit() throws(JSONFault) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte, let digit = hexDigit(byte) else { throw fault }
            unit = unit << 4 | UInt32(digit)
            index += 1
        }
        return unit
    }
}

extension ParsedJSON {
    /// The member of this name; nil if this is no object or has none. JSON null is a value.
    subscript(name: String) -> ParsedJSON? {
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

    /// What the value adds to a signature: strings as decoded, integers as written; nil for what adds nothing.
    var signed: String? {
        switch self {
        case .string(let text): text
        case .number(let text): text
        case .null, .boolean, .array, .object: nil
        }
    }
}
