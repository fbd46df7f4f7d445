/// JSON read in the plainest way, by nothing that the product uses: the judge of what the product's reader made of it.
indirect enum PlainJSON {
    case text([UInt8])
    case number([UInt8])
    case word
    case array
    case object([(name: [UInt8], value: PlainJSON)])

    /// The values that the provider signs and echoes, by `name` or `object.name`; nil for what is no object, and for one
    /// that has a name twice, which two readers could understand differently.
    static func fields(_ body: [UInt8]) -> [String: [UInt8]]? {
        var parser = Parser(bytes: body)
        guard case .object(let members)? = parser.document() else { return nil }
        var fields: [String: [UInt8]] = [:]
        guard take(members, "", &fields) else { return nil }
        for (name, value) in members {
            guard case .object(let inner) = value else { continue }
            guard take(inner, String(decoding: name, as: UTF8.self) + ".", &fields) else { return nil }
        }
        return fields
    }

    private static func take(
        _ members: [(name: [UInt8], value: PlainJSON)],
        _ prefix: String,
        _ fields: inout [String: [UInt8]]
    ) -> Bool {
        for (place, member) in members.enumerated() {
            if members[..<place].contains(where: { $0.name == member.name }) { return false }
            let path = prefix + String(decoding: member.name, as: UTF8.self)
            switch member.value {
            case .text(let bytes), .number(let bytes): fields[path] = bytes
            case .word, .array, .object: break
            }
        }
        return true
    }

    private struct Parser {
        let bytes: [UInt8]
        var index = 0

        mutating func document() -> PlainJSON? {
            guard let value = value(depth: 0) else { return nil }
            skipBlanks()
            return index == bytes.count ? value : nil
        }

        private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

        private mutating func skipBlanks() {
            while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { index += 1 }
        }

        private mutating func take(_ text: String) -> Bool {
            guard bytes[index...].starts(with: text.utf8) else { return false }
            index += text.utf8.count
            return true
        }

        private mutating func value(depth: Int) -> PlainJSON? {
            skipBlanks()
            guard depth < 100, let byte = next else { return nil }
            switch byte {
            case UInt8(ascii: "{"): return object(depth)
            case UInt8(ascii: "["): return array(depth)
            case UInt8(ascii: "\""): return string().map { .text($0) }
            case UInt8(ascii: "t"): return take("true") ? .word : nil
            case UInt8(ascii: "f"): return take("false") ? .word : nil
            case UInt8(ascii: "n"): return take("null") ? .word : nil
            case _:
                let start = index
                while let byte = next, (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte) {
                    index += 1
                }
                return index > start ? .number(Array(bytes[start..<index])) : nil
            }
        }

        private mutating func object(_ depth: Int) -> PlainJSON? {
            index += 1
            var members: [(name: [UInt8], value: PlainJSON)] = []
            skipBlanks()
            if take("}") { return .object([]) }
            while true {
                skipBlanks()
                guard next == UInt8(ascii: "\""), let name = string() else { return nil }
                skipBlanks()
                guard take(":"), let value = value(depth: depth + 1) else { return nil }
                members.append((name, value))
                skipBlanks()
                if take("}") { return .object(members) }
                guard take(",") else { return nil }
            }
        }

        private mutating func array(_ depth: Int) -> PlainJSON? {
            index += 1
            skipBlanks()
            if take("]") { return .array }
            while true {
                guard value(depth: depth + 1) != nil else { return nil }
                skipBlanks()
                if take("]") { return .array }
                guard take(",") else { return nil }
            }
        }

        /// From the opening quote to behind the closing one, escapes decoded; not careful about UTF-8.
        private mutating func string() -> [UInt8]? {
            index += 1
            var content: [UInt8] = []
            while let byte = next {
                index += 1
                if byte == UInt8(ascii: "\"") { return content }
                guard byte == UInt8(ascii: "\\") else {
                    content.append(byte)
                    continue
                }
                guard let escaped = next else { return nil }
                index += 1
                switch escaped {
                case UInt8(ascii: "u"):
                    guard let scalar = scalar() else { return nil }
                    content += Array(String(Character(scalar)).utf8)
                case UInt8(ascii: "b"): content.append(0x08)
                case UInt8(ascii: "f"): content.append(0x0C)
                case UInt8(ascii: "n"): content.append(0x0A)
                case UInt8(ascii: "r"): content.append(0x0D)
                case UInt8(ascii: "t"): content.append(0x09)
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(escaped)
                case _: return nil
                }
            }
            return nil
        }

        /// After `\u`: four digits, and the second half where they are the first of a pair.
        private mutating func scalar() -> Unicode.Scalar? {
            guard let first = unit() else { return nil }
            guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) }
            guard take("\\u"), let second = unit(), (0xDC00..<0xE000).contains(second) else { return nil }
            return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        }

        private mutating func unit() -> UInt32? {
            guard index + 4 <= bytes.count else { return nil }
            let digits = bytes[index..<index + 4]
            index += 4
            guard digits.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x46).contains($0 & 0xDF) }) else {
                return nil
            }
            return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        }
    }
}
